//! Scalars as Facebook sends them: ids as strings or numbers, empty maps as empty lists.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A string, or a whole number read as one.
#[derive(Debug)]
pub(in crate::facebook) struct Text(pub(in crate::facebook) String);

/// A whole number, or one in a string.
#[derive(Debug)]
pub(in crate::facebook) struct Int(pub(in crate::facebook) i64);

/// `true`, `1`, `"true"`, `"1"`, and their opposites.
#[derive(Debug)]
pub(in crate::facebook) struct Flag(pub(in crate::facebook) bool);

/// Whatever came, for bodies of errors, where one odd field must not hide the others.
#[derive(Debug, Default)]
pub(in crate::facebook) enum Loose {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    #[default]
    Other,
}

/// An object as its entries in order, repeated keys too; an empty list stands for an empty object.
#[derive(Debug)]
pub(in crate::facebook) struct Entries<T>(pub(in crate::facebook) Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Loose {
    pub(in crate::facebook) fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A number that is neither negative nor infinite.
    pub(in crate::facebook) fn percent(&self) -> Option<f64> {
        let number = match self {
            Self::Int(number) => *number as f64,
            Self::Float(number) => *number,
            Self::Text(text) => text.parse().ok()?,
            _ => return None,
        };
        (number.is_finite() && number >= 0.0).then_some(number)
    }

    pub(in crate::facebook) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(in crate::facebook) fn flag(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            Self::Int(0) => Some(false),
            Self::Int(1) => Some(true),
            Self::Text(text) if text == "true" || text == "1" => Some(true),
            Self::Text(text) if text == "false" || text == "0" => Some(false),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
                Ok(Loose::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
                Ok(Loose::Int(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
                Ok(i64::try_from(value).map_or(Loose::Other, Loose::Int))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Loose, E> {
                Ok(Loose::Float(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Loose, E> {
                Ok(Loose::Text(value.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

macro_rules! from_loose {
    ($($name:ident, $expected:literal, $read:expr;)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let loose = Loose::deserialize(deserializer)?;
                // The value itself may be personal: say only what was expected.
                ($read)(loose).map(Self).ok_or_else(|| D::Error::custom(concat!("expected ", $expected)))
            }
        }
    )*};
}
from_loose! {
    Int, "a whole number", |loose: Loose| loose.int();
    Flag, "true or false", |loose: Loose| loose.flag();
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrNumber;
        impl Visitor<'_> for StringOrNumber {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a whole number")
            }
            fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Text, E> {
                Ok(Text(value.to_owned()))
            }
            fn visit_string<E>(self, value: String) -> Result<Text, E> {
                Ok(Text(value))
            }
        }
        deserializer.deserialize_any(StringOrNumber)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapOrEmptyList<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for MapOrEmptyList<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or an empty list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                match seq.next_element::<IgnoredAny>()? {
                    None => Ok(Entries::default()),
                    Some(_) => Err(A::Error::custom("expected an object")),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_any(MapOrEmptyList(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_strings_and_from_numbers_without_loss() {
        for json in ["\"6789012345678901234\"", "6789012345678901234"] {
            let Text(id) = serde_json::from_str(json).unwrap();
            assert_eq!(id, "6789012345678901234");
        }
        assert!(serde_json::from_str::<Text>("1.5").is_err());
        assert!(serde_json::from_str::<Text>("{}").is_err());
    }

    #[test]
    fn an_empty_list_is_an_empty_map() {
        assert!(serde_json::from_str::<Entries<Int>>("[]").unwrap().0.is_empty());
        assert!(serde_json::from_str::<Entries<Int>>("[1]").is_err());
        let twice = serde_json::from_str::<Entries<Int>>(r#"{"a":1,"a":"2"}"#).unwrap().0;
        assert_eq!(
            twice.iter().map(|(key, Int(value))| (key.as_str(), *value)).collect::<Vec<_>>(),
            [("a", 1), ("a", 2)]
        );
    }

    #[test]
    fn a_wrong_type_is_an_error_without_the_value() {
        let error = serde_json::from_str::<Int>("\"ada@example.com\"").unwrap_err().to_string();
        assert!(!error.contains("ada"), "{error}");
    }
}
