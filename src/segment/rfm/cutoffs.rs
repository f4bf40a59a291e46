//! Recency, frequency and money of purchases.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::segment::language::ast::events::Fold;
use crate::segment::language::ast::time::Unit;
use crate::segment::language::ast::tree::Expr;
use crate::segment::language::builder::conditions::event;

/// Where the lines between the groups are drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RfmCutoffs {
    /// The last purchase was short ago within so many days, and medium ago within so many.
    pub recency_days: (u32, u32),
    /// So many purchases make a regular, so many a common buyer.
    pub frequency: (u32, u32),
    /// Purchases of so much make a medium buyer, of so much a spender.
    pub monetary: (Decimal, Decimal),
    /// How many days of purchases frequency and money look at.
    pub window_days: u32,
}

/// A place by recency, frequency and money; what is `None` is not asked.
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
    /// Where the lines are drawn.
    pub cutoffs: RfmCutoffs,
    /// How long ago the last purchase was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recency: Option<Recency>,
    /// How many purchases there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<Frequency>,
    /// How much was spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monetary: Option<Monetary>,
}

/// How long ago the last purchase was.
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

/// How often somebody bought.
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

/// How much somebody spent.
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
    /// Every buyer: nothing asked yet.
    #[must_use]
    pub fn new(cutoffs: RfmCutoffs) -> Self {
        Self { cutoffs, recency: None, frequency: None, monetary: None }
    }

    /// The condition that this stands for.
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
