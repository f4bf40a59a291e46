//! Facebook's objects out of their JSON.

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny};
use time::OffsetDateTime;

use super::codes::RetryClass;
use super::response::{GraphResponse, Refusal, decode};
use super::scalars::{Entries, Flag, Int, Loose, Text};
use crate::error::ErrorKind;
use crate::facebook::ids::{AccountId, AudienceId};
use crate::facebook::model::account::AdAccount;
use crate::facebook::model::audience::{CustomAudience, DataSource, Status};
use crate::facebook::model::label::AudienceLabel;
use crate::facebook::model::list::Page;
use crate::facebook::model::lookalike::{LookalikeOrigin, LookalikeRead};

/// `{"id": ...}`
#[derive(Deserialize)]
pub(in crate::facebook) struct Created {
    id: Text,
}

impl Created {
    pub(in crate::facebook) fn audience(&self) -> Option<AudienceId> {
        self.id.0.parse().ok()
    }
}

/// `{"success": true}`, or `true` in old traffic.
#[derive(Deserialize)]
#[serde(untagged)]
enum Done {
    Object {
        #[serde(default)]
        success: Option<bool>,
    },
    Bare(bool),
}

impl Done {
    fn is_done(&self) -> bool {
        match self {
            Self::Object { success } => success.unwrap_or(true),
            Self::Bare(done) => *done,
        }
    }
}

/// Reads the answer to a change, which holds nothing but success.
pub(in crate::facebook) fn done(operation: &'static str, response: &GraphResponse) -> Result<(), Refusal> {
    let done: Done = decode(operation, response)?;
    if done.is_done() { Ok(()) } else { Err(no_success(operation)) }
}

/// A refusal without an error: `{"success": false}`.
pub(in crate::facebook) fn no_success(operation: &'static str) -> Refusal {
    let error =
        crate::error::Error::new(ErrorKind::Rejected, operation, "Facebook returned `success: false`");
    Refusal { error, retry: RetryClass::Never }
}

/// A page of a list. `next` is a whole URL that may carry the token: it is looked at for being there and dropped.
#[derive(Deserialize)]
pub(in crate::facebook) struct PageWire<T> {
    data: Vec<T>,
    paging: Option<PagingWire>,
}

#[derive(Deserialize)]
struct PagingWire {
    cursors: Option<CursorsWire>,
    next: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct CursorsWire {
    after: Option<Text>,
}

impl<T> PageWire<T> {
    /// The page, or nothing when it says that there is more and not where.
    pub(in crate::facebook) fn page<U>(self, convert: impl FnMut(T) -> U) -> Option<Page<U>> {
        let after = match self.paging {
            Some(PagingWire { next: Some(_), cursors }) => Some(cursors?.after?.0),
            _ => None,
        };
        Some(Page { items: self.data.into_iter().map(convert).collect(), after })
    }
}

/// An id of digits, from a string or a number.
pub(in crate::facebook) struct AudienceIdWire(AudienceId);
/// `act_` and digits, or digits.
pub(in crate::facebook) struct AccountIdWire(pub(in crate::facebook) AccountId);
/// Seconds since 1970.
struct Instant(OffsetDateTime);
/// A number that is not negative and fits.
struct Small<T>(T);

impl<'de> Deserialize<'de> for AudienceIdWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(id) = Text::deserialize(deserializer)?;
        id.parse().map(Self).map_err(|_| D::Error::custom("expected digits"))
    }
}

impl<'de> Deserialize<'de> for AccountIdWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(id) = Text::deserialize(deserializer)?;
        let digits = id.strip_prefix("act_").unwrap_or(&id);
        format!("act_{digits}").parse().map(Self).map_err(|_| D::Error::custom("expected an account id"))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Int(seconds) = Int::deserialize(deserializer)?;
        OffsetDateTime::from_unix_timestamp(seconds)
            .map(Self)
            .map_err(|_| D::Error::custom("expected seconds since 1970"))
    }
}

impl<'de, T: TryFrom<i64>> Deserialize<'de> for Small<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Int(number) = Int::deserialize(deserializer)?;
        T::try_from(number).map(Self).map_err(|_| D::Error::custom("expected a smaller number"))
    }
}

#[derive(Deserialize)]
pub(in crate::facebook) struct AccountWire {
    id: Option<AccountIdWire>,
    account_id: Option<AccountIdWire>,
    name: Option<Text>,
    account_status: Option<Small<u32>>,
    disable_reason: Option<Small<u32>>,
    currency: Option<String>,
    timezone_name: Option<String>,
    business: Option<BusinessWire>,
    tos_accepted: Option<Entries<Flag>>,
    #[serde(default)]
    user_tasks: Vec<String>,
    #[serde(default)]
    permitted_tasks: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum BusinessWire {
    Object { id: Text },
    Bare(Text),
}

impl BusinessWire {
    fn id(self) -> String {
        match self {
            Self::Object { id: Text(id) } | Self::Bare(Text(id)) => id,
        }
    }
}

impl AccountWire {
    pub(in crate::facebook) fn account(self) -> Option<AdAccount> {
        let AccountIdWire(id) = self.id.or(self.account_id)?;
        let terms = self.tos_accepted.map(|Entries(terms)| {
            terms.iter().any(|(name, Flag(accepted))| name == "custom_audience_tos" && *accepted)
        });
        Some(AdAccount {
            name: self.name.map(|Text(name)| name),
            status: self.account_status.map(|Small(status)| status.into()),
            disable_reason: self.disable_reason.map(|Small(reason)| reason),
            currency: self.currency,
            timezone_name: self.timezone_name,
            business: self.business.map(BusinessWire::id),
            terms_accepted: terms,
            user_tasks: self.user_tasks,
            permitted_tasks: self.permitted_tasks,
            ..AdAccount::new(id)
        })
    }
}

/// `{code, description}`; one page of Facebook's calls the code `status`.
#[derive(Deserialize)]
struct StatusWire {
    #[serde(alias = "status")]
    code: Small<u32>,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Deserialize)]
struct DataSourceWire {
    #[serde(rename = "type")]
    kind: String,
    sub_type: Option<String>,
}

#[derive(Deserialize)]
struct SharingWire {
    status: Option<String>,
}

/// A lookalike's own words about itself. One odd field must not hide the audience.
#[derive(Deserialize)]
struct LookalikeWire {
    #[serde(default, rename = "type")]
    kind: Loose,
    #[serde(default)]
    ratio: Loose,
    #[serde(default)]
    starting_ratio: Loose,
    #[serde(default)]
    country: Loose,
    #[serde(default)]
    target_countries: Vec<String>,
    #[serde(default)]
    origin: Vec<OriginWire>,
}

#[derive(Deserialize)]
struct OriginWire {
    id: Text,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    deleted: Option<Flag>,
}

impl LookalikeWire {
    fn read(self) -> LookalikeRead {
        let percent = |ratio: &Loose| {
            let percent = ratio.percent().map(|ratio| (ratio * 100.0).round());
            percent.filter(|percent| *percent <= 100.0).map(|percent| percent as u8)
        };
        let origin = |wire: OriginWire| LookalikeOrigin {
            name: wire.name,
            kind: wire.kind,
            is_deleted: wire.deleted.is_some_and(|Flag(deleted)| deleted),
            ..LookalikeOrigin::new(wire.id.0)
        };
        LookalikeRead {
            ratio_percent: percent(&self.ratio),
            starting_percent: percent(&self.starting_ratio),
            kind: self.kind.text(),
            country: self.country.text(),
            target_countries: self.target_countries,
            origins: self.origin.into_iter().map(origin).collect(),
        }
    }
}

#[derive(Deserialize)]
pub(in crate::facebook) struct AudienceWire {
    id: AudienceIdWire,
    account_id: Option<AccountIdWire>,
    name: Option<String>,
    description: Option<String>,
    subtype: Option<String>,
    customer_file_source: Option<String>,
    delivery_status: Option<StatusWire>,
    operation_status: Option<StatusWire>,
    approximate_count_lower_bound: Option<Int>,
    approximate_count_upper_bound: Option<Int>,
    retention_days: Option<Small<u16>>,
    is_value_based: Option<Flag>,
    opt_out_link: Option<String>,
    audience_labels: Option<Vec<AudienceLabel>>,
    time_created: Option<Instant>,
    time_updated: Option<Instant>,
    time_content_updated: Option<Instant>,
    delete_time: Option<Instant>,
    lookalike_audience_ids: Option<Vec<AudienceIdWire>>,
    fields_violating_integrity_policy: Option<Vec<String>>,
    data_source: Option<DataSourceWire>,
    permission_for_actions: Option<Entries<Flag>>,
    sharing_status: Option<SharingWire>,
    owner_business: Option<BusinessWire>,
    datafile_custom_audience_uploading_status: Option<String>,
    is_eligible_for_sac_campaigns: Option<Flag>,
    lookalike_spec: Option<LookalikeWire>,
}

fn status(wire: StatusWire) -> Status {
    Status { code: wire.code.0, description: wire.description.unwrap_or_default() }
}

fn instant(Instant(at): Instant) -> OffsetDateTime {
    at
}

impl From<AudienceWire> for CustomAudience {
    fn from(wire: AudienceWire) -> Self {
        Self {
            account: wire.account_id.map(|AccountIdWire(id)| id),
            name: wire.name,
            description: wire.description,
            subtype: wire.subtype,
            customer_file_source: wire.customer_file_source,
            delivery_status: wire.delivery_status.map(status),
            operation_status: wire.operation_status.map(status),
            count_lower_bound: wire.approximate_count_lower_bound.map(|Int(count)| count),
            count_upper_bound: wire.approximate_count_upper_bound.map(|Int(count)| count),
            retention_days: wire.retention_days.map(|Small(days)| days),
            is_value_based: wire.is_value_based.map(|Flag(flag)| flag),
            opt_out_link: wire.opt_out_link,
            labels: wire.audience_labels.unwrap_or_default(),
            time_created: wire.time_created.map(instant),
            time_updated: wire.time_updated.map(instant),
            time_content_updated: wire.time_content_updated.map(instant),
            // 0 is "not to be deleted".
            delete_time: wire.delete_time.map(instant).filter(|at| *at > OffsetDateTime::UNIX_EPOCH),
            lookalike_audience_ids: wire
                .lookalike_audience_ids
                .unwrap_or_default()
                .into_iter()
                .map(|AudienceIdWire(id)| id)
                .collect(),
            fields_violating_integrity_policy: wire.fields_violating_integrity_policy.unwrap_or_default(),
            data_source: wire
                .data_source
                .map(|source| DataSource { kind: source.kind, sub_type: source.sub_type }),
            permission_for_actions: wire
                .permission_for_actions
                .map(|Entries(actions)| actions.into_iter().map(|(name, Flag(may))| (name, may)).collect())
                .unwrap_or_default(),
            sharing_status: wire.sharing_status.and_then(|sharing| sharing.status),
            owner_business: wire.owner_business.map(BusinessWire::id),
            uploading_status: wire.datafile_custom_audience_uploading_status,
            is_eligible_for_special_ads: wire.is_eligible_for_sac_campaigns.map(|Flag(flag)| flag),
            lookalike: wire.lookalike_spec.map(LookalikeWire::read),
            ..Self::new(wire.id.0)
        }
    }
}
