//! Audiences converge, whatever fails: modes, counts, guards, resume, reports, workers.

mod crash;
mod damage;
mod doubles;
mod engine;
mod faults;
mod model;
mod report;
mod streaming;
mod takeover;
mod workers;
