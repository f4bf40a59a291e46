//! Measuring the purchases of a source.

use super::{Batch, ContactSource};
use crate::error::Result;
use crate::segment::{EvaluationTime, RfmSurvey};

impl RfmSurvey {
    /// Reads the contacts once and measures their purchases of the last `window_days` days, as of `time`.
    ///
    /// Memory is bounded by one batch and what [`RfmSurvey`] keeps.
    ///
    /// Cancel safety: dropping it forgets the survey.
    ///
    /// # Errors
    /// What the source returns.
    pub async fn of(
        source: &(impl ContactSource + ?Sized),
        window_days: u32,
        time: &EvaluationTime,
    ) -> Result<Self> {
        let mut survey = Self::new(window_days, time);
        let mut reader = source.open().await?;
        let mut batch = Batch::with_capacity(source.schema(), Batch::DEFAULT_CAPACITY);
        while reader.next_batch(&mut batch).await? {
            batch.contacts().iter().for_each(|contact| survey.push(contact));
        }
        Ok(survey)
    }
}
