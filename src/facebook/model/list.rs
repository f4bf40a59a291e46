//! Lists, page by page.

use super::fields::AudienceField;
use super::json_value::JsonValue;
use crate::facebook::ids::BusinessId;

/// A request for one page of a list.
///
/// ```
/// use audiencekit::facebook::ListRequest;
/// use audiencekit::{FacebookClient, MockClient};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let facebook = MockClient::new();
/// let request = ListRequest::new().limit(50).name_contains("VIP");
/// let page = facebook.audiences(&facebook.fake().account(), &request).await?;
/// assert!(page.items.is_empty() && page.after.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ListRequest {
    /// The page size. Facebook may return fewer items, even none, and have more pages.
    pub limit: Option<u32>,
    /// The cursor that the previous page ended with.
    pub after: Option<String>,
    /// Keeps only audiences whose name contains this.
    pub name_contains: Option<String>,
    /// The conditions that every item meets.
    pub filters: Vec<ListFilter>,
    /// Keeps only audiences of this business.
    pub business: Option<BusinessId>,
    /// The fields of audiences to read. Empty means [`AudienceField::DEFAULT`].
    pub fields: Vec<AudienceField>,
}

/// A condition of a list: Facebook's `{field, operator, value}`.
///
/// Source: ad account custom audiences reference and audiences overview (read 2026-09-12). Facebook shows `delete_time
/// GREATER_THAN 0` and `operation_status.code IN [100]`; it does not document which other fields filter.
///
/// ```
/// use audiencekit::facebook::{ListFilter, ListRequest};
///
/// let expiring = ListRequest::new().filter(ListFilter::new("operation_status.code", "IN", vec![100]));
/// assert_eq!(expiring.filters[0].value.to_string(), "[100]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListFilter {
    /// The field, such as `delete_time`.
    pub field: String,
    /// The operator, such as `EQUAL`, `IN`, `GREATER_THAN`, `CONTAIN`.
    pub operator: String,
    /// The value to compare with.
    pub value: JsonValue,
}

impl ListFilter {
    /// Creates a condition from a field, an operator and a value.
    #[must_use]
    pub fn new(field: impl Into<String>, operator: impl Into<String>, value: impl Into<JsonValue>) -> Self {
        Self { field: field.into(), operator: operator.into(), value: value.into() }
    }
}

impl ListRequest {
    /// Creates a request for the first page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the page size. Facebook may return fewer items, even none, and have more pages.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets the cursor that the previous page ended with.
    ///
    /// ```
    /// use audiencekit::facebook::ListRequest;
    ///
    /// assert_eq!(ListRequest::new().after("a cursor").after.as_deref(), Some("a cursor"));
    /// ```
    #[must_use]
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.after = Some(cursor.into());
        self
    }

    /// Keeps only audiences whose name contains `part`.
    #[must_use]
    pub fn name_contains(mut self, part: impl Into<String>) -> Self {
        self.name_contains = Some(part.into());
        self
    }

    /// Keeps only audiences of a business.
    #[must_use]
    pub fn business(mut self, business: BusinessId) -> Self {
        self.business = Some(business);
        self
    }

    /// Adds a condition. An item must meet all of them.
    #[must_use]
    pub fn filter(mut self, filter: ListFilter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Adds fields of audiences to read. Defaults to [`AudienceField::DEFAULT`].
    ///
    /// ```
    /// use audiencekit::facebook::{AudienceField, ListRequest};
    ///
    /// let request = ListRequest::new().fields([AudienceField::Name, AudienceField::OperationStatus]);
    /// assert_eq!(request.fields.len(), 2);
    /// ```
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = AudienceField>) -> Self {
        self.fields.extend(fields);
        self
    }
}

/// One page of a list. The list ends when `after` is `None`, not when a page is short.
///
/// ```
/// use audiencekit::facebook::Page;
///
/// let page = Page::new(vec!["a", "b"], Some("cursor".into()));
/// assert_eq!(page.after.as_deref(), Some("cursor"));
/// assert_eq!(page.into_iter().collect::<Vec<_>>(), ["a", "b"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// The cursor of the next page.
    pub after: Option<String>,
}

impl<T> Page<T> {
    /// Creates a page from its items and the cursor of the next page.
    #[must_use]
    pub fn new(items: Vec<T>, after: Option<String>) -> Self {
        Self { items, after }
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Page<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}
