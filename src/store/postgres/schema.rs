//! The tables of a store, their creation, and limits as statements take them.

use crate::error::{Error, ErrorKind, Result};
use crate::store::PageLimit;

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

/// The limit as the server takes it: one entry more, to know that there is one.
pub(super) fn server_limits(limit: PageLimit) -> (i64, i64) {
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    (number(limit.entries()).saturating_add(1), number(limit.bytes()))
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
