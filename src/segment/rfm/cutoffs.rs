//! Recency, frequency and money of purchases.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::segment::language::ast::events::Fold;
use crate::segment::language::ast::time::Unit;
use crate::segment::language::ast::tree::Expr;
use crate::segment::language::builder::expr::event;

/// The cut-offs between three groups each of recency, frequency and money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RfmCutoffs {
    /// Most days since the last purchase of the short group, and of the medium group.
    pub recency_days: (u32, u32),
    /// Fewest purchases of a regular buyer, and of a common one.
    pub frequency: (u32, u32),
    /// Least amount of a medium buyer, and of a spender.
    pub monetary: (Decimal, Decimal),
    /// The number of days whose purchases count for frequency and money.
    pub window_days: u32,
}

/// A group by recency, frequency and money; `None` matches any.
///
/// ```
/// use audiencekit::Schema;
/// use audiencekit::segment::{Filter, Frequency, Rfm, RfmCutoffs, Selector};
///
/// let cutoffs = RfmCutoffs {
///     recency_days: (30, 90), frequency: (2, 5), monetary: (100.into(), 500.into()), window_days: 365,
/// };
/// let rfm = Rfm { frequency: Some(Frequency::Common), ..Rfm::new(cutoffs) };
/// assert_eq!(
///     Filter::new(Selector::Rfm(rfm).expr(), &Schema::standard())?.to_string(),
///     "count(event.purchase in last 365 days) >= 5",
/// );
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rfm {
    /// The cut-offs.
    pub cutoffs: RfmCutoffs,
    /// The group by the time since the last purchase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recency: Option<Recency>,
    /// The group by the number of purchases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<Frequency>,
    /// The group by the amount spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monetary: Option<Monetary>,
}

/// A group by the time since the last purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recency {
    /// Within the first number of days.
    Short,
    /// Within the second and not the first.
    Medium,
    /// Longer ago than the second.
    Long,
}

/// A group by the number of purchases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// At least the second number.
    Common,
    /// At least the first and less than the second.
    Regular,
    /// Once or more, and less than the first.
    Casual,
}

/// A group by the amount spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monetary {
    /// At least the second amount.
    Spender,
    /// At least the first and less than the second.
    Medium,
    /// Something, and less than the first.
    Saver,
}

impl Rfm {
    /// Creates a group of all buyers; set its fields to narrow it.
    #[must_use]
    pub fn new(cutoffs: RfmCutoffs) -> Self {
        Self { cutoffs, recency: None, frequency: None, monetary: None }
    }

    /// Returns the condition of the group.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Rfm, RfmCutoffs, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let cutoffs = RfmCutoffs {
    ///     recency_days: (30, 90), frequency: (2, 5), monetary: (100.into(), 500.into()), window_days: 365,
    /// };
    /// let filter = Filter::new(Rfm::new(cutoffs).expr(), &schema)?;
    /// assert_eq!(filter.to_string(), "exists(event.purchase)");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn expr(&self) -> Expr {
        let cut = &self.cutoffs;
        let last = || event("purchase").last();
        let bought = || event("purchase").in_last(cut.window_days, Unit::Day);
        let count = || bought().count();
        let spent = || bought().fold(Fold::Sum, "value");
        let (short, medium) = cut.recency_days;
        let (regular, common) = cut.frequency;
        let (some, much) = cut.monetary;
        let asked = [
            self.recency.map(|recency| match recency {
                Recency::Short => last().in_last(short, Unit::Day),
                Recency::Medium => {
                    last().more_than_ago(short, Unit::Day).and(last().in_last(medium, Unit::Day))
                }
                Recency::Long => last().more_than_ago(medium, Unit::Day),
            }),
            self.frequency.map(|frequency| match frequency {
                Frequency::Common => count().ge(common),
                Frequency::Regular => count().ge(regular).and(count().lt(common)),
                Frequency::Casual => count().ge(1).and(count().lt(regular)),
            }),
            self.monetary.map(|monetary| match monetary {
                Monetary::Spender => spent().ge(much),
                Monetary::Medium => spent().ge(some).and(spent().lt(much)),
                Monetary::Saver => spent().gt(0).and(spent().lt(some)),
            }),
        ];
        asked.into_iter().flatten().reduce(Expr::and).unwrap_or_else(|| event("purchase").exists())
    }
}
