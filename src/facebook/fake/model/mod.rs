//! What the fake remembers: tokens, quotas, members, people, the state of an audience.

pub(super) mod members;
pub(super) mod population;
pub(super) mod quota;
pub(super) mod status;
pub(super) mod token;
