//! Access tokens, app secrets and the proof that is made of both.

pub(super) mod appsecret_proof;
pub(super) mod secret;
