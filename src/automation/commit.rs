//! Making a step durable, then carrying out what it asks of the contact store.

use super::audit::AuditEvent;
use super::contacts::ContactStore;
use super::engine::Engine;
use super::store::Store;
use crate::error::Result;

impl<S: Store, C: ContactStore> Engine<S, C> {
    pub(super) fn commit(&mut self) -> Result<()> {
        if self.state.writes.is_empty() {
            return Ok(());
        }
        self.state.write_counters();
        let committed = self.store.commit(&self.state.writes);
        self.state.writes.clear();
        self.failed = committed.is_err();
        committed
    }

    pub(super) fn deliver_and_commit(&mut self) -> Result<()> {
        if self.state.effects.is_empty() {
            return Ok(());
        }
        self.deliver();
        self.commit()
    }

    /// Carries out changes of contacts that are durable by now.
    pub(super) fn deliver(&mut self) {
        let waiting: Vec<u64> = self.state.effects.keys().copied().collect();
        for number in waiting {
            let Some(effect) = self.state.effects.get(&number) else { continue };
            match self.contacts.apply(effect) {
                Ok(()) => self.state.effect_done(number),
                Err(error) if error.is_retryable() => self.problem(error),
                Err(error) => {
                    let (contact, at) = (self.state.known(&effect.contact), effect.at);
                    self.state.effect_done(number);
                    let reason = error.to_string();
                    if let Some(contact) = contact {
                        self.audit(contact, at, || AuditEvent::Dropped {
                            source: "contact store".into(),
                            reason,
                        });
                    }
                    self.problem(error);
                }
            }
        }
    }
}
