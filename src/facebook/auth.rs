//! Who may do what: tokens, and whether an account can hold audiences from customer files.

mod account;
mod token;

pub use account::{AuthorizationDenied, AuthorizedAccount, Caution};
pub use token::{FreshToken, TokenInfo};
