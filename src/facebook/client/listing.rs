//! Lists as streams.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::error::{Error, ErrorKind, Result};
use crate::facebook::model::list::{ListRequest, Page};

type Fetched<I> = Pin<Box<dyn Future<Output = Result<Page<I>>> + Send>>;

/// A list whose pages are fetched as its items are read.
///
/// It is a [`Stream`]; [`next`](Self::next) works without a stream crate. It ends after an error. An empty page is not
/// the end, and a page that is too large for Facebook is requested again with half the limit.
///
/// # Cancel safety
/// Dropping the future of `next` loses nothing: the following call continues with the page.
///
/// ```
/// use audiencekit::MockClient;
/// use audiencekit::facebook::ListRequest;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let mut accounts = MockClient::new().list_ad_accounts(ListRequest::new().limit(1));
/// assert_eq!(accounts.next().await.unwrap()?.id.to_string(), "act_1234567890");
/// assert!(accounts.next().await.is_none());
/// # Ok(())
/// # }
/// ```
pub struct Listing<I> {
    fetch: Box<dyn Fn(ListRequest) -> Fetched<I> + Send + Sync>,
    request: ListRequest,
    items: VecDeque<I>,
    pending: Option<Fetched<I>>,
    /// Pages without items since the last item.
    empty: u32,
    ended: bool,
}

/// Where halving begins when no limit was named.
const LIMIT: u32 = 50;
/// Most pages without items one after the other; more is a server that does not come to an end.
const MOST_EMPTY: u32 = 1_000;

impl<I> Listing<I> {
    pub(in crate::facebook) fn new(
        request: ListRequest,
        fetch: impl Fn(ListRequest) -> Fetched<I> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fetch: Box::new(fetch),
            request,
            items: VecDeque::new(),
            pending: None,
            empty: 0,
            ended: false,
        }
    }

    /// Returns the next item, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<I>> {
        poll_fn(|context| self.poll(context)).await
    }

    /// Collects all remaining items.
    ///
    /// # Errors
    /// The first error. The items before it are lost.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::ListRequest;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let audiences = facebook.list_audiences(&facebook.fake().account(), ListRequest::new());
    /// assert!(audiences.collect_all().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn collect_all(mut self) -> Result<Vec<I>> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<I>>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            let pending = self.pending.get_or_insert_with(|| (self.fetch)(self.request.clone()));
            let Poll::Ready(fetched) = pending.as_mut().poll(context) else { return Poll::Pending };
            self.pending = None;
            if let Err(error) = self.take(fetched) {
                self.ended = true;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    fn take(&mut self, fetched: Result<Page<I>>) -> Result<()> {
        match fetched {
            Ok(page) => {
                self.empty = if page.items.is_empty() { self.empty + 1 } else { 0 };
                self.items.extend(page.items);
                match page.after {
                    Some(_) if self.empty > MOST_EMPTY => {
                        let what = format!("no item on {MOST_EMPTY} pages and no end");
                        return Err(Error::new(ErrorKind::Decode, "list", what));
                    }
                    None => self.ended = true,
                    Some(after) if self.request.after.as_ref() == Some(&after) => {
                        let what = "the cursor of the next page is that of the page itself";
                        return Err(Error::new(ErrorKind::Decode, "list", what));
                    }
                    after => self.request.after = after,
                }
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Limit && self.request.limit != Some(1) => {
                self.request.limit = Some((self.request.limit.unwrap_or(LIMIT) / 2).max(1));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

impl<I: Unpin> Stream for Listing<I> {
    type Item = Result<I>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(context)
    }
}

impl<I> fmt::Debug for Listing<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing").field("ended", &self.ended).finish_non_exhaustive()
    }
}
