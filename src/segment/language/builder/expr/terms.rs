//! Functions that make terms and select events.

use crate::segment::language::ast::events::EventQuery;
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{DistanceTo, Literal, Term};

/// Returns a field of the contact, or, inside [`EventQuery::filter`], a property of the event.
///
/// ```
/// use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
/// use audiencekit::segment::ast::Unit;
///
/// let schema = Schema::standard();
/// let large = expr::field("value").ge(100);
/// let built = expr::field("country").one_of(["PL", "DE"])
///     .and(expr::event("purchase").in_last(90, Unit::Day).filter(large).count().ge(2));
/// let text = r#"country in ("PL", "DE") and count(event.purchase in last 90 days where value >= 100) >= 2"#;
/// assert_eq!(Filter::new(built, &schema)?, Filter::parse(text, &schema)?);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn field(name: impl Into<String>) -> Term {
    Term::Field(Spanned::from(name.into()))
}

/// Returns whole years since the birthday in a field.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::age("birth_date").ge(18), &Schema::standard())?;
/// assert_eq!(built.to_string(), "age(birth_date) >= 18");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn age(name: impl Into<String>) -> Term {
    Term::Age(Spanned::from(name.into()))
}

/// Returns the day in a field without its year.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
/// use audiencekit::segment::ast::Unit;
///
/// let built = Filter::new(expr::anniversary("birth_date").in_next(7, Unit::Day), &Schema::standard())?;
/// assert_eq!(built.to_string(), "anniversary(birth_date) in next 7 days");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn anniversary(name: impl Into<String>) -> Term {
    Term::Anniversary(Spanned::from(name.into()))
}

/// Returns the part after the last `@` of an e-mail address.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::domain("email").eq("example.com"), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"domain(email) = "example.com""#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn domain(name: impl Into<String>) -> Term {
    Term::Domain(Spanned::from(name.into()))
}

/// Returns a text without its accents, to be compared with texts without theirs.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::unaccent("name").eq("lodz"), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"unaccent(name) = "lodz""#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn unaccent(name: impl Into<String>) -> Term {
    Term::Unaccent(Spanned::from(name.into()))
}

/// Returns the score of a tag.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::tag_score("VIP").ge(5), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"tag_score("VIP") >= 5"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn tag_score(name: impl Into<String>) -> Term {
    Term::TagScore(Spanned::from(name.into()))
}

/// Returns the instant at which a tag was assigned.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
/// use audiencekit::segment::ast::Unit;
///
/// let built = Filter::new(expr::tag_since("VIP").in_last(30, Unit::Day), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"tag_since("VIP") in last 30 days"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn tag_since(name: impl Into<String>) -> Term {
    Term::TagSince(Spanned::from(name.into()))
}

/// Returns the state of a consent as of now: `confirmed`, `withdrawn` or `not_confirmed`.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::consent("newsletter").eq("confirmed"), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"consent("newsletter") = "confirmed""#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn consent(name: impl Into<String>) -> Term {
    Term::Consent(Spanned::from(name.into()))
}

/// Returns the instant of the last change of a consent.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
/// use audiencekit::segment::ast::Unit;
///
/// let built = Filter::new(expr::consent_since("newsletter").in_last(1, Unit::Year), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"consent_since("newsletter") in last 1 year"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn consent_since(name: impl Into<String>) -> Term {
    Term::ConsentSince(Spanned::from(name.into()))
}

/// Returns the day on which the contact agreed.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::consent_agreed_on("newsletter").is_set(), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"consent_agreed_on("newsletter") is set"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn consent_agreed_on(name: impl Into<String>) -> Term {
    Term::ConsentAgreedOn(Spanned::from(name.into()))
}

/// Returns the IP address from which the consent was given or withdrawn.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::consent_ip("newsletter").is_set(), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"consent_ip("newsletter") is set"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn consent_ip(name: impl Into<String>) -> Term {
    Term::ConsentIp(Spanned::from(name.into()))
}

/// Returns the id of the wording that the contact saw.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::consent_description_id("newsletter").eq("form-3"), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"consent_description_id("newsletter") = "form-3""#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn consent_description_id(name: impl Into<String>) -> Term {
    Term::ConsentDescriptionId(Spanned::from(name.into()))
}

/// Returns whether the contact opted out of a consent.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::consent_opt_out("newsletter").eq(false), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"consent_opt_out("newsletter") = false"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn consent_opt_out(name: impl Into<String>) -> Term {
    Term::ConsentOptOut(Spanned::from(name.into()))
}

/// Returns the stage of the contact in a funnel.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::stage("Sales").one_of(["Offer", "Won"]), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"stage("Sales") in ("Offer", "Won")"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn stage(name: impl Into<String>) -> Term {
    Term::Stage(Spanned::from(name.into()))
}

/// Returns the instant since which the contact is on its stage of a funnel.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
/// use audiencekit::segment::ast::Unit;
///
/// let built = Filter::new(expr::stage_since("Sales").more_than_ago(30, Unit::Day), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"stage_since("Sales") more than 30 days ago"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn stage_since(name: impl Into<String>) -> Term {
    Term::StageSince(Spanned::from(name.into()))
}

/// Returns the expected value of the contact in a funnel.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::stage_value("Sales").ge(1_000), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"stage_value("Sales") >= 1000"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn stage_value(name: impl Into<String>) -> Term {
    Term::StageValue(Spanned::from(name.into()))
}

/// Returns the score of the contact in a funnel.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::stage_score("Sales").gt(5), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"stage_score("Sales") > 5"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn stage_score(name: impl Into<String>) -> Term {
    Term::StageScore(Spanned::from(name.into()))
}

/// Selects events of a type.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::event("purchase").exists(), &Schema::standard())?;
/// assert_eq!(built.to_string(), "exists(event.purchase)");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn event(kind: impl Into<String>) -> EventQuery {
    EventQuery { event: Some(Spanned::from(kind.into())), ..EventQuery::default() }
}

/// Selects events of any type.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::any_event().count().ge(10), &Schema::standard())?;
/// assert_eq!(built.to_string(), "count(event.any) >= 10");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn any_event() -> EventQuery {
    EventQuery::default()
}

/// Returns the number of tags of the contact.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::tag_count().ge(5), &Schema::standard())?;
/// assert_eq!(built.to_string(), "count(tags) >= 5");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn tag_count() -> Term {
    Term::TagCount
}

/// Returns the distance in kilometres from the place in two fields, latitude and longitude, to a point.
///
/// ```
/// use audiencekit::contact::{FieldType, Schema};
/// use audiencekit::segment::{Filter, expr};
/// use rust_decimal::Decimal;
///
/// let schema = Schema::builder().detail("lat", FieldType::Decimal).detail("lon", FieldType::Decimal).build()?;
/// let warsaw = (Decimal::new(5_223, 2), Decimal::new(2_101, 2));
/// let near = Filter::new(expr::distance("lat", "lon", warsaw).le(50), &schema)?;
/// assert_eq!(near.to_string(), "distance(lat, lon, 52.23, 21.01) <= 50");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn distance(
    latitude: impl Into<String>,
    longitude: impl Into<String>,
    to: (impl Into<Literal>, impl Into<Literal>),
) -> Term {
    Term::Distance(Box::new(DistanceTo {
        latitude: Spanned::from(latitude.into()),
        longitude: Spanned::from(longitude.into()),
        to: (Spanned::from(to.0.into()), Spanned::from(to.1.into())),
    }))
}
