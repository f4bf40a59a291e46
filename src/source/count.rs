//! Counting a segment over a source.

use super::pass::each_contact;
use crate::error::Result;
use crate::segment::{CompiledSegment, CountBuilder, EvaluationTime, Segment, SegmentCatalog, SegmentCount};
use crate::source::ContactSource;

impl Segment {
    /// Reads the contacts once and counts: how many are selected, where the others were lost, how many can be reached.
    /// A source with a [table](ContactSource::table) is not read: the table is counted.
    ///
    /// A contact counts as reachable if its fields are filled. What a run would send, by its key map, its policies and all
    /// segments of a group, is counted by [`SyncEngine::count`](crate::SyncEngine::count).
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
        count(self.compile(source.schema(), time)?, source).await
    }

    /// Counts as [`count`](Self::count), with the segments that this one names from a catalog.
    ///
    /// # Errors
    /// What the source returns, and those of [`Segment::compile_with`].
    ///
    /// ```
    /// use audiencekit::segment::{EvaluationTime, MemoryCatalog, SegmentCatalog};
    /// use audiencekit::{JsonLinesSource, Schema, Segment, Selector};
    /// use time::macros::datetime;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let schema = Schema::standard();
    /// let catalog = MemoryCatalog::new();
    /// catalog.save(&Segment::builder("warm").include(Selector::all()).filter("score >= 50").build(&schema)?)?;
    /// let people = JsonLinesSource::from_bytes("{\"score\": 70}\n{\"score\": 20}", &schema);
    /// let cold = Segment::builder("cold").include(Selector::all()).exclude(Selector::segment("warm")).build(&schema)?;
    /// let now = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// assert_eq!(cold.count_with(&people, &now, &catalog).await?.selected, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn count_with(
        &self,
        source: &(impl ContactSource + ?Sized),
        time: &EvaluationTime,
        catalog: &dyn SegmentCatalog,
    ) -> Result<SegmentCount> {
        count(self.compile_with(source.schema(), time, catalog)?, source).await
    }
}

async fn count(compiled: CompiledSegment, source: &(impl ContactSource + ?Sized)) -> Result<SegmentCount> {
    let mut counter = CountBuilder::of(compiled, source.schema());
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
