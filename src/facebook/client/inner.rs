//! What every call of a client shares: transport, settings, and which account's quota an audience spends.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::builder::ClientSettings;
use super::retry::Jitter;
use super::usage_headers::UsageHeaders;
use crate::facebook::ids::{AccountId, AudienceId};

/// The shared part of a client. The functions behind the client's methods take it.
pub(in crate::facebook) struct ClientInner<T> {
    pub(super) transport: T,
    pub(in crate::facebook) settings: ClientSettings,
    pub(super) jitter: Jitter,
    /// The account of each audience that passed by: quotas belong to accounts, and most calls name only an audience.
    owners: Mutex<HashMap<AudienceId, AccountId>>,
    pub(super) told_end: AtomicBool,
    pub(super) told_other: AtomicBool,
}

/// Most audiences whose account is remembered.
const MOST_OWNERS: usize = 100_000;

impl<T> ClientInner<T> {
    pub(super) fn new(transport: T, settings: ClientSettings) -> Self {
        let jitter = Jitter::new(settings.jitter_seed);
        Self {
            transport,
            settings,
            jitter,
            owners: Mutex::default(),
            told_end: AtomicBool::new(false),
            told_other: AtomicBool::new(false),
        }
    }

    pub(in crate::facebook) fn path(&self, rest: impl fmt::Display) -> String {
        format!("/{}/{rest}", self.settings.version)
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<AudienceId, AccountId>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account whose quota the audience spends, if an answer named it.
    pub(super) fn owner(&self, audience: &AudienceId) -> Option<AccountId> {
        self.owners().get(audience).cloned()
    }

    /// Remembers whose quota the audience spends.
    pub(in crate::facebook) fn owned(&self, audience: &AudienceId, account: &AccountId) {
        let mut owners = self.owners();
        if owners.len() >= MOST_OWNERS {
            owners.clear();
        }
        if owners.get(audience) != Some(account) {
            owners.insert(audience.clone(), account.clone());
        }
    }

    /// Learns from the use-case header whose quota the audience spends.
    pub(super) fn adopt(&self, orphan: Option<&AudienceId>, usage: &UsageHeaders) {
        let owner = usage.only_object().and_then(|object| format!("act_{object}").parse().ok());
        if let (Some(audience), Some(account)) = (orphan, owner) {
            self.owned(audience, &account);
        }
    }
}
