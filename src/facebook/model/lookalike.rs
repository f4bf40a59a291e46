//! What Facebook says that a lookalike was made with.

/// `lookalike_spec` of a lookalike, as it is read back.
///
/// Source: lookalike audiences guide and the SDK specification (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LookalikeRead {
    /// `type`, such as `similarity`.
    pub kind: Option<String>,
    /// Up to how many of the countries' people, in per cent.
    pub ratio_percent: Option<u8>,
    /// From how many.
    pub starting_percent: Option<u8>,
    /// The country, where it was made for one.
    pub country: Option<String>,
    /// All its countries.
    pub target_countries: Vec<String>,
    /// What it was made from.
    pub origins: Vec<LookalikeOrigin>,
}

/// What a lookalike was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookalikeOrigin {
    /// The id of the audience or page.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// `custom_audience` or `page`.
    pub kind: Option<String>,
    /// True when it was deleted since.
    pub is_deleted: bool,
}

impl LookalikeOrigin {
    /// Something by its id.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), name: None, kind: None, is_deleted: false }
    }
}
