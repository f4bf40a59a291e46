//! Making a step durable, then carrying out what it asks of the contact store.

use crate::automation::contact_store::store::ContactStore;
use crate::automation::engine::AutomationEngine;
use crate::automation::state::audit::AuditEvent;
use crate::automation::store::store::Store;
use crate::automation::timestamp::{from_micros, micros};
use crate::error::{Error, Result};

/// Changes that a contact store may put off before it is left alone until the next step.
const PUT_OFF_AT_ONCE: usize = 16;

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Makes the step durable. Contacts that were in hand must be fetched again.
    pub(in crate::automation) fn commit(&mut self) -> Result<()> {
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

    pub(in crate::automation) fn deliver_and_commit(&mut self) -> Result<()> {
        if self.state.effects.is_empty() {
            return Ok(());
        }
        self.deliver();
        self.commit()
    }

    /// Carries out changes of contacts that are durable by now, until the contact store has put off too many.
    pub(in crate::automation) fn deliver(&mut self) {
        let start = std::mem::take(&mut self.state.effects.hand);
        let mut put_off = 0;
        for (after, until) in [(start, u64::MAX), (0, start)] {
            let mut last = after;
            while let Some((number, effect)) = self.state.effects.next_after(last)
                && number <= until
            {
                last = number;
                match self.contacts.apply(effect) {
                    Ok(()) => drop(self.state.effect_done(number)),
                    Err(error) if error.is_retryable() => {
                        self.problem(error);
                        put_off += 1;
                        if put_off == PUT_OFF_AT_ONCE {
                            self.state.effects.hand = number;
                            return;
                        }
                    }
                    Err(error) => self.drop_effect(number, error),
                }
            }
        }
    }

    fn drop_effect(&mut self, number: u64, error: Error) {
        if let Some(effect) = self.state.effect_done(number) {
            let dropped =
                || AuditEvent::Dropped { source: "contact store".into(), reason: error.to_string() };
            self.audit_of(&effect.contact, effect.at, dropped);
        }
        self.problem(error);
    }
}
