//! `fields`: which of an object's fields come back.

use serde_json::{Map, Value};

use super::params::Params;
use super::refusal::{Answer, Refusal};

/// The fields of one kind of object.
pub(in crate::facebook::fake) struct Fields {
    /// The name of the kind in error messages.
    pub(in crate::facebook::fake) node: &'static str,
    /// What comes back when `fields` is not given.
    pub(in crate::facebook::fake) default: &'static [&'static str],
    /// Every field that may be asked for, also those that are seldom set.
    pub(in crate::facebook::fake) known: &'static [&'static str],
}

/// The asked-for part of `object`. A field without a value is left out; `id` always comes.
pub(in crate::facebook::fake) fn select(
    fields: &Fields,
    params: &Params<'_>,
    object: &Map<String, Value>,
) -> Answer {
    let asked = params.list("fields")?.filter(|asked| !asked.is_empty());
    let mut out = Map::new();
    match asked {
        None => {
            for &name in fields.default {
                if let Some(value) = object.get(name) {
                    out.insert(name.to_owned(), value.clone());
                }
            }
        }
        Some(asked) => {
            for name in asked {
                if !fields.known.contains(&name.as_str()) {
                    return Err(Refusal::parameter(format_args!(
                        "Tried accessing nonexisting field ({name}) on node type ({})",
                        fields.node
                    )));
                }
                if let Some(value) = object.get(&name) {
                    out.insert(name, value.clone());
                }
            }
            if let Some(id) = object.get("id") {
                out.insert("id".to_owned(), id.clone());
            }
        }
    }
    Ok(Value::Object(out))
}
