//! Contract suites: what every implementation of a trait of this crate must do (feature `testing`).

pub mod client_contract;
