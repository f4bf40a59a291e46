//! Selecting contacts by segments.

use crate::contact::{Contact, Schema};
use crate::error::Result;
use crate::segment::{CompiledSegment, Decision, EvaluationTime, Segment, SegmentCatalog};

/// The verdict on a contact; of several segments the one that came nearest to selecting it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    NotIncluded,
    Excluded,
    Filtered,
    Selected,
}

/// The compiled segments of a target: a contact is selected if any of them selects it.
#[derive(Debug)]
pub(in crate::sync) enum Selection {
    All,
    Of(Vec<CompiledSegment>),
}

impl Selection {
    pub(in crate::sync) fn compile(
        segments: Option<&[Segment]>,
        schema: &Schema,
        time: &EvaluationTime,
        catalog: Option<&dyn SegmentCatalog>,
    ) -> Result<Self> {
        let Some(segments) = segments else { return Ok(Self::All) };
        let compile = |segment: &Segment| match catalog {
            Some(catalog) => segment.compile_with(schema, time, catalog),
            None => segment.compile(schema, time),
        };
        segments.iter().map(compile).collect::<Result<_>>().map(Self::Of)
    }

    pub(super) fn decide(&self, contact: &Contact) -> Verdict {
        let Self::Of(segments) = self else { return Verdict::Selected };
        let mut nearest = Verdict::NotIncluded;
        for segment in segments {
            let verdict = match segment.decide(contact) {
                Decision::Selected => return Verdict::Selected,
                Decision::NotIncluded => Verdict::NotIncluded,
                Decision::Excluded(_) => Verdict::Excluded,
                Decision::Filtered(_) => Verdict::Filtered,
            };
            nearest = nearest.max(verdict);
        }
        nearest
    }
}
