//! Short lists, read whole.

use serde::de::DeserializeOwned;

use super::call::Call;
use super::inner::ClientInner;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::model::list::Page;
use crate::facebook::transport::Transport;
use crate::facebook::wire::objects::PageWire;
use crate::facebook::wire::request::GraphRequest;
use crate::facebook::wire::response::{GraphResponse, Refusal, decode, shape};

/// Most pages of a list that is read whole; more is a server that does not come to an end.
const MOST_PAGES: usize = 1_000;

/// One page out of an answer.
pub(in crate::facebook) fn page<W: DeserializeOwned, R>(
    operation: &'static str,
    response: &GraphResponse,
    convert: impl FnMut(W) -> R,
) -> Result<Page<R>, Refusal> {
    let page: PageWire<W> = decode(operation, response)?;
    page.page(convert).ok_or_else(|| shape(operation, "there is a next page and no cursor"))
}

impl<T: Transport> ClientInner<T> {
    /// The items of all pages of what `build` asks for.
    pub(in crate::facebook) async fn all_pages<W: DeserializeOwned, R: Send>(
        &self,
        call: impl Fn() -> Call<'static>,
        build: impl Fn() -> GraphRequest + Send + Sync,
        convert: impl Fn(W) -> R + Send + Sync,
    ) -> Result<Vec<R>> {
        let operation = call().operation;
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let cursor = after.as_deref();
            let Page { items, after: next } = self
                .call(
                    call(),
                    || match cursor {
                        Some(cursor) => build().query("after", cursor),
                        None => build(),
                    },
                    |response, _| page(operation, response, &convert),
                )
                .await?;
            all.extend(items);
            match next {
                None => return Ok(all),
                next if next == after => {
                    let what = "the cursor of the next page is that of the page itself";
                    return Err(Error::new(ErrorKind::Decode, operation, what));
                }
                next => after = next,
            }
        }
        Err(Error::new(ErrorKind::Decode, operation, format!("no end after {MOST_PAGES} pages")))
    }
}
