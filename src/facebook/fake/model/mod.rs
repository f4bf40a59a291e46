//! What the fake remembers, as data: it knows neither calls nor replies.

pub(super) mod account;
pub(super) mod ad;
pub(super) mod audience;
pub(super) mod members;
pub(super) mod meter;
pub(super) mod operation;
pub(super) mod population;
pub(super) mod session;
pub(super) mod token;
