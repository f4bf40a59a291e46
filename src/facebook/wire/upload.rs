//! Rows on their way: the four edges that take them, and their body.

use super::receipt::ReceiptWire;
use super::request::{Body, Method};
use super::response::{GraphResponse, Refusal, decode};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::model::upload::{Upload, UploadOptions, UploadReceipt};
use crate::identity::MatchKey;

/// What the longest proof of the app secret adds to a body.
pub(in crate::facebook) const PROOF_BYTES: usize = 128;

/// An edge that takes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::facebook) enum Edge {
    Add,
    Remove,
    Replace,
    Erase,
}

impl Edge {
    pub(in crate::facebook) fn operation(self) -> &'static str {
        match self {
            Self::Add => "add users",
            Self::Remove => "remove users",
            Self::Replace => "replace users",
            Self::Erase => "erase users",
        }
    }

    pub(in crate::facebook) fn method(self) -> Method {
        match self {
            Self::Add | Self::Replace => Method::Post,
            // With the rows in the body: in the query they break the URL from a few hundred on.
            Self::Remove | Self::Erase => Method::Delete,
        }
    }

    pub(in crate::facebook) fn path(self) -> &'static str {
        match self {
            Self::Add | Self::Remove => "users",
            Self::Replace => "usersreplace",
            Self::Erase => "usersofanyaudience",
        }
    }

    /// Refuses what Facebook would refuse, before anything is sent.
    pub(in crate::facebook) fn check(self, upload: &Upload<'_>, defaults: &UploadOptions) -> Result<()> {
        let wrong = |what: &'static str, right: &'static str| {
            Err(Error::new(ErrorKind::Invalid, self.operation(), what).with_expected(right))
        };
        let keys = upload.rows.keys();
        if upload.range.start >= upload.range.end || upload.range.end > upload.rows.len() {
            return wrong("the range holds no rows", "a non-empty range within the rows");
        }
        if upload.range.len() > Upload::MAX_ROWS {
            return Err(Error::new(ErrorKind::Limit, self.operation(), "too many rows for one call")
                .with_expected("at most 10,000 rows per call"));
        }
        if upload.session.batch_seq == 0 || i64::try_from(upload.session.batch_seq).is_err() {
            return wrong("batch_seq is out of range", "1 for the first batch of a session");
        }
        let options = upload.options.unwrap_or(defaults);
        for (key, ids, name) in [
            (MatchKey::AppUid, &options.app_ids, "app_ids"),
            (MatchKey::PageUid, &options.page_ids, "page_ids"),
        ] {
            if keys.contains(&key) && ids.is_empty() {
                let what = format!("the column {} has no {name}", key.wire_name());
                let error = Error::new(ErrorKind::Invalid, self.operation(), what);
                return Err(error.with_help(format!("set UploadOptions::{name}")));
            }
        }
        Ok(())
    }

    pub(in crate::facebook) fn receipt(
        self,
        response: &GraphResponse,
        upload: &Upload<'_>,
    ) -> Result<UploadReceipt, Refusal> {
        let receipt: ReceiptWire = decode(self.operation(), response)?;
        Ok(receipt.receipt(upload))
    }
}

/// `payload` and `session`, the rows written straight into the bytes.
///
/// The schema is a list even for one column: an audience that began with a list refuses a string for good (code
/// 2650). `is_raw` is true for lists, as the users reference says and Meta's own SDK does (read 2026-09-12).
pub(in crate::facebook) fn upload_body(upload: &Upload<'_>, defaults: &UploadOptions) -> Body {
    let keys = upload.rows.keys();
    let session = &upload.session;
    let options = upload.options.unwrap_or(defaults);
    let mut body = Body::json()
        .maybe("namespace", options.namespace.as_ref())
        .maybe("customer_consent", options.customer_consent.as_ref());
    // A digest, its quotes and its comma make 67 bytes.
    body.bytes.reserve(256 + upload.range.len() * (2 + 67 * keys.len()));
    body.written("payload", |out| {
        // The body so far, whose last object is the payload.
        let mut payload = Body { content_type: Body::JSON, bytes: std::mem::take(out) };
        payload.bytes.extend_from_slice(b"{\"schema\":[");
        for (index, key) in keys.iter().enumerate() {
            payload.bytes.extend_from_slice(if index == 0 { b"\"" } else { b",\"" });
            payload.bytes.extend_from_slice(key.wire_name().as_bytes());
            payload.bytes.push(b'"');
        }
        payload.bytes.extend_from_slice(b"],\"is_raw\":true}");
        payload = beside_the_rows(payload, keys, options);
        payload = payload.written("data", |out| upload.rows.write_json(upload.range.clone(), out));
        *out = payload.bytes;
    })
    .written("session", |out| {
        let mut number = itoa::Buffer::new();
        let mut write = |name: &str, value: u64| {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(number.format(value).as_bytes());
        };
        write("{\"session_id\":", session.id.get());
        write(",\"batch_seq\":", session.batch_seq);
        if let Some(total) = session.estimated_total {
            write(",\"estimated_num_total\":", total);
        }
        out.extend_from_slice(b",\"last_batch_flag\":");
        out.extend_from_slice(if session.last_batch { b"true" } else { b"false" });
        out.push(b'}');
    })
}

/// The parts of a payload that are no rows. Ids go only with the column that needs them.
fn beside_the_rows(payload: Body, keys: &[MatchKey], options: &UploadOptions) -> Body {
    let source = options
        .data_source
        .as_ref()
        .map(|source| Body::json().field("type", &source.kind).maybe("sub_type", source.sub_type.as_ref()));
    let metadata = Body::json()
        // `Date` is written as YYYY-MM-DD.
        .maybe("calculated_date", options.calculated_on.map(|day| day.to_string()).as_ref())
        .maybe("schema_version", options.schema_version.as_ref());
    payload
        .maybe("app_ids", Some(&options.app_ids).filter(|_| keys.contains(&MatchKey::AppUid)))
        .maybe("page_ids", Some(&options.page_ids).filter(|_| keys.contains(&MatchKey::PageUid)))
        .maybe("ig_account_ids", Some(&options.ig_account_ids).filter(|ids| !ids.is_empty()))
        .nested("data_source", source)
        .nested("metadata", Some(metadata).filter(|metadata| !metadata.is_empty_object()))
}
