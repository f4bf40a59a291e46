//! Recency, frequency and monetary value: the selector's groups, and cut-offs from data.

pub(super) mod cutoffs;
pub(super) mod survey;
