//! Labels of audiences: the kind of people that an audience holds.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A label of an audience (`audience_labels`). The list is open: Facebook's own sources disagree on its values.
///
/// Source: customer-file guide, and the SDKs of v25.0 and v26.0 (read 2026-09-12).
///
/// ```
/// use audiencekit::facebook::AudienceLabel;
///
/// assert_eq!(AudienceLabel::from("AT_RISK"), AudienceLabel::AT_RISK);
/// assert_eq!(AudienceLabel::from("A_NEW_ONE").as_str(), "A_NEW_ONE");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AudienceLabel(Cow<'static, str>);

macro_rules! known {
    ($($name:ident: $what:literal;)*) => {
        impl AudienceLabel {
            $(
                #[doc = $what]
                pub const $name: Self = Self(Cow::Borrowed(stringify!($name)));
            )*
        }
    };
}
known! {
    APP_USERS: "People who use the app.";
    AT_RISK: "People who may leave.";
    CART_ABANDONERS: "People who filled a cart and did not buy.";
    CUSTOMERS: "People who bought.";
    DISENGAGED: "People who stopped taking part.";
    DISQUALIFIED_LEADS: "Leads that came to nothing.";
    ENGAGED_USERS: "People who take part.";
    GENERAL_CUSTOMERS: "People who bought, of no special kind.";
    HIGH_VALUE_CUSTOMERS: "People who buy much.";
    LOW_VALUE_CUSTOMERS: "People who buy little.";
    QUALIFIED_LEADS: "Leads that may become something.";
    RECENT_PURCHASERS: "People who bought of late.";
    TRIAL_USERS: "People who try it out.";
}

impl AudienceLabel {
    /// Returns Facebook's name of the label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for AudienceLabel {
    fn from(label: &str) -> Self {
        Self(Cow::Owned(label.to_owned()))
    }
}

impl From<String> for AudienceLabel {
    fn from(label: String) -> Self {
        Self(Cow::Owned(label))
    }
}

impl fmt::Display for AudienceLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
