//! What a service shares between tasks can be shared.

use audiencekit as ak;

fn shared<T: Send + Sync + 'static>() {}
fn sent<T: Send>(_: T) {}

#[cfg(all(
    feature = "http",
    feature = "csv",
    feature = "fake-server",
    feature = "sqlite",
    feature = "postgres"
))]
mod all {
    use super::{ak, shared};

    /// Names of public types, each checked when this file compiles.
    macro_rules! shared {
        ($($($path:ident)::+;)*) => {
            const SHARED: &[&str] = &[$(stringify!($($path)::+)),*];

            fn each_is_shared() {
                $(shared::<ak::$($path)::+>();)*
            }
        };
    }

    shared! {
        audience::Audience;
        audience::AudienceBuilder;
        audience::AudienceDraft;
        audience::AudienceEdit;
        audience::AudienceStatus;
        audience::AudienceSummary;
        audience::Availability;
        audience::ContactManagement;
        audience::EstimatedSize;
        audience::MinimumSize;
        audience::OnNameConflict;
        audience::PollOptions;
        audience::Refresh;
        automation::Action;
        automation::ActionStep;
        automation::AuditEntry;
        automation::AuditEvent;
        automation::CheckPath;
        automation::ConsentChannel;
        automation::ContactChange;
        automation::ContactEvent;
        automation::ContactUpdate;
        automation::DeferredRemovals;
        automation::Definitions;
        automation::Delay;
        automation::EngineOptions;
        automation::EntryPoint;
        automation::EventKind;
        automation::ExitCriterion;
        automation::FlushPolicy;
        automation::FlushReport;
        automation::FrequencyCap;
        automation::ManualRun;
        automation::MembershipChange;
        automation::MembershipExplanation;
        automation::MemoryContacts;
        automation::MemoryStore;
        automation::Node;
        automation::OpenHours;
        automation::OutsideHours;
        automation::PendingChange;
        automation::Period;
        automation::PropertyFilter;
        automation::PropertyTest;
        automation::RegexText;
        automation::RateLimit;
        automation::Reentry;
        automation::Rule;
        automation::RuleStatus;
        automation::SavedAudience;
        automation::Schedule;
        automation::SimulatedChange;
        automation::Simulation;
        automation::SkipReason;
        automation::SplitPath;
        automation::SqliteStore;
        automation::StepReport;
        automation::Template;
        automation::Trigger;
        automation::Workflow;
        automation::WorkflowMigration;
        automation::WorkflowStatus;
        automation::WriteOp;
        clock::ManualClock;
        clock::SystemClock;
        clock::TimeZone;
        contact::Birthday;
        contact::Consent;
        contact::ConsentEntry;
        contact::ConsentStatus;
        contact::Contact;
        contact::ContactBuilder;
        contact::DateOrder;
        contact::Event;
        contact::Field;
        contact::FieldId;
        contact::FieldType;
        contact::FunnelStage;
        contact::JsonReading;
        contact::Schema;
        contact::SchemaBuilder;
        contact::StageEntry;
        contact::Symbol;
        contact::Symbols;
        contact::Tag;
        contact::UnknownFields;
        contact::Value;
        error::ApiError;
        error::Error;
        error::ErrorKind;
        error::FieldError;
        error::ValidationErrors;
        facebook::AccessTier;
        facebook::AccessToken;
        facebook::AccountId;
        facebook::AccountStatus;
        facebook::AccountWarning;
        facebook::AdAccount;
        facebook::AppSecret;
        facebook::AppSecretProof;
        facebook::AudienceAd;
        facebook::AudienceField;
        facebook::AudienceId;
        facebook::AudienceLabel;
        facebook::AudiencePatch;
        facebook::AudienceQuery;
        facebook::AudienceTerms;
        facebook::AuthorizationDenied;
        facebook::AuthorizedAccount;
        facebook::BisectedUpload;
        facebook::Body;
        facebook::BusinessAccounts;
        facebook::BusinessId;
        facebook::ClientEvent;
        facebook::CustomAudience;
        facebook::CustomerFileSource;
        facebook::DataSource;
        facebook::GranularScope;
        facebook::GraphRequest;
        facebook::GraphResponse;
        facebook::GraphVersion;
        facebook::HealthQuery;
        facebook::InvalidEntry;
        facebook::IssuedToken;
        facebook::JsonValue;
        facebook::ListFilter;
        facebook::ListRequest;
        facebook::LookalikeLocations;
        facebook::LookalikeOrigin;
        facebook::LookalikeRead;
        facebook::LookalikeSpec;
        facebook::LookalikeType;
        facebook::MemberOperation;
        facebook::Method;
        facebook::NewAudience;
        facebook::Pacer;
        facebook::PacerState;
        facebook::Quota;
        facebook::QuotaKey;
        facebook::RetryPolicy;
        facebook::Session;
        facebook::SessionId;
        facebook::SharePermission;
        facebook::ShareRequest;
        facebook::Shared;
        facebook::SharedAccount;
        facebook::Status;
        facebook::SystemUserId;
        facebook::TokenInfo;
        facebook::TokenLifetime;
        facebook::UploadOptions;
        facebook::UploadReceipt;
        facebook::UploadSession;
        facebook::UsageHeaders;
        facebook::UseCaseUsage;
        facebook::codes::CodeRow;
        facebook::codes::RetryClass;
        facebook::fake::AlarmKind;
        facebook::fake::AppLimitCode;
        facebook::fake::Call;
        facebook::fake::DeletedCode;
        facebook::fake::Edge;
        facebook::fake::Fake;
        facebook::fake::FakeReply;
        facebook::fake::FakeRequest;
        facebook::fake::FakeServer;
        facebook::fake::FakeSettings;
        facebook::fake::Fault;
        facebook::fake::FaultDelivery;
        facebook::fake::FaultRule;
        facebook::fake::FlaggedEdit;
        facebook::fake::MembershipEvent;
        facebook::fake::MockClient;
        facebook::fake::PrivacyViolation;
        facebook::fake::ReadyAfter;
        facebook::fake::RunningServer;
        facebook::fake::ScoreCode;
        facebook::fake::SizeModel;
        facebook::fake::SyntheticPopulation;
        facebook::fake::TermsCode;
        facebook::transport::FakeTransport;
        facebook::transport::HttpTransport;
        facebook::transport::HttpTransportBuilder;
        facebook::transport::NotSent;
        identity::Coverage;
        identity::Hashed;
        identity::KeyCoverage;
        identity::KeyList;
        identity::KeyMap;
        identity::KeyMapBuilder;
        identity::MatchKey;
        identity::MatchRows;
        identity::NormalizationSteps;
        identity::NormalizationTrace;
        identity::Normalizer;
        identity::Region;
        identity::Reject;
        identity::Step;
        identity::ValueEncoding;
        segment::CompiledFilter;
        segment::CompiledSegment;
        segment::ContactTable;
        segment::CountBuilder;
        segment::Decision;
        segment::DecisionTree;
        segment::EvaluationTime;
        segment::FileCatalog;
        segment::Filter;
        segment::FilterError;
        segment::FilterProblem;
        segment::FilterSource;
        segment::Frequency;
        segment::Limits;
        segment::MemoryCatalog;
        segment::Message;
        segment::MessageChannel;
        segment::Monetary;
        segment::ParseOptions;
        segment::Recency;
        segment::Rfm;
        segment::RfmCutoffs;
        segment::RfmEstimator;
        segment::RfmQuintiles;
        segment::Segment;
        segment::SegmentBuilder;
        segment::SegmentCount;
        segment::Selector;
        segment::TagDictionary;
        segment::UrlPattern;
        segment::ast::Against;
        segment::ast::Aggregate;
        segment::ast::AtLeast;
        segment::ast::Bounds;
        segment::ast::Calendar;
        segment::ast::Check;
        segment::ast::DistanceTo;
        segment::ast::EventQuery;
        segment::ast::Expr;
        segment::ast::Fold;
        segment::ast::Followed;
        segment::ast::Literal;
        segment::ast::Operand;
        segment::ast::OtherTerm;
        segment::ast::Period;
        segment::ast::Quantifier;
        segment::ast::Relation;
        segment::ast::Span;
        segment::ast::TagTest;
        segment::ast::Term;
        segment::ast::Test;
        segment::ast::Unit;
        segment::ast::Which;
        source::Batch;
        source::Chunk;
        source::CsvSource;
        source::CsvSourceBuilder;
        source::JsonLinesSource;
        source::MemorySource;
        source::OnBadCell;
        source::OnBadRow;
        source::ReadErrors;
        store::Commit;
        store::CommitOutcome;
        store::Durability;
        store::Entry;
        store::Expectation;
        store::KeyRange;
        store::Lease;
        store::MemoryStore;
        store::Page;
        store::PageBuilder;
        store::PageLimit;
        store::PostgresSettings;
        store::PostgresStore;
        store::Space;
        store::SqliteStore;

        store::Write;
        sync::CallCounts;
        sync::ChangeReport;
        sync::ConsentPolicy;
        sync::ContactCounts;
        sync::ErasureReceipt;
        sync::ExclusionReason;
        sync::MemberChange;
        sync::MemoryLedger;
        sync::Operation;
        sync::PersonId;
        sync::PlanWarning;
        sync::Progress;
        sync::ProgressStream;
        sync::PseudonymKey;
        sync::RejectedRow;
        sync::RemovalGuard;
        sync::RowCounts;
        sync::RunStage;
        sync::SqliteFile;
        sync::SqliteLedger;
        sync::SqliteOutbox;
        sync::SqliteSettings;
        sync::SyncEngine;
        sync::SyncEngineBuilder;
        sync::SyncMode;
        sync::SyncPlan;
        sync::SyncReport;
        sync::SyncTarget;
    }

    #[test]
    fn every_public_type_can_be_shared_between_threads() {
        each_is_shared();
        let known = SHARED.iter().map(|name| name.replace(' ', "")).collect::<Vec<_>>();
        let listed = include_str!("data/public_api.txt").lines().filter_map(|line| {
            let line = line.trim_start_matches("#[non_exhaustive] ");
            let path = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))?;
            let path = path.strip_prefix("audiencekit::")?.split(['(', ' ', ';']).next()?;
            (path.contains("::") && !path.contains('<') && !path.starts_with("testing")).then_some(path)
        });
        let forgotten: Vec<_> = listed.filter(|path| !known.iter().any(|name| name == path)).collect();
        assert!(forgotten.is_empty(), "not checked: {forgotten:?}");
    }
}

#[test]
fn traits_and_generic_types_can_be_shared_between_threads() {
    shared::<ak::automation::AutomationEngine<ak::automation::MemoryStore, ak::automation::MemoryContacts>>();
    shared::<ak::GraphClient<ak::facebook::transport::FakeTransport>>();
    shared::<Box<dyn ak::Clock>>();
    shared::<Box<dyn ak::ContactSource>>();
    shared::<Box<dyn ak::FacebookClient>>();
    shared::<Box<dyn ak::facebook::transport::Transport>>();
}

#[test]
fn an_error_is_one_word_wide() {
    assert_eq!(size_of::<ak::Error>(), size_of::<usize>());
}

#[test]
fn futures_of_the_seams_can_move_between_threads() {
    let schema = ak::Schema::standard();
    let source = ak::MemorySource::new(&schema, Vec::new());
    sent(ak::ContactSource::open(&source));
    let clock = ak::ManualClock::new(time::OffsetDateTime::UNIX_EPOCH);
    sent(ak::Clock::sleep(&clock, std::time::Duration::ZERO));
}
