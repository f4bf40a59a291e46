//! Builds an audience draft and validates it.

use super::audience::Audience;
use super::check;
use super::draft::{AudienceDraft, OnNameConflict};
use super::management::{ContactManagement, Refresh};
use super::size::MinimumSize;
use crate::error::{Result, ValidationErrors};
use crate::facebook::{AccountId, AdAccount, AudienceLabel, CustomerFileSource, NewAudience};

/// Builds an [`AudienceDraft`] from a name, a description, an ad account and how contacts enter the audience.
///
/// [`Audience::builder`](super::Audience::builder) returns one.
///
/// ```
/// use audiencekit::{AccountId, audience::{Audience, ContactManagement}};
///
/// let account: AccountId = "act_1234567890".parse()?;
/// let draft = Audience::builder()
///     .name("VIP customers")
///     .description("Two purchases in 90 days")
///     .account(&account)
///     .contacts(ContactManagement::Automation)
///     .build()?;
/// assert_eq!(draft.name(), "VIP customers");
///
/// let error = Audience::builder().name("  ").build().unwrap_err();
/// let fields: Vec<_> = error.problems().iter().map(|problem| problem.field.as_ref()).collect();
/// assert_eq!(fields, ["name", "description", "account"]);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct AudienceBuilder {
    name: String,
    description: String,
    account: Option<AccountId>,
    management: ContactManagement,
    refresh: Refresh,
    minimum_size: MinimumSize,
    on_name_conflict: OnNameConflict,
    customer_file_source: CustomerFileSource,
    retention_days: Option<u16>,
    opt_out_link: Option<String>,
    labels: Vec<AudienceLabel>,
    is_value_based: bool,
}

impl AudienceBuilder {
    /// The maximum number of characters of a name: 255. Facebook documents no limit; this is the library's own.
    pub const MAX_NAME: usize = check::NAME_CHARS;
    /// The maximum number of characters of a description: 1,000. This limit is the library's own as well.
    pub const MAX_DESCRIPTION: usize = check::DESCRIPTION_CHARS;

    /// Creates a builder without settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name (required). At most 255 characters; surrounding whitespace is trimmed.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the description (required). At most 1,000 characters; surrounding whitespace is trimmed.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets the ad account that will own the audience (required). Accepts an id or an [`AdAccount`].
    pub fn account(mut self, account: impl Into<AccountId>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Sets how contacts enter the audience. Defaults to [`ContactManagement::Automation`].
    ///
    /// A segment given after another joins the group, unless it is in the group already; `Automation` replaces a group.
    ///
    /// ```
    /// # use audiencekit::AccountId;
    /// use audiencekit::audience::Audience;
    /// use audiencekit::{Schema, Segment, Selector};
    ///
    /// let segment = Segment::builder("customers").include(Selector::all()).build(&Schema::standard())?;
    /// let builder = Audience::builder().name("A").description("d").account("act_1".parse::<AccountId>()?);
    /// let draft = builder.contacts(segment.clone()).contacts(segment).build()?;
    /// assert_eq!(draft.management().segments().len(), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn contacts(mut self, management: impl Into<ContactManagement>) -> Self {
        self.management = self.management.joined(management.into());
        self
    }

    /// Sets whether a group follows later changes of its contacts. Defaults to [`Refresh::Never`].
    ///
    /// ```
    /// # use audiencekit::AccountId;
    /// use audiencekit::audience::{Audience, Refresh};
    ///
    /// let builder = Audience::builder().name("A").description("d").account("act_1".parse::<AccountId>()?);
    /// assert!(builder.refresh(Refresh::Mirror).build().is_err()); // a mirror needs a group
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn refresh(mut self, refresh: Refresh) -> Self {
        self.refresh = refresh;
        self
    }

    /// Sets the policy for the number of reachable people. Defaults to a warning below 1,000.
    pub fn minimum_size(mut self, policy: MinimumSize) -> Self {
        self.minimum_size = policy;
        self
    }

    /// Sets what saving does if the account has an audience of this name. Defaults to [`OnNameConflict::Refuse`].
    pub fn on_name_conflict(mut self, policy: OnNameConflict) -> Self {
        self.on_name_conflict = policy;
        self
    }

    /// Sets where the customer data comes from. Defaults to the advertiser's customers.
    pub fn customer_file_source(mut self, source: CustomerFileSource) -> Self {
        self.customer_file_source = source;
        self
    }

    /// Sets how many days a member stays without being sent again: 1 to 180. Defaults to no limit.
    ///
    /// ```
    /// # use audiencekit::AccountId;
    /// use audiencekit::audience::Audience;
    ///
    /// let builder = Audience::builder().name("A").description("d").account("act_1".parse::<AccountId>()?);
    /// assert!(builder.clone().retention_days(180).build().is_ok());
    /// assert!(builder.retention_days(181).build().is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn retention_days(mut self, days: u16) -> Self {
        self.retention_days = Some(days);
        self
    }

    /// Sets the link with which people opt out, such as `https://example.com/opt-out`.
    pub fn opt_out_link(mut self, link: impl Into<String>) -> Self {
        self.opt_out_link = Some(link.into());
        self
    }

    /// Adds a label of Facebook's `audience_labels`, such as `HIGH_VALUE_CUSTOMERS`. Any label is accepted.
    pub fn label(mut self, label: impl Into<AudienceLabel>) -> Self {
        self.labels.push(label.into());
        self
    }

    /// Sets whether each row carries a value for its person. Defaults to `false`.
    ///
    /// ```
    /// # use audiencekit::AccountId;
    /// use audiencekit::audience::Audience;
    ///
    /// let builder = Audience::builder().name("A").description("d").account("act_1".parse::<AccountId>()?);
    /// assert!(builder.value_based(true).build()?.request().is_value_based);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn value_based(mut self, value_based: bool) -> Self {
        self.is_value_based = value_based;
        self
    }

    /// Checks all settings and returns the draft.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem in [`Error::problems`](crate::Error::problems).
    pub fn build(self) -> Result<AudienceDraft> {
        let mut problems = ValidationErrors::new("audience");
        let name = check::text("name", &self.name, check::NAME_CHARS, &mut problems);
        let description =
            check::text("description", &self.description, check::DESCRIPTION_CHARS, &mut problems);
        if self.account.is_none() {
            problems.push("account", "required", "is missing; choose an ad account");
        }
        self.management.check(self.refresh, &mut problems);
        check::retention(self.retention_days, &mut problems);
        check::opt_out_link(self.opt_out_link.as_deref(), &mut problems);
        check::labels(&self.labels, &mut problems);
        let Some(account) = self.account else {
            return Err(problems.into());
        };
        problems.into_result()?;
        let mut request = NewAudience::new(name, description);
        request.customer_file_source = self.customer_file_source;
        request.retention_days = self.retention_days;
        request.is_value_based = self.is_value_based;
        request.opt_out_link = self.opt_out_link;
        request.labels = self.labels;
        Ok(AudienceDraft::checked(
            account,
            request,
            self.management,
            self.refresh,
            self.minimum_size,
            self.on_name_conflict,
        ))
    }
}

impl Audience {
    /// Returns a builder of an audience. [`AudienceDraft::save`] creates it at Facebook.
    ///
    /// ```
    /// # use audiencekit::AccountId;
    /// use audiencekit::audience::Audience;
    ///
    /// let draft = Audience::builder().name("VIP").description("d").account("act_1".parse::<AccountId>()?).build()?;
    /// assert_eq!(draft.account().to_string(), "act_1");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn builder() -> AudienceBuilder {
        AudienceBuilder::new()
    }
}

impl From<&AccountId> for AccountId {
    fn from(account: &AccountId) -> Self {
        account.clone()
    }
}

impl From<&AdAccount> for AccountId {
    fn from(account: &AdAccount) -> Self {
        account.id.clone()
    }
}
