//! One step of an engine: what it may read, what it may change, and the contact that it has loaded.

use std::collections::{BTreeMap, VecDeque};

use time::OffsetDateTime;

use crate::audience::Audience;
use crate::automation::contact_store::store::ContactStore;
use crate::automation::event_kind::EventKind;
use crate::automation::options::{EngineOptions, StepReport};
use crate::automation::program::compiled::Program;
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::engine_state::EngineState;
use crate::automation::state::job::{Causation, Origin};
use crate::contact::Contact;
use crate::error::Result;

/// One unit of work: everything that a rule or workflow may read or change, borrowed apart.
///
/// The functions of this folder take it as their first argument. They are no methods, so that the imports of each file
/// show what it builds on.
#[derive(Debug)]
pub(in crate::automation) struct Step<'a, S, C> {
    pub(in crate::automation) options: &'a EngineOptions,
    pub(in crate::automation) program: &'a Program,
    /// The saved audiences, by id.
    pub(in crate::automation) audiences: &'a BTreeMap<String, Audience>,
    /// Written by [`commit`](super::commit::commit) alone.
    pub(in crate::automation) store: &'a mut S,
    /// Written by [`apply_effects`](super::commit::apply_effects) alone.
    pub(in crate::automation) contacts: &'a mut C,
    pub(in crate::automation) state: &'a mut EngineState,
    /// The loaded contact, with every update that is still to be applied already in it.
    pub(in crate::automation) contact: &'a mut Contact,
    pub(in crate::automation) loaded: Option<ContactSlot>,
    pub(in crate::automation) follow_ups: VecDeque<FollowUp>,
    /// True when an action has changed the contact.
    pub(in crate::automation) is_contact_changed: bool,
    pub(in crate::automation) report: &'a mut StepReport,
    /// True while memory may differ from the store.
    pub(in crate::automation) failed: &'a mut bool,
}

/// Something that an action brought about, and that others may listen to.
#[derive(Debug)]
pub(in crate::automation) struct FollowUp {
    pub(super) contact: ContactSlot,
    pub(super) kind: EventKind,
    pub(super) at: OffsetDateTime,
    pub(super) cause: Causation,
}

/// A rule or workflow at work for a contact, with `at` as now.
#[derive(Debug, Clone, Copy)]
pub(in crate::automation) struct RunContext<'a> {
    pub(in crate::automation) origin: &'a Origin,
    pub(in crate::automation) contact: ContactSlot,
    pub(in crate::automation) at: OffsetDateTime,
}

/// Loads a contact, unless it is loaded already. Returns `false` if the contact store does not have it.
pub(in crate::automation) fn load<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    contact: ContactSlot,
) -> Result<bool> {
    if step.loaded == Some(contact) {
        return Ok(true);
    }
    reload(step, contact)
}

/// Loads a contact anew. Returns `false` if the contact store does not have it.
pub(in crate::automation) fn reload<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    contact: ContactSlot,
) -> Result<bool> {
    step.loaded = None;
    step.contact.clear();
    let id = step.state.id(contact);
    if !step.contacts.load(&id, step.contact)? {
        return Ok(false);
    }
    for update in step.state.effects.of(&id) {
        update.change.apply(step.contact, update.at, &step.options.zone)?;
    }
    step.loaded = Some(contact);
    Ok(true)
}
