//! Edges of the Graph API around an audience: ads, businesses, lookalikes, sessions, sharing, terms.

pub(super) mod ads;
pub(super) mod business;
pub(super) mod lookalike;
pub(super) mod sessions;
pub(super) mod sharing;
pub(super) mod terms;
