//! Names and figures in two columns.

use std::borrow::Cow;
use std::fmt;

/// Lines of a table. The figures end in one column, however long a name or a figure is.
#[derive(Debug, Default)]
pub(in crate::sync) struct Table(Vec<(Cow<'static, str>, u64)>);

impl Table {
    pub(in crate::sync) fn line(&mut self, name: impl Into<Cow<'static, str>>, count: u64) {
        self.0.push((name.into(), count));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(28);
        let figures = self.0.iter().map(|(_, count)| count.to_string().len()).max().unwrap_or(0).max(14);
        self.0.iter().try_for_each(|(name, count)| writeln!(f, "  {name:<names$}{count:>figures$}"))
    }
}
