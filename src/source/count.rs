//! Counting a segment over a source.

use super::pass::each_contact;
use crate::error::Result;
use crate::segment::{CountBuilder, EvaluationTime, Segment, SegmentCount};
use crate::source::ContactSource;

impl Segment {
    /// Reads the contacts once and counts: how many are selected, where the others were lost, how many can be reached.
    /// A source with a [table](ContactSource::table) is not read: the table is counted.
    ///
    /// Nothing is changed or sent. Memory is bounded by one batch and 16 bytes a selected contact, for duplicates.
    ///
    /// Cancel safety: dropping it forgets the count.
    ///
    /// ```
    /// use audiencekit::segment::EvaluationTime;
    /// use audiencekit::{JsonLinesSource, Schema, Segment, Selector};
    /// use time::macros::datetime;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let schema = Schema::standard();
    /// let people = JsonLinesSource::from_bytes("{\"email\": \"ada@example.com\", \"score\": 70}\n{\"score\": 90}", &schema);
    /// let warm = Segment::builder("warm").include(Selector::all()).filter("score >= 50").build(&schema)?;
    /// let count = warm.count(&people, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC))).await?;
    /// assert_eq!((count.selected, count.reachable(), count.unreachable), (2, 1, 1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the source returns, and those of [`Segment::compile`].
    pub async fn count(
        &self,
        source: &(impl ContactSource + ?Sized),
        time: &EvaluationTime,
    ) -> Result<SegmentCount> {
        let mut counter = CountBuilder::new(self, source.schema(), time)?;
        if let Some(table) = source.table() {
            counter.push_table(table);
        } else {
            each_contact(source, |contact| {
                counter.push(contact);
            })
            .await?;
        }
        Ok(counter.finish())
    }
}
