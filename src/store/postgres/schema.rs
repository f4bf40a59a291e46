//! The tables of a store, and their creation.

use crate::error::{Error, ErrorKind, Result};

/// Raised when a table changes.
pub(super) const VERSION: i64 = 1;

/// The name of a schema, quoted.
#[derive(Debug, Clone)]
pub(super) struct Schema(String);

impl Schema {
    pub(super) fn new(name: &str) -> Result<Self> {
        if name.is_empty() || name.len() > 63 || name.contains('\0') {
            return Err(Error::new(ErrorKind::Invalid, "store", "the name of the schema cannot be used")
                .with_expected("1 to 63 bytes without a zero byte"));
        }
        Ok(Self(format!("\"{}\"", name.replace('"', "\"\""))))
    }

    /// A statement with the schema in place of its stand-in.
    pub(super) fn sql(&self, statement: &str) -> String {
        statement.replace("{schema}", &self.0)
    }

    pub(super) fn migrations(&self) -> Vec<String> {
        [include_str!("001_tables.sql")].into_iter().map(|migration| self.sql(migration)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_quoted_whatever_its_name() {
        let schema = Schema::new("a\"; DROP TABLE x; --").unwrap();
        assert_eq!(schema.sql("FROM {schema}.t"), "FROM \"a\"\"; DROP TABLE x; --\".t");
        for name in ["", "a\0b", &"x".repeat(64)] {
            assert_eq!(Schema::new(name).unwrap_err().kind(), ErrorKind::Invalid);
        }
    }
}
