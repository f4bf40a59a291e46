//! Pages of a list: opaque cursors, and `next` only where more follows.

use serde_json::{Map, Value, json};

use super::http::FakeRequest;
use super::params::{Params, presented};
use super::refusal::{Answer, Refusal};
use crate::facebook::fake::random::Random;
use crate::facebook::fake::settings::FakeSettings;

/// The parameters of every list.
pub(in crate::facebook::fake) const PARAMETERS: [&str; 3] = ["limit", "after", "before"];

/// Rows of a page when the caller names none.
const PAGE_SIZE: usize = 25;

/// What a link to another page is made of.
#[derive(Debug)]
pub(in crate::facebook::fake) struct Link<'a> {
    /// Scheme and host, as the caller wrote them.
    pub(in crate::facebook::fake) base: String,
    pub(in crate::facebook::fake) path: &'a str,
    pub(in crate::facebook::fake) token: String,
}

impl<'a> Link<'a> {
    pub(in crate::facebook::fake) fn to(request: &'a FakeRequest, params: &Params<'_>) -> Self {
        let base = request
            .get("host")
            .map_or("https://graph.facebook.com".to_owned(), |host| format!("http://{host}"));
        Self { base, path: &request.path, token: presented(request, params).unwrap_or_default() }
    }
}

/// Cursors start as Facebook's do and hold the id of the row. One that ends an empty page is marked, so that the
/// next page is not empty too.
fn cursor(id: &str) -> String {
    let mixed: Vec<u8> = id.bytes().rev().map(|b| b ^ 0x55).collect();
    format!("QVFIU{}", const_hex::encode(mixed))
}

fn id_of(cursor: &str) -> Result<String, Refusal> {
    let broken = || Refusal::parameter("Invalid cursors values");
    let hex = cursor.strip_prefix("QVFIU").ok_or_else(broken)?;
    let mixed = const_hex::decode(hex).map_err(|_| broken())?;
    String::from_utf8(mixed.into_iter().rev().map(|b| b ^ 0x55).collect()).map_err(|_| broken())
}

/// One page of `rows`, which are ids and objects in the order of the list.
///
/// Source: developers.facebook.com/docs/graph-api/results, and recordings (read 2026-09-12).
pub(in crate::facebook::fake) fn cut(
    rows: &[(String, Value)],
    link: &Link<'_>,
    params: &Params<'_>,
    settings: &FakeSettings,
    seed: u64,
) -> Answer {
    let Link { base, path, token } = link;
    let limit = match params.int("limit")? {
        None => PAGE_SIZE,
        Some(limit @ 1..=5000) => limit as usize,
        Some(1..) => {
            return Err(Refusal::new(
                1,
                "Please reduce the amount of data you're asking for, then retry your request",
            ));
        }
        Some(_) => return Err(Refusal::parameter("Param limit must be positive")),
    };
    let place = |id: &str| {
        rows.iter()
            .position(|(known, _)| known == id)
            .ok_or_else(|| Refusal::parameter("Invalid cursors values"))
    };
    let mut after_empty = false;
    let (start, mut end) = if let Some(after) = params.text("after").filter(|text| !text.is_empty()) {
        let id = id_of(&after)?;
        after_empty = id.ends_with('!');
        let start = place(id.trim_end_matches('!'))? + 1;
        (start, rows.len().min(start + limit))
    } else if let Some(before) = params.text("before").filter(|text| !text.is_empty()) {
        let end = place(id_of(&before)?.trim_end_matches('!'))?;
        (end.saturating_sub(limit), end)
    } else {
        (0, rows.len().min(limit))
    };
    if start >= rows.len() {
        return Ok(json!({ "data": [] }));
    }
    if settings.short_pages && end < rows.len() {
        let fewest = usize::from(after_empty || start == 0);
        let keep = Random::new(seed ^ start as u64).below((end - start) as u64) as usize;
        end = start + keep.max(fewest);
    }
    let page = rows.get(start..end).unwrap_or_default();
    let edge = |row: Option<&(String, Value)>| row.map(|(id, _)| cursor(id));
    let before_empty = || edge(start.checked_sub(1).and_then(|at| rows.get(at))).unwrap_or_default();
    let before = edge(page.first()).unwrap_or_else(before_empty);
    let after = edge(page.last()).unwrap_or_else(|| {
        let last = start.checked_sub(1).and_then(|at| rows.get(at)).map(|(id, _)| format!("{id}!"));
        last.as_deref().map(cursor).unwrap_or_default()
    });
    let mut paging = Map::new();
    let to = |name: &str, cursor: &str| {
        let mut url = format!("{base}{path}?limit={limit}&{name}={cursor}");
        if let Some(fields) = params.text("fields") {
            url.push_str("&fields=");
            url.push_str(&fields.replace(',', "%2C"));
        }
        // Meta's Node SDK follows the link as it is, so it must hold the caller's token. Others must not log it.
        url.push_str("&access_token=");
        url.push_str(token);
        url
    };
    paging.insert("cursors".into(), json!({ "before": before, "after": after }));
    if end < rows.len() {
        paging.insert("next".into(), json!(to("after", &after)));
    }
    if start > 0 {
        paging.insert("previous".into(), json!(to("before", &before)));
    }
    let data: Vec<&Value> = page.iter().map(|(_, row)| row).collect();
    Ok(json!({ "data": data, "paging": paging }))
}
