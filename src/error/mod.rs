//! Errors: what went wrong, what was expected, and whether to try again.
//!
//! Every fallible function returns one opaque [`Error`], one machine word wide. [`Error::kind`] is the axis to branch
//! on, [`Error::is_retryable`] and [`Error::retry_after`] say whether and when to try again, [`Error::api`] is
//! Facebook's own answer if there was one, and [`Error::problems`] lists every field that a builder refused. `Display`
//! is one line: the operation, what is wrong, and what was expected or what to do.
//!
//! ```
//! use audiencekit::{AudienceBuilder, ErrorKind};
//!
//! let error = AudienceBuilder::new().name(" ").build().unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::Invalid);
//! assert!(!error.is_retryable());
//! let fields: Vec<_> = error.problems().iter().map(|problem| problem.field.as_ref()).collect();
//! assert_eq!(fields, ["name", "description", "account"]);
//! ```
//!
//! An error never contains a value of a contact, a token or a digest: it names the field, the row and the reason. The
//! [errors](crate::_documentation::errors) guide lists every kind with its remedy.

mod api;
#[expect(clippy::module_inception, reason = "the file holds the type of that name")]
mod error;
mod kind;
mod validation;

pub use api::ApiError;
pub use error::{Error, Result};
pub use kind::ErrorKind;
pub use validation::{FieldError, ValidationErrors};
