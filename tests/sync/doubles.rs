//! A Facebook of a hundred lines: members as sets of rows, with the faults that matter to convergence.

#![allow(unreachable_pub, dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use async_trait::async_trait;
use audiencekit::facebook::{
    AdAccount, AudiencePatch, CustomAudience, InvalidEntry, ListRequest, NewAudience, Page, SealedClient,
    Upload, UploadReceipt,
};
use audiencekit::identity::Cell;
use audiencekit::{AccountId, ApiError, AudienceId, Error, ErrorKind, FacebookClient, Result};

pub type Row = Vec<Vec<u8>>;

/// What a call does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request is lost.
    DropRequest,
    /// The request takes effect and the answer is lost.
    DropReply,
    /// Facebook says that it failed.
    Unavailable,
    /// Facebook refuses for now.
    Throttled,
    /// The first row is refused inside a success.
    RefuseFirst,
    /// The token died.
    Token,
}

#[derive(Debug, Default)]
pub struct World {
    pub audiences: BTreeMap<String, BTreeSet<Row>>,
    /// Faults by the number of the call, counted from 0.
    pub faults: BTreeMap<u64, Fault>,
    pub calls: u64,
    pub log: Vec<String>,
    pub sessions: BTreeMap<u64, (u64, bool)>,
    /// True when a removal takes everyone who shares a cell with the row.
    pub any_key: bool,
    /// Rows that are always refused, with no more than this many samples in an answer.
    pub refuse: BTreeSet<Row>,
    pub samples: usize,
    /// Rows for which a whole call is refused.
    pub poison: BTreeSet<Row>,
    /// A removal that leaves fewer members is refused.
    pub removal_floor: usize,
    /// True when every call waits once before it is made.
    pub waits: bool,
    /// How many more calls are let through; all without it.
    pub gate: Option<u64>,
    /// Calls that wait at the gate.
    pub waiting: Vec<Waker>,
}

#[derive(Debug, Clone, Default)]
pub struct TinyFacebook(pub Arc<Mutex<World>>);

impl TinyFacebook {
    pub fn new() -> Self {
        let tiny = Self::default();
        tiny.0.lock().unwrap().samples = 100;
        tiny
    }

    pub fn members(&self, audience: &AudienceId) -> BTreeSet<Row> {
        self.0.lock().unwrap().audiences.get(audience.as_str()).cloned().unwrap_or_default()
    }

    pub fn calls(&self) -> u64 {
        self.0.lock().unwrap().calls
    }

    async fn wait(&self) {
        let waits = self.0.lock().unwrap().waits;
        if waits {
            tokio::task::yield_now().await;
        }
        poll_fn(|context| {
            let mut world = self.0.lock().unwrap();
            match world.gate.as_mut() {
                None => return Poll::Ready(()),
                Some(0) => {}
                Some(left) => {
                    *left -= 1;
                    return Poll::Ready(());
                }
            }
            if !world.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                world.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Lets that many more calls through.
    pub fn let_through(&self, calls: u64) {
        let mut world = self.0.lock().unwrap();
        *world.gate.get_or_insert(0) += calls;
        world.waiting.drain(..).for_each(Waker::wake);
    }

    fn upload(&self, verb: &str, audiences: &[String], upload: &Upload<'_>) -> Result<UploadReceipt> {
        let mut world = self.0.lock().unwrap();
        let number = world.calls;
        world.calls += 1;
        let fault = world.faults.get(&number).copied();
        world.log.push(format!("{verb} {}", upload.range.len()));
        match fault {
            Some(Fault::DropRequest) => {
                return Err(Error::new(ErrorKind::Transport, verb.to_owned(), "lost"));
            }
            Some(Fault::Unavailable) => {
                return Err(Error::new(ErrorKind::Unavailable, verb.to_owned(), "down"));
            }
            Some(Fault::Throttled) => return Err(Error::new(ErrorKind::Throttled, verb.to_owned(), "slow")),
            Some(Fault::Token) => return Err(Error::new(ErrorKind::Token, verb.to_owned(), "dead")),
            _ => {}
        }
        assert!(
            !upload.range.is_empty() && upload.range.len() <= Upload::MAX_ROWS,
            "a call of {:?}",
            upload.range
        );
        let row_at = |index: usize| -> Row {
            let cells = upload.rows.row(index).cells();
            cells
                .map(|cell| match cell {
                    Cell::Empty => Vec::new(),
                    Cell::Hash(hash) => hash.as_bytes().to_vec(),
                    Cell::Plain(text) | Cell::Json(text) => text.as_bytes().to_vec(),
                })
                .collect()
        };
        if upload.range.clone().any(|index| world.poison.contains(&row_at(index))) {
            let mut api = ApiError::new(400, 100);
            api.message = "(#100) Data is missing or does not match schema".to_owned();
            return Err(Error::new(ErrorKind::Rejected, verb.to_owned(), "refused").with_api(api));
        }
        let place = upload.session;
        match world.sessions.get(&place.id.get()).copied() {
            None => assert_eq!(place.batch_seq, 1, "a session begins at 1"),
            Some((last, ended)) => {
                let again = place.batch_seq == last && place.last_batch;
                assert!(!ended || again, "a session that has ended takes no more");
                assert!(place.batch_seq == last + 1 || place.batch_seq == last, "calls in order");
            }
        }
        world.sessions.insert(place.id.get(), (place.batch_seq, place.last_batch));
        let mut receipt = UploadReceipt::default();
        let mut rows = Vec::new();
        for index in upload.range.clone() {
            let row = row_at(index);
            receipt.num_received += 1;
            let refused = (fault == Some(Fault::RefuseFirst) && index == upload.range.start)
                || world.refuse.contains(&row);
            if refused {
                receipt.num_invalid_entries += 1;
                if receipt.invalid_entry_samples.len() < world.samples {
                    receipt.invalid_entry_samples.push(InvalidEntry::new(Some(index), "refused"));
                }
            } else {
                rows.push(row);
            }
        }
        let any_key = world.any_key;
        let floor = world.removal_floor;
        for audience in audiences {
            let members = world.audiences.entry(audience.clone()).or_default();
            if verb == "remove" && members.len().saturating_sub(rows.len()) < floor {
                return Err(Error::new(ErrorKind::TooSmall, verb.to_owned(), "too few would be left"));
            }
            match verb {
                "add" => members.extend(rows.iter().cloned()),
                "replace" => {
                    if place.batch_seq == 1 {
                        members.clear();
                    }
                    members.extend(rows.iter().cloned());
                }
                _ if any_key => {
                    let gone: BTreeSet<(usize, &Vec<u8>)> = rows
                        .iter()
                        .flat_map(|row| row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()))
                        .collect();
                    members.retain(|row| !row.iter().enumerate().any(|cell| gone.contains(&cell)));
                }
                _ => rows.iter().for_each(|row| {
                    members.remove(row);
                }),
            }
        }
        if fault == Some(Fault::DropReply) {
            return Err(Error::new(ErrorKind::Transport, verb.to_owned(), "no answer"));
        }
        Ok(receipt)
    }
}

impl SealedClient for TinyFacebook {}

#[async_trait]
impl FacebookClient for TinyFacebook {
    async fn ad_accounts(&self, _: &ListRequest) -> Result<Page<AdAccount>> {
        Ok(Page::new(Vec::new(), None))
    }
    async fn ad_account(&self, account: &AccountId) -> Result<AdAccount> {
        Ok(AdAccount::new(account.clone()))
    }
    async fn create_audience(&self, _: &AccountId, _: &NewAudience) -> Result<AudienceId> {
        "1".parse()
    }
    async fn update_audience(&self, _: &AudienceId, _: &AudiencePatch) -> Result<()> {
        Ok(())
    }
    async fn delete_audience(&self, _: &AudienceId) -> Result<()> {
        Ok(())
    }
    async fn audience(&self, audience: &AudienceId) -> Result<CustomAudience> {
        Ok(CustomAudience::new(audience.clone()))
    }
    async fn audiences(&self, _: &AccountId, _: &ListRequest) -> Result<Page<CustomAudience>> {
        Ok(Page::new(Vec::new(), None))
    }
    async fn add_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        self.wait().await;
        self.upload("add", &[audience.to_string()], upload)
    }
    async fn remove_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        self.wait().await;
        self.upload("remove", &[audience.to_string()], upload)
    }
    async fn replace_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        self.wait().await;
        self.upload("replace", &[audience.to_string()], upload)
    }
    async fn erase_users(&self, _: &AccountId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        let all: Vec<String> = self.0.lock().unwrap().audiences.keys().cloned().collect();
        self.upload("erase", &all, upload)
    }
}
