//! Making a step durable, then carrying out what it asks of the contact store.

use super::audit::AuditEvent;
use super::contacts::ContactStore;
use super::engine::Engine;
use super::instant::{from_micros, micros};
use super::store::Store;
use crate::error::Result;

impl<S: Store, C: ContactStore> Engine<S, C> {
    /// Makes the step durable. Contacts that were in hand must be fetched again.
    pub(super) fn commit(&mut self) -> Result<()> {
        self.in_hand = None;
        if !self.state.is_changed() {
            return Ok(());
        }
        self.failed = true;
        let since = micros(from_micros(self.state.counters.now).saturating_sub(self.options.memory));
        self.state.seen.sweep(&self.store, since, &mut self.state.writes)?;
        self.trim_audit()?;
        self.store.commit(self.state.take_writes())?;
        self.state.settle(&self.store)?;
        self.failed = false;
        Ok(())
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
        for number in self.state.effects.numbers() {
            let Some(effect) = self.state.effects.get(number) else { continue };
            match self.contacts.apply(effect) {
                Ok(()) => self.state.effect_done(number),
                Err(error) if error.is_retryable() => self.problem(error),
                Err(error) => {
                    let (contact, at) = (effect.contact.clone(), effect.at);
                    self.state.effect_done(number);
                    let reason = error.to_string();
                    self.audit_of(&contact, at, || AuditEvent::Dropped {
                        source: "contact store".into(),
                        reason,
                    });
                    self.problem(error);
                }
            }
        }
    }
}
