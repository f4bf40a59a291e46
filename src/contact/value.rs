//! Values of fields: owned to write, borrowed to read. Neither prints what it holds.

use std::fmt;

use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};

use crate::error::{Error, ErrorKind, Result};

/// A value to put in a field.
///
/// `Debug` says only which kind it is.
///
/// ```
/// use audiencekit::contact::Value;
///
/// assert_eq!(format!("{:?}", Value::from("ada@example.com")), "Text(_)");
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// An exact decimal number, such as an amount of money.
    Decimal(Decimal),
    /// Text.
    Text(String),
    /// Several texts, such as the e-mail addresses of one person.
    TextList(Vec<String>),
    /// A civil day.
    Date(Date),
    /// A birthday, whose year may be unknown.
    Birthday(Birthday),
    /// A point in time.
    Instant(OffsetDateTime),
}

/// A value read from a contact, borrowed from it.
///
/// `Debug` says only which kind it is.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// Text.
    Text(&'a str),
    /// A text of a keyword field.
    Keyword(std::sync::Arc<str>),
    /// Several texts.
    TextList(Vec<&'a str>),
    /// A civil day.
    Date(Date),
    /// A birthday, whose year may be unknown.
    Birthday(Birthday),
    /// A point in time.
    Instant(OffsetDateTime),
}

macro_rules! debug_by_kind {
    ($name:ty { $($kind:ident),* }) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$kind(_) => concat!(stringify!($kind), "(_)")),* })
            }
        }
    };
}
impl Value {
    /// The name of the field type that it would go into.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Decimal(_) => "decimal",
            Self::Text(_) => "text",
            Self::TextList(_) => "text_list",
            Self::Date(_) => "date",
            Self::Birthday(_) => "birthday",
            Self::Instant(_) => "instant",
        }
    }
}

debug_by_kind!(Value { Boolean, Integer, Decimal, Text, TextList, Date, Birthday, Instant });
debug_by_kind!(ValueRef<'_> { Boolean, Integer, Decimal, Text, Keyword, TextList, Date, Birthday, Instant });

macro_rules! from {
    ($($from:ty => $kind:ident),*) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self { Self::$kind(value.into()) }
        })*
    };
}
from!(bool => Boolean, i64 => Integer, i32 => Integer, Decimal => Decimal, &str => Text, String => Text,
      Vec<String> => TextList, Date => Date, Birthday => Birthday, OffsetDateTime => Instant);

/// A day of birth. The year may be unknown; then the age is unknown, and the anniversary is not.
///
/// ```
/// use audiencekit::contact::Birthday;
///
/// let known = Birthday::new(Some(1990), 2, 16)?;
/// let yearless = Birthday::new(None, 2, 29)?;
/// assert!(Birthday::new(Some(1990), 2, 29).is_err());
/// assert_eq!(known.year(), Some(1990));
/// assert_eq!(yearless.year(), None);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Birthday {
    year: Option<i16>,
    month: u8,
    day: u8,
}

impl Birthday {
    /// Creates a birthday that exists in the calendar. Without a year, 29 February is valid.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a day that does not exist or a year outside 1 to 9999.
    pub fn new(year: Option<i16>, month: u8, day: u8) -> Result<Self> {
        let wrong = || {
            Error::new(ErrorKind::Invalid, "birthday", "no such day in the calendar")
                .with_expected("a year from 1 to 9999 or none, a month from 1 to 12, a day of that month")
        };
        let check = year.unwrap_or(2000);
        let month_name = time::Month::try_from(month).map_err(|_| wrong())?;
        if !(1..=9999).contains(&check) {
            return Err(wrong());
        }
        Date::from_calendar_date(i32::from(check), month_name, day).map_err(|_| wrong())?;
        Ok(Self { year, month, day })
    }

    /// Returns the year, or `None` if it is unknown.
    #[must_use]
    pub fn year(self) -> Option<i16> {
        self.year
    }

    /// Returns the month, from 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// Returns the day of the month, from 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// Returns the date, or `None` if the year is unknown.
    ///
    /// ```
    /// use audiencekit::contact::Birthday;
    /// use time::macros::date;
    ///
    /// assert_eq!(Birthday::new(Some(1990), 2, 16)?.date(), Some(date!(1990-02-16)));
    /// assert_eq!(Birthday::new(None, 2, 16)?.date(), None);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn date(self) -> Option<Date> {
        let month = time::Month::try_from(self.month).ok()?;
        Date::from_calendar_date(i32::from(self.year?), month, self.day).ok()
    }
}

/// A year before 1 counts as unknown.
impl From<Date> for Birthday {
    fn from(date: Date) -> Self {
        let year = i16::try_from(date.year()).ok().filter(|year| (1..=9999).contains(year));
        Self { year, month: date.month().into(), day: date.day() }
    }
}

impl fmt::Debug for Birthday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Birthday(_)")
    }
}
