//! The shapes of what lists of a contact's JSON hold, and the members that no shape has.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::properties::Properties;
use crate::contact::consent::ConsentStatus;

/// Members that no shape has, as they were written.
pub(in crate::contact) type Unknown<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// An object of a list.
pub(in crate::contact) trait Item<'a>: Deserialize<'a> {
    /// The members that it takes.
    const MEMBERS: &'static [&'static str];

    /// The other members, which it does not.
    fn unknown(&mut self) -> Unknown<'a>;
}

/// An object with members of these types, of which those before the semicolon are required; the others may be null.
macro_rules! shape {
    ($(#[$doc:meta])* $name:ident {
        $($key:literal $field:ident: $of:ty),*; $($may_key:literal $may:ident: $may_of:ty),*
    }) => {
        $(#[$doc])*
        pub(in crate::contact) struct $name<'a> {
            $(pub(in crate::contact) $field: $of,)*
            $(pub(in crate::contact) $may: Option<$may_of>,)*
            unknown: Unknown<'a>,
        }

        impl<'a> Item<'a> for $name<'a> {
            const MEMBERS: &'static [&'static str] = &[$($key,)* $($may_key),*];

            fn unknown(&mut self) -> Unknown<'a> {
                std::mem::take(&mut self.unknown)
            }
        }

        impl<'de: 'a, 'a> Deserialize<'de> for $name<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object;

                impl<'de> Visitor<'de> for Object {
                    type Value = $name<'de>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        $(let mut $field = None;)*
                        $(let mut $may = None;)*
                        let mut unknown = Vec::new();
                        while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
                            let again = match &*key {
                                $($key => $field.replace(map.next_value()?).is_some(),)*
                                $($may_key => $may.replace(map.next_value()?).is_some(),)*
                                _ => {
                                    unknown.push((key, map.next_value()?));
                                    false
                                }
                            };
                            if again {
                                return Err(A::Error::custom("a member stands twice"));
                            }
                        }
                        Ok($name {
                            $($field: $field.ok_or_else(|| A::Error::missing_field($key))?,)*
                            $($may: $may.unwrap_or_default(),)*
                            unknown,
                        })
                    }
                }

                deserializer.deserialize_map(Object)
            }
        }
    };
}

shape! {
    /// A tag.
    TagJson { "name" name: Text<'a>; "score" score: i32, "since" since: Text<'a> }
}

shape! {
    /// An entry of a consent's history.
    ConsentJson {
        "name" name: Text<'a>, "status" status: ConsentStatus;
        "at" at: Text<'a>, "agreed_on" agreed_on: Text<'a>, "ip" ip: Text<'a>,
        "description_id" description_id: &'a RawValue, "opt_out" opt_out: bool
    }
}

shape! {
    /// A place in a funnel.
    StageJson {
        "funnel" funnel: Text<'a>, "stage" stage: Text<'a>;
        "since" since: Text<'a>, "value" value: &'a RawValue, "score" score: i32
    }
}

shape! {
    /// An event.
    EventJson {
        "type" kind: Text<'a>, "at" at: Text<'a>;
        "value" value: &'a RawValue, "properties" properties: Properties<'a>
    }
}

/// A tag, or no more than its name.
pub(in crate::contact) struct TagOrName<'a>(pub(super) TagJson<'a>);

impl<'a> Item<'a> for TagOrName<'a> {
    const MEMBERS: &'static [&'static str] = TagJson::MEMBERS;

    fn unknown(&mut self) -> Unknown<'a> {
        self.0.unknown()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for TagOrName<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = TagOrName<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a tag's name, or an object")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(named(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(named(Cow::Owned(name.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                TagJson::deserialize(MapAccessDeserializer::new(map)).map(TagOrName)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

fn named(name: Cow<'_, str>) -> TagOrName<'_> {
    TagOrName(TagJson { name: Text(name), score: None, since: None, unknown: Vec::new() })
}

/// A text that borrows when nothing in it is escaped.
#[derive(serde::Deserialize)]
pub(in crate::contact) struct Text<'a>(#[serde(borrow)] pub(in crate::contact) Cow<'a, str>);

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
