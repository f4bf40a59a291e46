//! Who may do what: tokens, and whether an account can hold audiences from customer files.

mod account;
mod system_user;
mod token;

pub use account::{AuthorizationDenied, AuthorizedAccount, Caution};
pub use system_user::TokenLife;
pub use token::{FreshToken, GranularScope, TokenInfo};
