//! Measuring the purchases of a source.

use super::pass::each_contact;
use crate::error::Result;
use crate::segment::{EvaluationTime, RfmEstimator};
use crate::source::ContactSource;

impl RfmEstimator {
    /// Reads the contacts once and measures the purchases of the last `window_days` days, as of `time`.
    ///
    /// Memory is bounded by one batch and what [`RfmEstimator`] keeps.
    ///
    /// Cancel safety: dropping it forgets the survey.
    ///
    /// # Errors
    /// What the source returns, and [`ErrorKind::Filter`](crate::ErrorKind::Filter) for a field of zones that the schema
    /// does not have.
    pub async fn of(
        source: &(impl ContactSource + ?Sized),
        window_days: u32,
        time: &EvaluationTime,
    ) -> Result<Self> {
        time.zone_slot(source.schema())?;
        let mut survey = Self::new(window_days, time);
        each_contact(source, |contact| survey.push(contact)).await?;
        Ok(survey)
    }
}
