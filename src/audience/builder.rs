//! From what a person fills in to a draft that was checked.

use super::check;
use super::draft::{AudienceDraft, OnNameConflict};
use super::management::{ContactManagement, Refresh};
use super::size::MinimumSize;
use crate::error::{Result, ValidationErrors};
use crate::facebook::{AccountId, AdAccount, AudienceLabel, CustomerFileSource, NewAudience};

/// Collects what an audience needs: a name, a description, an ad account, and how contacts come into it.
///
/// ```
/// use audiencekit::{AccountId, audience::{AudienceBuilder, ContactManagement}};
///
/// let account: AccountId = "act_1234567890".parse()?;
/// let draft = AudienceBuilder::new()
///     .name("VIP customers")
///     .description("Two purchases in 90 days")
///     .account(&account)
///     .contacts(ContactManagement::Automation)
///     .build()?;
/// assert_eq!(draft.name(), "VIP customers");
///
/// let error = AudienceBuilder::new().name("  ").build().unwrap_err();
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
    same_name: OnNameConflict,
    customer_file_source: CustomerFileSource,
    retention_days: Option<u16>,
    opt_out_link: Option<String>,
    labels: Vec<AudienceLabel>,
    is_value_based: bool,
}

impl AudienceBuilder {
    /// Most characters of a name; the crate's own limit, as Facebook documents none.
    pub const MAX_NAME: usize = check::NAME_CHARS;
    /// Most characters of a description; the crate's own limit too.
    pub const MAX_DESCRIPTION: usize = check::DESCRIPTION_CHARS;

    /// Starts with nothing filled in.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name. Required; white space around it goes.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The description. Required; white space around it goes.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// The ad account that will own it. Required; an id or an account that was read.
    pub fn account(mut self, account: impl Into<AccountId>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// How contacts come into it: a segment, several, or [`ContactManagement::Automation`], which is the default.
    /// A segment given after another is added to the group, unless it is there; `Automation` takes the place of a group.
    pub fn contacts(mut self, management: impl Into<ContactManagement>) -> Self {
        self.management = self.management.joined(management.into());
        self
    }

    /// Whether a group follows its contacts; by default it does not.
    pub fn refresh(mut self, refresh: Refresh) -> Self {
        self.refresh = refresh;
        self
    }

    /// How many reachable people it should have; by default 1,000, below which a run warns.
    pub fn minimum_size(mut self, policy: MinimumSize) -> Self {
        self.minimum_size = policy;
        self
    }

    /// What to do when the account has an audience of this name already; by default saving is refused.
    pub fn same_name(mut self, policy: OnNameConflict) -> Self {
        self.same_name = policy;
        self
    }

    /// Where the people come from; by default from the advertiser itself.
    pub fn customer_file_source(mut self, source: CustomerFileSource) -> Self {
        self.customer_file_source = source;
        self
    }

    /// Days that a member stays without being sent again, 1 to 180; by default for ever.
    pub fn retention_days(mut self, days: u16) -> Self {
        self.retention_days = Some(days);
        self
    }

    /// Where people can opt out.
    pub fn opt_out_link(mut self, link: impl Into<String>) -> Self {
        self.opt_out_link = Some(link.into());
        self
    }

    /// Adds one of Facebook's `audience_labels`, such as `HIGH_VALUE_CUSTOMERS`. The list is open.
    pub fn label(mut self, label: impl Into<AudienceLabel>) -> Self {
        self.labels.push(label.into());
        self
    }

    /// Makes a value-based audience, whose rows carry a value for each person.
    pub fn value_based(mut self, value_based: bool) -> Self {
        self.is_value_based = value_based;
        self
    }

    /// Checks everything and gives the draft.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem in [`Error::problems`](crate::Error::problems).
    pub fn build(self) -> Result<AudienceDraft> {
        let mut problems = ValidationErrors::new("audience");
        let name = check::text("name", &self.name, check::NAME_CHARS, &mut problems);
        let description =
            check::text("description", &self.description, check::DESCRIPTION_CHARS, &mut problems);
        if self.account.is_none() {
            problems.push("account", "required", "is missing: choose an ad account");
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
            self.same_name,
        ))
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
