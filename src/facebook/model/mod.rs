//! Facebook's objects, as far as customer-file audiences need them.

mod account;
mod audience;
mod fields;
mod list;
mod upload;

pub use account::{AccountStatus, AdAccount};
pub use audience::{AudienceChanges, CustomAudience, CustomerFileSource, DataSource, NewAudience, Status};
pub use fields::AudienceField;
pub(super) use fields::field_list;
pub use list::{ListFilter, ListRequest, Page};
pub use upload::{InvalidEntry, Session, Upload, UploadOptions, UploadReceipt};
