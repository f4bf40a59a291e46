//! What Facebook's codes mean: kind, when to send again, and what to do. One table, and nothing else decides.
//!
//! The HTTP status says little (throttles and missing permissions both come as 400), and `type` says less
//! (`OAuthException` is on nearly everything), so only code, subcode and, for code 100 and 1, a few words of the
//! message are looked at.
//!
//! Source: error reference, Graph API error handling, rate limiting and the reference pages of each edge,
//! developers.facebook.com (read 2026-09-12), and bodies seen in public traffic.

mod lookup;
mod row;
mod table;

pub use lookup::{classify, lookup};
pub use row::{CodeRow, RetryClass};
pub use table::TABLE;
