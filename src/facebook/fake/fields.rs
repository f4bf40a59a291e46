//! `fields`: which of an object's fields come back.

use serde_json::{Map, Value};

use super::params::Params;
use super::refusal::{Answer, Refusal};

/// The fields of one kind of object.
pub(super) struct Fields {
    /// The name of the kind in error messages.
    pub(super) node: &'static str,
    /// What comes back when `fields` is not given.
    pub(super) default: &'static [&'static str],
    /// Every field that may be asked for, also those that are seldom set.
    pub(super) known: &'static [&'static str],
}

/// The asked-for part of `object`. A field without a value is left out; `id` always comes.
pub(super) fn select(fields: &Fields, params: &Params<'_>, object: &Map<String, Value>) -> Answer {
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
