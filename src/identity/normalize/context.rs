//! The context in which a value is normalized.

use super::region::Region;
use super::settings::Normalizer;
use crate::identity::reject::Reject;
use crate::identity::trail::Trail;

/// What a rule may look at beside the value.
pub(in crate::identity) struct Cx<'a> {
    /// The settings.
    pub(in crate::identity) rules: &'a Normalizer,
    /// The row's own country, if it has one: looked up when a rule first asks.
    pub(in crate::identity) row_region: &'a dyn Fn() -> Option<Region>,
}

impl Cx<'_> {
    /// The country to read a value in: the row's own, or the default of the normalizer.
    pub(in crate::identity) fn region(&self) -> Option<Region> {
        (self.row_region)().or(self.rules.default_region)
    }
}

/// The rule of a key.
pub(in crate::identity) type Rule = fn(&str, &Cx<'_>, &mut String, &mut Trail) -> Result<(), Reject>;
