//! Estimates the cut-offs of recency, frequency and money from purchases.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::cutoffs::RfmCutoffs;
use crate::clock::TimeZone;
use crate::contact::Contact;
use crate::segment::engine::window::EvaluationTime;
use crate::segment::language::ast::events::{EventQuery, Fold};
use crate::segment::language::ast::time::Unit;
use crate::segment::language::ast::tree::{Expr, Term};
use crate::segment::language::builder::expr::event;

/// Estimates RFM cut-offs from the purchases of contacts, so that the groups are of equal size.
///
/// It keeps one count for each distinct number of days, of purchases and amount, and nothing of a contact. Contacts with
/// equal figures are in the same group, so groups are only as equal as the data allows.
///
/// ```
/// use audiencekit::contact::Event;
/// use audiencekit::segment::{EvaluationTime, Recency, Rfm, RfmEstimator, Segment, Selector};
/// use audiencekit::{Contact, Schema};
/// use time::macros::datetime;
///
/// let schema = Schema::standard();
/// let now = datetime!(2026-11-23 12:00 UTC);
/// let time = EvaluationTime::utc(now);
/// let mut survey = RfmEstimator::new(365, &time);
/// for day in 1..=9 {
///     let bought = Event::new("purchase", now - time::Duration::days(day)).value(day.into());
///     survey.push(&Contact::builder(&schema).event(&bought).build()?);
/// }
/// let cutoffs = survey.cutoffs().expect("at least one purchase");
/// assert_eq!(cutoffs.recency_days, (3, 6));
/// assert_eq!(cutoffs.monetary, (4.into(), 7.into()));
/// let recent = Selector::Rfm(Rfm { recency: Some(Recency::Short), ..Rfm::new(cutoffs) });
/// let segment = Segment::builder("Bought lately").include(recent).build(&schema)?;
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct RfmEstimator {
    time: EvaluationTime,
    window_days: u32,
    /// How many contacts there are of each figure.
    days: BTreeMap<u32, u64>,
    purchases: BTreeMap<u32, u64>,
    spent: BTreeMap<Decimal, u64>,
}

/// The cut-offs between five groups each: scores from 1 to 5.
///
/// Made by [`RfmEstimator::quintiles`], or by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RfmQuintiles {
    /// Most days since the last purchase for the scores 5, 4, 3 and 2; beyond the last, the score is 1.
    pub recency_days: [u32; 4],
    /// Fewest purchases for the scores 2, 3, 4 and 5; with fewer, but one, the score is 1.
    pub frequency: [u32; 4],
    /// Least amount for the scores 2, 3, 4 and 5; with less, but something, the score is 1.
    pub monetary: [Decimal; 4],
    /// The number of days whose purchases count for frequency and money.
    pub window_days: u32,
}

impl RfmEstimator {
    /// Creates an estimator without contacts. Frequency and money count the last `window_days` days.
    ///
    /// If the schema lacks the zone field that `time` names, the fixed zone counts; [`of`](Self::of) refuses it.
    #[must_use]
    pub fn new(window_days: u32, time: &EvaluationTime) -> Self {
        Self {
            time: time.clone(),
            window_days,
            days: BTreeMap::new(),
            purchases: BTreeMap::new(),
            spent: BTreeMap::new(),
        }
    }

    /// Adds the purchases of a contact. A contact without any changes nothing.
    pub fn push(&mut self, contact: &Contact) {
        let Some(purchase) = contact.schema().symbols().get("purchase") else { return };
        let own = self.time.zone_field.is_some().then(|| self.time.zone_for(contact));
        let zone = own.as_ref().unwrap_or(&self.time.zone);
        let (mut last, mut count, mut sum) = (None, 0, Decimal::ZERO);
        for event in contact.events().filter(|event| event.kind() == purchase) {
            last = last.max(Some(event.at()));
            if self.days_ago(event.at(), zone).is_some_and(|days| days <= self.window_days) {
                count += 1;
                let value = event.value().unwrap_or_default();
                sum = sum.checked_add(value).unwrap_or(Decimal::MAX);
            }
        }
        // As filters have it: the last purchase of somebody is in the future, or it is so many days ago.
        if let Some(days) = last.and_then(|last| self.days_ago(last, zone)) {
            *self.days.entry(days).or_default() += 1;
        }
        if count > 0 {
            *self.purchases.entry(count).or_default() += 1;
        }
        if sum > Decimal::ZERO {
            *self.spent.entry(sum).or_default() += 1;
        }
    }

    /// The least number of days in which `in last` reaches back to an instant; none after now.
    fn days_ago(&self, at: OffsetDateTime, zone: &TimeZone) -> Option<u32> {
        let civil = |at: OffsetDateTime| at.unix_timestamp_nanos() + offset(zone, at);
        let ago = civil(self.time.now) - civil(at);
        let day = Duration::DAY.whole_nanoseconds();
        (at <= self.time.now).then(|| u32::try_from((ago + day - 1).div_euclid(day)).unwrap_or(0))
    }

    /// Returns the number of contacts with a purchase.
    #[must_use]
    pub fn buyers(&self) -> u64 {
        self.days.values().sum()
    }

    /// Returns the cut-offs between three groups each, or `None` if no contact bought or spent anything.
    #[must_use]
    pub fn cutoffs(&self) -> Option<RfmCutoffs> {
        let (days, purchases, spent) =
            (self.days_at::<2>()?, self.purchases_at::<2>()?, self.spent_at::<2>()?);
        Some(RfmCutoffs {
            recency_days: days.into(),
            frequency: purchases.into(),
            monetary: spent.into(),
            window_days: self.window_days,
        })
    }

    /// Returns the cut-offs between five groups each, or `None` if no contact bought or spent anything.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, RfmEstimator, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// # use audiencekit::contact::Event;
    /// let mut estimator = RfmEstimator::new(365, &time);
    /// for day in 1..=10 {
    ///     let bought = Event::new("purchase", time.now - time::Duration::days(day)).value(day.into());
    ///     estimator.push(&Contact::builder(&schema).event(&bought).build()?);
    /// }
    /// assert_eq!(estimator.quintiles().expect("purchases").recency_days, [2, 4, 6, 8]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn quintiles(&self) -> Option<RfmQuintiles> {
        Some(RfmQuintiles {
            recency_days: self.days_at()?,
            frequency: self.purchases_at()?,
            monetary: self.spent_at()?,
            window_days: self.window_days,
        })
    }

    fn days_at<const LINES: usize>(&self) -> Option<[u32; LINES]> {
        lines(&self.days, |days, _| *days)
    }

    fn purchases_at<const LINES: usize>(&self) -> Option<[u32; LINES]> {
        lines(&self.purchases, |below, next| next.copied().unwrap_or(below.saturating_add(1)))
    }

    fn spent_at<const LINES: usize>(&self) -> Option<[Decimal; LINES]> {
        let cent = Decimal::new(1, 2);
        lines(&self.spent, |below, next| next.copied().unwrap_or(below.checked_add(cent).unwrap_or(*below)))
    }
}

fn offset(zone: &TimeZone, at: OffsetDateTime) -> i128 {
    i128::from(zone.offset(at).whole_seconds()) * 1_000_000_000
}

/// The lines that part the contacts in one group more than there are lines. `line` makes one of the greatest figure
/// below it and the one behind, if there is one.
fn lines<T: Ord, const LINES: usize>(
    counts: &BTreeMap<T, u64>,
    line: impl Fn(&T, Option<&T>) -> T,
) -> Option<[T; LINES]> {
    let all = u128::from(counts.values().sum::<u64>());
    let drawn: Vec<T> = (1..=LINES as u128)
        .filter_map(|at| {
            let mut below = 0;
            let mut figures = counts.iter();
            let reached = figures.find(|(_, count)| {
                below += u128::from(**count);
                below * (LINES as u128 + 1) >= all * at
            });
            reached.map(|(figure, _)| line(figure, figures.next().map(|(next, _)| next)))
        })
        .collect();
    drawn.try_into().ok()
}

impl RfmQuintiles {
    /// Returns the condition of a recency score in this range, from 1 (longest ago) to 5.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, RfmQuintiles, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// # let quintiles = RfmQuintiles {
    /// #     recency_days: [7, 30, 90, 180], frequency: [2, 3, 5, 9],
    /// #     monetary: [50, 100, 250, 900].map(Into::into), window_days: 365,
    /// # };
    /// let best = Filter::new(quintiles.recency(5..=5), &schema)?;
    /// assert_eq!(best.to_string(), "last(event.purchase) in last 7 days");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn recency(&self, scores: RangeInclusive<u8>) -> Expr {
        let Some((low, high)) = range(&scores) else { return Expr::Constant(false) };
        let last = || event("purchase").last();
        let beyond = 4usize.checked_sub(high).and_then(|at| self.recency_days.get(at));
        let within = self.recency_days.get(5 - low);
        both(
            beyond.map(|days| last().more_than_ago(*days, Unit::Day)),
            within.map(|days| last().in_last(*days, Unit::Day)),
        )
        .unwrap_or_else(|| event("purchase").exists())
    }

    /// Returns the condition of a frequency score in this range, from 1 (fewest) to 5.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, RfmQuintiles, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// # let quintiles = RfmQuintiles {
    /// #     recency_days: [7, 30, 90, 180], frequency: [2, 3, 5, 9],
    /// #     monetary: [50, 100, 250, 900].map(Into::into), window_days: 365,
    /// # };
    /// let best = Filter::new(quintiles.frequency(5..=5), &schema)?;
    /// assert_eq!(best.to_string(), "count(event.purchase in last 365 days) >= 9");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn frequency(&self, scores: RangeInclusive<u8>) -> Expr {
        let Some((low, high)) = range(&scores) else { return Expr::Constant(false) };
        let count = || self.bought().count();
        let least = if low == 1 { Some(1) } else { self.frequency.get(low - 2).copied() };
        let below = self.frequency.get(high - 1);
        both(least.map(|least| count().ge(least)), below.map(|below| count().lt(*below)))
            .unwrap_or(Expr::Constant(false))
    }

    /// Returns the condition of a monetary score in this range, from 1 (least) to 5.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, RfmQuintiles, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// # let quintiles = RfmQuintiles {
    /// #     recency_days: [7, 30, 90, 180], frequency: [2, 3, 5, 9],
    /// #     monetary: [50, 100, 250, 900].map(Into::into), window_days: 365,
    /// # };
    /// let best = Filter::new(quintiles.monetary(5..=5), &schema)?;
    /// assert_eq!(best.to_string(), "sum(event.purchase.value in last 365 days) >= 900");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn monetary(&self, scores: RangeInclusive<u8>) -> Expr {
        let Some((low, high)) = range(&scores) else { return Expr::Constant(false) };
        let spent = || -> Term { self.bought().fold(Fold::Sum, "value") };
        let least = match low {
            1 => Some(spent().gt(0)),
            low => self.monetary.get(low - 2).map(|least| spent().ge(*least)),
        };
        both(least, self.monetary.get(high - 1).map(|below| spent().lt(*below)))
            .unwrap_or(Expr::Constant(false))
    }

    fn bought(&self) -> EventQuery {
        event("purchase").in_last(self.window_days, Unit::Day)
    }
}

/// The scores that there are of those asked for.
fn range(scores: &RangeInclusive<u8>) -> Option<(usize, usize)> {
    let (low, high) = ((*scores.start()).max(1), (*scores.end()).min(5));
    (low <= high).then_some((low.into(), high.into()))
}

fn both(one: Option<Expr>, other: Option<Expr>) -> Option<Expr> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    }
}

impl fmt::Debug for RfmEstimator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RfmEstimator({} buyers, {} days)", self.buyers(), self.window_days)
    }
}
