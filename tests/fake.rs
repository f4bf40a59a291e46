//! The fake keeps what its checklist promises.

#[path = "fake/wire.rs"]
mod wire;
