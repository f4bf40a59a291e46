//! The gate before each sending: a run that was taken over sends nothing more.

use async_trait::async_trait;

use super::backend::Backend;
use super::record::RunRecord;
use super::traits::taken_over;
use crate::error::Result;
use crate::facebook::{AudienceId, SendGate};

/// Lets a run send while it is the last of its audience.
///
/// A call may wait for minutes to be repeated. Meanwhile another process may have begun a run, which a late call would
/// undo.
#[derive(Debug)]
pub(in crate::sync) struct RunGate {
    backend: Backend,
    audience: AudienceId,
    run: u64,
}

impl RunGate {
    pub(in crate::sync) fn new(backend: Backend, record: &RunRecord) -> Self {
        Self { backend, audience: record.audience.clone(), run: record.run }
    }
}

#[async_trait]
impl SendGate for RunGate {
    async fn check(&self) -> Result<()> {
        let last = self.backend.journal().run(&self.audience).await?;
        if last.is_some_and(|last| last.run == self.run) {
            return Ok(());
        }
        Err(taken_over())
    }
}
