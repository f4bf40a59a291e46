//! Instants in definitions and events: RFC 3339 text.

use serde::{Deserialize, Deserializer, Serializer, de};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// Writes every instant: a state that could not be written would be lost. One whose offset has seconds is written in
/// UTC, and one before the year 0, which RFC 3339 does not know, as the first of that year.
pub(super) fn serialize<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    let in_utc = || at.checked_to_offset(UtcOffset::UTC)?.format(&Rfc3339).ok();
    let text = at.format(&Rfc3339).ok().or_else(in_utc);
    serializer.serialize_str(text.as_deref().unwrap_or("0000-01-01T00:00:00Z"))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    OffsetDateTime::parse(&text, &Rfc3339)
        .map_err(|_| de::Error::custom("not an instant; expected RFC 3339, such as 2026-11-23T12:00:00Z"))
}

/// The same for an instant that may be left out.
pub(super) mod option {
    use serde::{Deserialize, Deserializer, Serializer};
    use time::OffsetDateTime;

    #[derive(Deserialize)]
    struct Instant(#[serde(with = "super")] OffsetDateTime);

    pub(crate) fn serialize<S: Serializer>(
        at: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => super::serialize(at, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        Ok(Option::<Instant>::deserialize(deserializer)?.map(|instant| instant.0))
    }
}

/// Microseconds since 1970, the form that timers and the store order by.
pub(super) fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX)
}

pub(super) fn from_micros(micros: i64) -> OffsetDateTime {
    let end = if micros < 0 { PrimitiveDateTime::MIN } else { PrimitiveDateTime::MAX };
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap_or(end.assume_utc())
}

/// Returns the instant that is `by` before `at`, or the first of the calendar.
pub(super) fn earlier(at: OffsetDateTime, by: std::time::Duration) -> OffsetDateTime {
    at.saturating_sub(Duration::try_from(by).unwrap_or(Duration::MAX))
}

/// Returns the instant that is `by` after `at`, or the last of the calendar.
pub(super) fn later(at: OffsetDateTime, by: std::time::Duration) -> OffsetDateTime {
    at.saturating_add(Duration::try_from(by).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use time::macros::{datetime, offset};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Instant(#[serde(with = "super")] OffsetDateTime);

    #[test]
    fn every_instant_is_written_and_those_of_our_era_come_back() {
        let with_seconds = datetime!(1890-01-01 12:00 UTC).to_offset(offset!(+1:24:12));
        for at in [datetime!(2026-11-23 12:00 +1), with_seconds, datetime!(9999-12-31 23:59:59.999 -14)] {
            let text = serde_json::to_string(&Instant(at)).unwrap();
            assert_eq!(serde_json::from_str::<Instant>(&text).unwrap().0, at, "{text}");
        }
        let before = Instant(datetime!(-44-03-15 12:00 UTC));
        assert_eq!(serde_json::to_string(&before).unwrap(), r#""0000-01-01T00:00:00Z""#);
    }

    #[test]
    fn an_instant_beyond_the_calendar_is_its_end() {
        assert_eq!(from_micros(i64::MAX), PrimitiveDateTime::MAX.assume_utc());
        assert_eq!(from_micros(i64::MIN), PrimitiveDateTime::MIN.assume_utc());
        assert_eq!(from_micros(micros(datetime!(9999-12-31 23:59:59 -14))).year(), 9999);
    }
}
