//! Consents and stages with everything that was written down beside them.

use std::fmt;
use std::net::IpAddr;

use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::contact::Contact;
use super::overflow::{Proof, Prospect};
use crate::contact::consent::{Consent, ConsentStatus, FunnelStage};
use crate::contact::schema::symbols::Symbol;
use crate::error::Result;

/// An entry of a consent's history with what proves it.
///
/// `Debug` leaves the address out.
///
/// ```
/// use audiencekit::contact::{ConsentEntry, ConsentStatus};
/// use audiencekit::{Contact, Schema};
/// use time::macros::datetime;
///
/// let given = ConsentEntry::new("newsletter", ConsentStatus::Confirmed)
///     .at(datetime!(2026-01-05 10:00 UTC)).ip("192.0.2.7".parse()?).description_id("form-3");
/// let ada = Contact::builder(&Schema::standard()).consent_entry(&given).build()?;
/// assert_eq!(ada.consent_entries().next(), Some(given));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsentEntry {
    /// The consent's name.
    pub name: String,
    /// What was decided.
    pub status: ConsentStatus,
    /// When it was decided; unknown counts as before all known instants.
    pub at: Option<OffsetDateTime>,
    /// When the person agreed, which an entry that takes the consent back may still say.
    pub agreed_on: Option<OffsetDateTime>,
    /// The address from which the person decided.
    pub ip: Option<IpAddr>,
    /// The id of the wording that the person saw.
    pub description_id: Option<String>,
    /// The person opted out: a consent that was confirmed counts as withdrawn.
    pub opt_out: Option<bool>,
}

impl ConsentEntry {
    /// Creates an entry without date or proof.
    #[must_use]
    pub fn new(name: impl Into<String>, status: ConsentStatus) -> Self {
        let name = name.into();
        Self { name, status, at: None, agreed_on: None, ip: None, description_id: None, opt_out: None }
    }

    /// Sets when the contact decided.
    #[must_use]
    pub fn at(mut self, at: OffsetDateTime) -> Self {
        self.at = Some(at);
        self
    }

    /// Sets when the contact agreed, which an entry that withdraws the consent may still state.
    #[must_use]
    pub fn agreed_on(mut self, at: OffsetDateTime) -> Self {
        self.agreed_on = Some(at);
        self
    }

    /// Sets the IP address from which the contact decided.
    #[must_use]
    pub fn ip(mut self, ip: IpAddr) -> Self {
        self.ip = Some(ip);
        self
    }

    /// Sets the id of the wording that the contact saw.
    #[must_use]
    pub fn description_id(mut self, id: impl Into<String>) -> Self {
        self.description_id = Some(id.into());
        self
    }

    /// Sets whether the contact opted out. With `true`, a confirmed consent counts as withdrawn.
    ///
    /// ```
    /// use audiencekit::contact::{ConsentEntry, ConsentStatus};
    /// use audiencekit::{Contact, Schema};
    ///
    /// let entry = ConsentEntry::new("newsletter", ConsentStatus::Confirmed).opt_out(true);
    /// let ada = Contact::builder(&Schema::standard()).consent_entry(&entry).build()?;
    /// assert_eq!(ada.consents()[0].status, ConsentStatus::Withdrawn);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn opt_out(mut self, opt_out: bool) -> Self {
        self.opt_out = Some(opt_out);
        self
    }

    /// What counts: an opt-out takes a confirmed consent back.
    fn effective(&self) -> ConsentStatus {
        match (self.status, self.opt_out) {
            (ConsentStatus::Confirmed, Some(true)) => ConsentStatus::Withdrawn,
            (status, _) => status,
        }
    }
}

impl fmt::Debug for ConsentEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConsentEntry({}, {:?})", self.name, self.status)
    }
}

/// A place in a sales funnel with what it may bring.
///
/// `Debug` leaves the amount and the score out.
///
/// ```
/// use audiencekit::contact::StageEntry;
/// use audiencekit::{Contact, Schema};
///
/// let offer = StageEntry::new("Sales", "Offer").value("1200.50".parse()?).score(7);
/// let ada = Contact::builder(&Schema::standard()).stage_entry(&offer).build()?;
/// assert_eq!(ada.to_json(), r#"{"stages":[{"funnel":"Sales","score":7,"stage":"Offer","value":"1200.50"}]}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageEntry {
    /// The funnel's name.
    pub funnel: String,
    /// The stage's name.
    pub stage: String,
    /// Since when, if known.
    pub since: Option<OffsetDateTime>,
    /// The potential value, exact.
    pub value: Option<Decimal>,
    /// The contact's score on this stage.
    pub score: Option<i32>,
}

impl StageEntry {
    /// Creates an entry without date, value or score.
    #[must_use]
    pub fn new(funnel: impl Into<String>, stage: impl Into<String>) -> Self {
        Self { funnel: funnel.into(), stage: stage.into(), since: None, value: None, score: None }
    }

    /// Sets since when the contact is on the stage.
    #[must_use]
    pub fn since(mut self, since: OffsetDateTime) -> Self {
        self.since = Some(since);
        self
    }

    /// Sets the potential value, exact.
    #[must_use]
    pub fn value(mut self, value: Decimal) -> Self {
        self.value = Some(value);
        self
    }

    /// Sets the contact's score on this stage.
    #[must_use]
    pub fn score(mut self, score: i32) -> Self {
        self.score = Some(score);
        self
    }
}

impl fmt::Debug for StageEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StageEntry({}, {})", self.funnel, self.stage)
    }
}

impl Contact {
    /// Adds an entry to the history of a consent, with its proof.
    ///
    /// # Errors
    /// As [`add_consent`](Self::add_consent), and [`ErrorKind::Limit`](crate::ErrorKind::Limit) for more text than a
    /// contact takes.
    pub fn add_consent_entry(&mut self, entry: &ConsentEntry) -> Result<()> {
        let description_id = entry.description_id.as_deref().map(|id| self.push_text(id)).transpose()?;
        self.add_consent(&entry.name, entry.effective(), entry.at)?;
        let ConsentEntry { agreed_on, ip, opt_out, .. } = *entry;
        if agreed_on.is_some() || ip.is_some() || opt_out.is_some() || description_id.is_some() {
            let place = self.consents().len() as u32 - 1;
            self.lists_mut().proofs.push(Proof { entry: place, agreed_on, ip, description_id, opt_out });
        }
        Ok(())
    }

    /// Returns the entries of all consents with their proofs, in the order in which they were added.
    pub fn consent_entries(&self) -> impl ExactSizeIterator<Item = ConsentEntry> {
        self.consents().iter().enumerate().map(|(place, consent)| self.consent_entry(place as u32, consent))
    }

    fn consent_entry(&self, place: u32, &Consent { name, status, at }: &Consent) -> ConsentEntry {
        let mut entry = ConsentEntry::new(self.schema().symbols().lend(name), status);
        entry.at = at;
        if let Some(proof) = self.proof(place) {
            entry.agreed_on = proof.agreed_on;
            entry.ip = proof.ip;
            entry.description_id = proof.description_id.map(|id| self.store().piece(id).to_owned());
            entry.opt_out = proof.opt_out;
        }
        entry
    }

    /// Puts the contact on a stage of a funnel, off any other stage of that funnel, with value and score.
    ///
    /// # Errors
    /// As [`set_stage`](Self::set_stage).
    ///
    /// ```
    /// use audiencekit::contact::StageEntry;
    /// use audiencekit::{Contact, Schema};
    ///
    /// let mut ada = Contact::new(&Schema::standard());
    /// ada.set_stage_entry(&StageEntry::new("Sales", "Offer").score(7))?;
    /// assert_eq!(ada.stage_entries().next().unwrap().score, Some(7));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn set_stage_entry(&mut self, entry: &StageEntry) -> Result<()> {
        self.set_stage(&entry.funnel, &entry.stage, entry.since)?;
        let StageEntry { value, score, .. } = *entry;
        let funnel =
            self.stages().last().map(|stage| stage.funnel).filter(|_| value.is_some() || score.is_some());
        if let Some(funnel) = funnel {
            self.lists_mut().prospects.push(Prospect { funnel, value, score });
        }
        Ok(())
    }

    /// Returns the stages on which the contact is, with value and score.
    pub fn stage_entries(&self) -> impl ExactSizeIterator<Item = StageEntry> {
        self.stages().iter().map(|stage| self.stage_entry(stage))
    }

    /// What proves the consent at this place of the history.
    pub(crate) fn proof(&self, place: u32) -> Option<&Proof> {
        let proofs = self.proofs();
        proofs.binary_search_by_key(&place, |proof| proof.entry).ok().and_then(|at| proofs.get(at))
    }

    /// What proves consents, in their order.
    pub(crate) fn proofs(&self) -> &[Proof] {
        &self.lists().proofs
    }

    /// What the stage of this funnel may bring.
    pub(crate) fn prospect(&self, funnel: Symbol) -> Option<&Prospect> {
        self.prospects().iter().find(|prospect| prospect.funnel == funnel)
    }

    pub(crate) fn prospects(&self) -> &[Prospect] {
        &self.lists().prospects
    }

    fn stage_entry(&self, &FunnelStage { funnel, stage, since }: &FunnelStage) -> StageEntry {
        let symbols = self.schema().symbols();
        let mut entry = StageEntry::new(symbols.lend(funnel), symbols.lend(stage));
        entry.since = since;
        if let Some(prospect) = self.prospect(funnel) {
            (entry.value, entry.score) = (prospect.value, prospect.score);
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::schema::schema::Schema;

    #[test]
    fn what_stood_beside_a_stage_goes_with_it() {
        let mut contact = Contact::new(&Schema::standard());
        contact.set_stage_entry(&StageEntry::new("Sales", "Offer").score(7)).unwrap();
        contact.set_stage_entry(&StageEntry::new("Other", "New").score(1)).unwrap();
        contact.set_stage("Sales", "Won", None).unwrap();
        let scores: Vec<_> = contact.stage_entries().map(|entry| (entry.stage, entry.score)).collect();
        assert_eq!(scores, [("New".to_owned(), Some(1)), ("Won".to_owned(), None)]);
        contact.clear();
        contact.set_stage("Other", "New", None).unwrap();
        assert_eq!(contact.stage_entries().next().unwrap().score, None);
    }

    #[test]
    fn an_opt_out_takes_a_confirmed_consent_back() {
        let mut contact = Contact::new(&Schema::standard());
        let entry = |status, opt_out| ConsentEntry::new("news", status).opt_out(opt_out);
        for status in [ConsentStatus::Confirmed, ConsentStatus::NotConfirmed] {
            contact.add_consent_entry(&entry(status, true)).unwrap();
            contact.add_consent_entry(&entry(status, false)).unwrap();
        }
        let statuses: Vec<_> = contact.consents().iter().map(|consent| consent.status).collect();
        use ConsentStatus::{Confirmed, NotConfirmed, Withdrawn};
        assert_eq!(statuses, [Withdrawn, Confirmed, NotConfirmed, NotConfirmed]);
    }

    #[test]
    fn addresses_and_amounts_are_not_shown() {
        let consent = ConsentEntry::new("news", ConsentStatus::Confirmed)
            .ip(IpAddr::from([192, 0, 2, 77]))
            .description_id("form-3");
        let stage = StageEntry::new("Sales", "Offer").value(Decimal::from(4_321));
        let contact = Contact::builder(&Schema::standard()).consent_entry(&consent).stage_entry(&stage);
        let shown = format!(
            "{consent:?} {stage:?} {contact:?} {:?}",
            contact.clone().build().unwrap().lists().proofs
        );
        assert_eq!(shown.matches("192").count() + shown.matches("4321").count(), 0, "{shown}");
    }
}
