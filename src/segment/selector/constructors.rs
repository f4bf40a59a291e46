//! Functions that make selectors.

use super::selector::Selector;

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident => $variant:ident),* $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
            Self::$variant(values.into_iter().map(Into::into).collect())
        })*
    };
}

impl Selector {
    lists! {
        /// Selects contacts with at least one of these tags.
        ///
        /// ```
        /// # use audiencekit::{Contact, Schema};
        /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
        /// # use time::macros::datetime;
        /// # let schema = Schema::standard();
        /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
        /// let filter = Filter::new(Selector::tag_any(["a", "b"]).expr(), &schema)?;
        /// assert_eq!(filter.to_string(), r#"has any tag ("a", "b")"#);
        /// # Ok::<(), audiencekit::Error>(())
        /// ```
        tag_any => TagAny,
        /// Selects contacts with each of these tags.
        ///
        /// ```
        /// # use audiencekit::{Contact, Schema};
        /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
        /// # use time::macros::datetime;
        /// # let schema = Schema::standard();
        /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
        /// let filter = Filter::new(Selector::tag_all(["a", "b"]).expr(), &schema)?;
        /// assert_eq!(filter.to_string(), r#"has all tags ("a", "b")"#);
        /// # Ok::<(), audiencekit::Error>(())
        /// ```
        tag_all => TagAll,
        /// Selects contacts with none of these tags.
        ///
        /// ```
        /// # use audiencekit::{Contact, Schema};
        /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
        /// # use time::macros::datetime;
        /// # let schema = Schema::standard();
        /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
        /// let filter = Filter::new(Selector::tag_none(["a", "b"]).expr(), &schema)?;
        /// assert_eq!(filter.to_string(), r#"has no tag ("a", "b")"#);
        /// # Ok::<(), audiencekit::Error>(())
        /// ```
        tag_none => TagNone,
        /// Selects contacts in one of these countries.
        ///
        /// ```
        /// # use audiencekit::{Contact, Schema};
        /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
        /// # use time::macros::datetime;
        /// # let schema = Schema::standard();
        /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
        /// let filter = Filter::new(Selector::country(["a", "b"]).expr(), &schema)?;
        /// assert_eq!(filter.to_string(), r#"country in ("a", "b")"#);
        /// # Ok::<(), audiencekit::Error>(())
        /// ```
        country => Country,
        /// Selects contacts in one of these provinces.
        province => Province,
        /// Selects contacts in one of these cities.
        city => City,
        /// Selects contacts in one of these states: `PROSPECT`, `CUSTOMER`, `PARTNER`, `OTHER`, `UNKNOWN`.
        state => State,
        /// Selects contacts with one of these main owners.
        owner => Owner,
        /// Selects contacts that speak one of these languages.
        language => Language,
        /// Selects contacts in one of these tiers of a loyalty programme.
        loyalty_tier => LoyaltyTier,
        /// Selects contacts with one of these values in `churn_risk`.
        churn_risk => ChurnRisk,
        /// Selects contacts with one of these e-mail addresses.
        ///
        /// ```
        /// # use audiencekit::{Contact, Schema};
        /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
        /// # use time::macros::datetime;
        /// # let schema = Schema::standard();
        /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
        /// let filter = Filter::new(Selector::email(["a", "b"]).expr(), &schema)?;
        /// assert_eq!(filter.to_string(), r#"email in ("a", "b")"#);
        /// # Ok::<(), audiencekit::Error>(())
        /// ```
        email => Email,
        /// Selects contacts with one of these ids.
        ///
        /// ```
        /// # use audiencekit::{Contact, Schema};
        /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
        /// # use time::macros::datetime;
        /// # let schema = Schema::standard();
        /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
        /// let filter = Filter::new(Selector::id(["a", "b"]).expr(), &schema)?;
        /// assert_eq!(filter.to_string(), r#"id in ("a", "b")"#);
        /// # Ok::<(), audiencekit::Error>(())
        /// ```
        id => Id,
    }

    /// Selects all contacts of a source.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::new(Selector::all().expr(), &schema)?;
    /// assert_eq!(filter.to_string(), "true");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn all() -> Self {
        Self::All
    }

    /// Selects no contact, for a segment that is empty on purpose.
    ///
    /// ```
    /// use audiencekit::{Contact, EvaluationTime, Schema, Segment, Selector};
    /// use time::macros::datetime;
    ///
    /// let schema = Schema::standard();
    /// assert!(Segment::builder("empty").build(&schema).is_err()); // mostly a mistake
    /// let empty = Segment::builder("empty").include(Selector::none()).build(&schema)?;
    /// let compiled = empty.compile(&schema, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC)))?;
    /// assert!(!compiled.selects(&Contact::new(&schema)));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn none() -> Self {
        Self::None
    }

    /// Selects contacts in these tiers of the loyalty programme of a name; without tiers, in any.
    ///
    /// ```
    /// use audiencekit::{Schema, Selector, segment::Filter};
    ///
    /// let gold = Filter::new(Selector::loyalty("Club", ["gold"]).expr(), &Schema::standard())?;
    /// assert_eq!(gold.to_string(), r#"loyalty_program = "Club" and loyalty_tier = "gold""#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn loyalty<T: Into<String>>(program: impl Into<String>, tiers: impl IntoIterator<Item = T>) -> Self {
        Self::Loyalty { program: program.into(), tiers: tiers.into_iter().map(Into::into).collect() }
    }

    /// Selects contacts that accept e-mail.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::new(Selector::email_opted_in().expr(), &schema)?;
    /// assert_eq!(filter.to_string(), "opted_out = false");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn email_opted_in() -> Self {
        Self::EmailOptedIn
    }

    /// Selects contacts that refuse e-mail.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::new(Selector::email_opted_out().expr(), &schema)?;
    /// assert_eq!(filter.to_string(), "opted_out = true");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn email_opted_out() -> Self {
        Self::EmailOptedOut
    }

    /// Selects contacts that accept text messages and calls.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::new(Selector::phone_opted_in().expr(), &schema)?;
    /// assert_eq!(filter.to_string(), "phone_opted_out = false");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn phone_opted_in() -> Self {
        Self::PhoneOptedIn
    }

    /// Selects contacts that refuse text messages and calls.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::new(Selector::phone_opted_out().expr(), &schema)?;
    /// assert_eq!(filter.to_string(), "phone_opted_out = true");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn phone_opted_out() -> Self {
        Self::PhoneOptedOut
    }

    /// Selects contacts whose consent is given and not withdrawn as of now.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::new(Selector::consent_confirmed("newsletter").expr(), &schema)?;
    /// assert_eq!(filter.to_string(), r#"consent("newsletter") = "confirmed""#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn consent_confirmed(name: impl Into<String>) -> Self {
        Self::ConsentConfirmed(name.into())
    }

    /// Selects contacts on any stage of this funnel.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::new(Selector::funnel("Sales").expr(), &schema)?;
    /// assert_eq!(filter.to_string(), r#"stage("Sales") is set"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn funnel(name: impl Into<String>) -> Self {
        Self::Funnel(name.into())
    }

    /// Selects contacts on one of these stages of a funnel.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::new(Selector::stage("Sales", ["Offer", "Won"]).expr(), &schema)?;
    /// assert_eq!(filter.to_string(), r#"stage("Sales") in ("Offer", "Won")"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn stage<T: Into<String>>(funnel: impl Into<String>, stages: impl IntoIterator<Item = T>) -> Self {
        Self::Stage { funnel: funnel.into(), stages: stages.into_iter().map(Into::into).collect() }
    }

    /// Selects contacts of another segment.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::new(Selector::segment("VIP").expr(), &schema)?;
    /// assert_eq!(filter.to_string(), r#"segment("VIP")"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn segment(name: impl Into<String>) -> Self {
        Self::Segment(name.into())
    }
}
