//! Facebook's objects, as far as customer-file audiences need them.

pub(super) mod account;
pub(super) mod audience;
pub(super) mod fields;
pub(super) mod json_value;
pub(super) mod label;
pub(super) mod list;
pub(super) mod lookalike;
pub(super) mod send_gate;
pub(super) mod upload;
