//! Facebook's objects, as far as customer-file audiences need them.

mod account;
mod audience;
mod fields;
mod label;
mod list;
mod lookalike;
mod upload;

pub(super) use account::disable_reason;
pub use account::{AccountStatus, AdAccount};
pub use audience::{AudienceChanges, CustomAudience, CustomerFileSource, DataSource, NewAudience, Status};
pub(super) use fields::field_list;
pub use fields::{AudienceField, AudienceQuery};
pub use label::AudienceLabel;
pub use list::{ListFilter, ListRequest, Page};
pub use lookalike::{LookalikeOrigin, LookalikeRead};
pub use upload::{InvalidEntry, Session, Upload, UploadOptions, UploadReceipt};
