//! The specification of a lookalike as it is read back.

/// The `lookalike_spec` of a lookalike as it is read back.
///
/// Source: lookalike audiences guide and the SDK specification (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LookalikeRead {
    /// `type`, such as `similarity`.
    pub kind: Option<String>,
    /// The upper end of the share of the countries' people, in per cent.
    pub ratio_percent: Option<u8>,
    /// The lower end of the share.
    pub starting_percent: Option<u8>,
    /// The country, if it was made for one.
    pub country: Option<String>,
    /// All countries of the lookalike.
    pub target_countries: Vec<String>,
    /// The audiences or pages that it was made from.
    pub origins: Vec<LookalikeOrigin>,
}

/// The audience or page that a lookalike was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookalikeOrigin {
    /// The id of the audience or page.
    pub id: String,
    /// The name of the audience or page.
    pub name: Option<String>,
    /// `custom_audience` or `page`.
    pub kind: Option<String>,
    /// `true` if it was deleted since.
    pub is_deleted: bool,
}

impl LookalikeOrigin {
    /// Creates an origin of which only the id is known.
    ///
    /// ```
    /// use audiencekit::facebook::LookalikeOrigin;
    ///
    /// assert!(!LookalikeOrigin::new("23847000000000001").is_deleted);
    /// ```
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), name: None, kind: None, is_deleted: false }
    }
}
