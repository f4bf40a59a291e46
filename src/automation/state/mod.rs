//! What the engine remembers of contacts, runs, timers and changes that wait to be sent.

pub(super) mod audit;
pub(super) mod contact_cache;
pub(super) mod contact_record;
pub(super) mod counters;
pub(super) mod dedup;
pub(super) mod effect_queue;
pub(super) mod engine_state;
pub(super) mod interner;
pub(super) mod job;
pub(super) mod load;
pub(super) mod outbox;
pub(super) mod run_counts;
pub(super) mod timer_queue;
