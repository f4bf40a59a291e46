//! Who may do what: tokens, and whether an account can hold audiences from customer files.

pub(super) mod account;
pub(super) mod appsecret_proof;
pub(super) mod secret;
pub(super) mod system_user;
pub(super) mod token;
