//! Contacts, followed by hand: everything that is still to come lies in one heap of notes for each, searched anew each
//! time, and every definition is asked about everything.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use audiencekit::TimeZone;
use audiencekit::automation::{Period, Reentry};
use sha2::{Digest, Sha256};
use time::{Date, Duration, Month, OffsetDateTime};

use super::plain::{
    Act, Cond, DAYS, FITS, Happen, Hours, On, Pause, PlainFlow, PlainLimit, PlainNode, PlainRule, Property,
    hours,
};

/// Most rules that may start one another in a row.
const DEPTH: u8 = 8;

#[derive(Debug, Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) rules: &'a [PlainRule],
    pub(crate) flows: &'a [PlainFlow],
    pub(crate) limits: &'a [PlainLimit],
    pub(crate) zone: &'a TimeZone,
    pub(crate) shared: &'a RefCell<Shared>,
}

/// What all contacts have in common.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Notes are numbered over all contacts: of those of one instant the first one written comes first.
    written: u64,
    /// Of each cap, the period of each run.
    capped: BTreeMap<Owner, Vec<i64>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Rule(usize),
    Flow(usize),
}

#[derive(Debug)]
pub(crate) struct Model<'a> {
    world: World<'a>,
    id: String,
    pub(crate) score: i64,
    pub(crate) tags: BTreeMap<usize, i32>,
    pub(crate) plan: Option<usize>,
    pub(crate) renewal: Option<Date>,
    pub(crate) stage: Option<usize>,
    pub(crate) members: BTreeMap<usize, bool>,
    pub(crate) calls: usize,
    runs: BTreeMap<usize, (u32, OffsetDateTime)>,
    /// Of each limit, the period of each run.
    counted: Vec<Vec<i64>>,
    held: Vec<usize>,
    notes: Vec<(OffsetDateTime, u64, Note)>,
    pub(crate) inside: BTreeMap<usize, Place>,
    ended: BTreeSet<usize>,
    near: BTreeMap<Source, (OffsetDateTime, u64)>,
    follow: Vec<(Happen, OffsetDateTime, u8)>,
    changed: bool,
    /// Everything up to here is done.
    passed: OffsetDateTime,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) node: usize,
    since: OffsetDateTime,
    note: u64,
    depth: u8,
}

/// What a date starts: a trigger of a rule or a start of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Rule(usize, usize),
    Start(usize, usize),
}

#[derive(Debug, Clone, Copy)]
enum Note {
    Check(usize, u8),
    Do(usize, Act, u8),
    Wake(usize),
    Near(Source),
}

impl<'a> Model<'a> {
    pub(crate) fn new(world: World<'a>, id: String) -> Self {
        Self {
            world,
            id,
            score: 0,
            tags: BTreeMap::new(),
            plan: None,
            renewal: None,
            stage: None,
            members: BTreeMap::new(),
            calls: 0,
            runs: BTreeMap::new(),
            counted: vec![Vec::new(); world.limits.len()],
            held: Vec::new(),
            notes: Vec::new(),
            inside: BTreeMap::new(),
            ended: BTreeSet::new(),
            near: BTreeMap::new(),
            follow: Vec::new(),
            changed: false,
            passed: OffsetDateTime::UNIX_EPOCH,
        }
    }

    /// When something is due next.
    pub(crate) fn due(&self) -> Option<OffsetDateTime> {
        self.notes.iter().map(|note| note.0).min()
    }

    pub(crate) fn waiting(&self) -> u64 {
        self.notes.len() as u64
    }

    /// What the host does with its contact before it tells of it.
    pub(crate) fn host_changes(&mut self, what: &Happen) {
        match *what {
            Happen::Tag(n) => drop(self.tags.entry(n).or_insert(1)),
            Happen::Untag(n) => drop(self.tags.remove(&n)),
            Happen::Score(_, to) => self.score = to,
            Happen::Stage(n) => self.stage = Some(n),
            Happen::FieldChanged(0) => self.plan = Some(1 - self.plan.unwrap_or(1)),
            Happen::FieldChanged(_) => self.renewal = Some(day(usize::from(self.renewal == Some(day(0))))),
            Happen::FieldAdded(1) => self.renewal = Some(day(2)),
            _ => {}
        }
    }

    pub(crate) fn event(&mut self, what: &Happen, at: OffsetDateTime, now: OffsetDateTime, fire: bool) {
        if fire {
            self.happen(what, at, 0);
            self.run_follow_ups();
        }
        self.touch(at, now);
        self.changed = false;
    }

    pub(crate) fn run_by_hand(&mut self, rule: usize, conditions: bool, now: OffsetDateTime) {
        self.check(rule, now, 0, conditions);
        self.run_follow_ups();
        self.touch_if_changed(now);
    }

    pub(crate) fn review(&mut self, now: OffsetDateTime) {
        for rule in self.held.clone() {
            if !self.all(&self.world.rules[rule].when, now) {
                self.held.retain(|&held| held != rule);
                for (act, _) in &self.world.rules[rule].yes {
                    if let Act::Add(audience) = act {
                        self.members.insert(*audience, false);
                    }
                }
            }
        }
    }

    fn note(&mut self, at: OffsetDateTime, note: Note) -> u64 {
        let written = &mut self.world.shared.borrow_mut().written;
        *written += 1;
        self.notes.push((at, *written, note));
        *written
    }

    /// The instant and the number of the note that comes first.
    fn first_note(&self) -> Option<(OffsetDateTime, u64)> {
        self.notes.iter().map(|note| (note.0, note.1)).min()
    }

    /// Everything of all contacts up to `now`, in the order in which it is due.
    pub(crate) fn pass_all_to(all: &mut [Self], now: OffsetDateTime) {
        let first = |model: &&mut Self| model.first_note().filter(|(at, _)| *at <= now);
        while let Some(next) = all.iter_mut().filter(|model| first(model).is_some()).min_by_key(first) {
            next.take_a_note();
        }
        all.iter_mut().for_each(|model| model.passed = model.passed.max(now));
    }

    fn take_a_note(&mut self) {
        let Some((_, number)) = self.first_note() else { return };
        let index = self.notes.iter().position(|note| note.1 == number).unwrap();
        let (at, _, note) = self.notes.remove(index);
        match note {
            Note::Check(rule, depth) => self.check(rule, at, depth, true),
            Note::Do(rule, act, depth) => {
                let is_over = self.world.rules[rule].leave && !self.held.contains(&rule);
                if !(is_over && matches!(act, Act::Add(_))) {
                    self.act_in_hours(rule, act, at, depth);
                }
            }
            Note::Wake(flow) => {
                if let Some(place) = self.inside.remove(&flow) {
                    assert_eq!(place.note, number);
                    match self.world.flows[flow].nodes[place.node] {
                        PlainNode::Do(..) => self.walk(flow, place.node, at, 0),
                        PlainNode::Wait(_, to) | PlainNode::WaitFor(_, _, _, to) => {
                            self.walk(flow, to, at, 0);
                        }
                        _ => unreachable!(),
                    }
                }
            }
            Note::Near(source) => self.date_comes(source, at),
        }
        self.run_follow_ups();
        self.touch_if_changed(at);
    }

    fn run_follow_ups(&mut self) {
        while !self.follow.is_empty() {
            let (what, at, depth) = self.follow.remove(0);
            if depth <= DEPTH {
                self.happen(&what, at, depth);
            }
        }
    }

    /// Rules in their order, then exits, then waits, then starts.
    fn happen(&mut self, what: &Happen, at: OffsetDateTime, depth: u8) {
        let before = self.inside.clone();
        let World { rules, flows, .. } = self.world;
        for (index, rule) in rules.iter().enumerate() {
            if rule.on.iter().any(|on| listens(on, what)) {
                self.start_rule(index, at, depth);
            }
        }
        for (flow, plain) in flows.iter().enumerate() {
            for (on, when) in &plain.exits {
                if on.iter().any(|on| listens(on, what))
                    && self.inside.get(&flow).is_some_and(|place| place.since <= at)
                    && self.all(when, at)
                {
                    self.leave(flow);
                }
            }
        }
        for (flow, plain) in flows.iter().enumerate() {
            if let Some(&place) = self.inside.get(&flow)
                && let PlainNode::WaitFor(on, _, then, _) = &plain.nodes[place.node]
                && on.iter().any(|on| listens(on, what))
                && place.since <= at
                && before.get(&flow).is_some_and(|before| before.note == place.note)
            {
                let depth = if at > place.since { 0 } else { place.depth };
                self.take_out(flow);
                self.walk(flow, *then, at, depth);
            }
        }
        for (flow, plain) in flows.iter().enumerate() {
            for (start, (on, ..)) in plain.starts.iter().enumerate() {
                if listens(on, what) && self.enter(flow, start, before.contains_key(&flow), at, depth) {
                    break;
                }
            }
        }
    }

    fn start_rule(&mut self, index: usize, at: OffsetDateTime, depth: u8) {
        let rule = &self.world.rules[index];
        let (from, until) = rule.valid;
        let is_valid =
            from.is_none_or(|from| hours(from) <= at) && until.is_none_or(|until| at < hours(until));
        if !rule.active || !is_valid || self.runs_are_over(index) {
            return;
        }
        match self.after(rule.check_after, at) {
            None => self.check(index, at, depth, true),
            Some(due) => drop(self.note(due, Note::Check(index, depth))),
        }
    }

    fn runs_are_over(&self, index: usize) -> bool {
        let count = self.runs.get(&index).map_or(0, |runs| runs.0);
        self.world.rules[index].runs.is_some_and(|most| count >= most)
    }

    fn check(&mut self, index: usize, at: OffsetDateTime, depth: u8, conditions: bool) {
        let rule = &self.world.rules[index];
        if !rule.active || self.runs_are_over(index) {
            return;
        }
        let earlier = self.runs.get(&index).copied();
        if let Some((_, last)) = earlier
            && self.after(rule.interval, last).is_some_and(|end| end > at)
        {
            return;
        }
        let yes = !conditions || self.all(&rule.when, at);
        let branch = if yes { &rule.yes } else { &rule.no };
        if branch.is_empty() || !self.is_within_bounds(Owner::Rule(index), rule.group, at) {
            return;
        }
        self.runs.insert(index, (earlier.map_or(0, |runs| runs.0) + 1, at));
        if yes && rule.leave && !self.held.contains(&index) {
            self.held.push(index);
        }
        for &(act, pause) in branch {
            match self.after(pause, at) {
                None => self.act_in_hours(index, act, at, depth),
                Some(due) => drop(self.note(due, Note::Do(index, act, depth))),
            }
        }
    }

    fn act_in_hours(&mut self, rule: usize, act: Act, at: OffsetDateTime, depth: u8) {
        match self.opens(self.world.rules[rule].hours.as_ref(), at) {
            Some(opens) if opens == at => self.act(act, at, depth),
            Some(opens) => drop(self.note(opens, Note::Do(rule, act, depth))),
            None => {}
        }
    }

    /// The first open hour from `at` on, hour by hour; none when what is outside is dropped. All instants are full
    /// hours, in either zone.
    fn opens(&self, hours: Option<&Hours>, at: OffsetDateTime) -> Option<OffsetDateTime> {
        let Some(Hours { days, from, until, warsaw, drops }) = hours else { return Some(at) };
        let zone = if *warsaw { TimeZone::named("Europe/Warsaw").unwrap() } else { self.world.zone.clone() };
        let is_open = |at: OffsetDateTime| {
            let wall = at.to_offset(zone.offset(at));
            let hour = usize::from(wall.hour());
            let after_midnight = until <= from && hour < *until && hour < *from;
            let within =
                if until <= from { hour >= *from || after_midnight } else { (*from..*until).contains(&hour) };
            let day = usize::from(wall.weekday().number_days_from_monday());
            let begun = if after_midnight { (day + 6) % 7 } else { day };
            within && (days.is_empty() || days.contains(&begun))
        };
        (0..)
            .map(|hours| at + Duration::hours(hours))
            .take_while(|&hour| hour == at || !drops)
            .find(|&at| is_open(at))
    }

    /// Counts a run under the cap of its owner and the limits of a group, if none of them is reached.
    fn is_within_bounds(&mut self, owner: Owner, group: usize, at: OffsetDateTime) -> bool {
        let cap = match owner {
            Owner::Rule(rule) => self.world.rules[rule].cap,
            Owner::Flow(flow) => self.world.flows[flow].cap,
        };
        let mut shared = self.world.shared.borrow_mut();
        let capped = shared.capped.entry(owner).or_default();
        let of_cap = cap.map(|cap| self.has_room(capped, cap.runs, cap.per, at));
        if of_cap == Some(None) {
            return false;
        }
        let mut wanted = Vec::new();
        for (index, limit) in self.world.limits.iter().enumerate() {
            if limit.group.is_none_or(|over| over == group) {
                let Some(period) = self.has_room(&self.counted[index], limit.runs, limit.per, at) else {
                    return false;
                };
                wanted.push((index, period));
            }
        }
        capped.extend(of_cap.flatten());
        wanted.into_iter().for_each(|(index, period)| self.counted[index].push(period));
        true
    }

    /// The period that a run counts to, if that has room. What is late counts to the latest period that had a run.
    fn has_room(&self, counted: &[i64], runs: usize, per: Period, at: OffsetDateTime) -> Option<i64> {
        let day = self.world.zone.date(at);
        let period = match per {
            Period::Hour => at.unix_timestamp() / 3_600,
            Period::Day => day.to_julian_day().into(),
            Period::Week => (day.to_julian_day() / 7).into(),
            Period::Month => (day.year() * 12 + i32::from(u8::from(day.month()))).into(),
            other => unreachable!("{other:?}"),
        };
        let in_hand = counted.iter().copied().max().unwrap_or(period).max(period);
        (counted.iter().filter(|&&known| known == in_hand).count() < runs).then_some(in_hand)
    }

    fn act(&mut self, act: Act, at: OffsetDateTime, depth: u8) {
        let happened = match act {
            Act::Add(audience) | Act::Remove(audience) => {
                self.members.insert(audience, matches!(act, Act::Add(_)));
                return;
            }
            Act::Run(rule, conditions) => {
                if depth < DEPTH {
                    self.check(rule, at, depth + 1, conditions);
                }
                return;
            }
            Act::Call => {
                self.calls += 1;
                return;
            }
            Act::Tag(n) => (!self.tags.contains_key(&n)).then(|| {
                self.tags.insert(n, 1);
                Happen::Tag(n)
            }),
            Act::Untag(n) => self.tags.remove(&n).map(|_| Happen::Untag(n)),
            Act::TagScore(n, by) => self.tags.get_mut(&n).filter(|_| by != 0).map(|score| {
                *score += by;
                Happen::TagScore(n, *score)
            }),
            Act::SetScore(to) => self.set_score(to),
            Act::Score(by) => self.set_score(self.score + by),
            Act::Plan(to) => {
                let before = std::mem::replace(&mut self.plan, to);
                (before != to)
                    .then(|| if before.is_none() { Happen::FieldAdded(0) } else { Happen::FieldChanged(0) })
            }
            Act::Renewal(n) => {
                let before = self.renewal.replace(day(n));
                (before != Some(day(n)))
                    .then(|| if before.is_none() { Happen::FieldAdded(1) } else { Happen::FieldChanged(1) })
            }
            Act::Stage(n) => (self.stage.replace(n) != Some(n)).then_some(Happen::Stage(n)),
        };
        self.changed = true;
        if let Some(what) = happened {
            self.follow.push((what, at, depth + 1));
        }
    }

    fn set_score(&mut self, to: i64) -> Option<Happen> {
        let from = std::mem::replace(&mut self.score, to);
        (from != to).then_some(Happen::Score(from, to))
    }

    fn touch_if_changed(&mut self, at: OffsetDateTime) {
        if std::mem::take(&mut self.changed) {
            self.touch(at, at.max(self.passed));
        }
    }

    fn touch(&mut self, at: OffsetDateTime, now: OffsetDateTime) {
        self.review(at);
        for flow in 0..self.world.flows.len() {
            if self.inside.contains_key(&flow) {
                self.leaves(flow, at);
            }
        }
        for source in self.sources() {
            self.plan(source, now);
        }
    }

    // Workflows.

    fn enter(&mut self, flow: usize, start: usize, was_inside: bool, at: OffsetDateTime, depth: u8) -> bool {
        let plain = &self.world.flows[flow];
        let is_inside = was_inside || self.inside.contains_key(&flow);
        let may = match plain.reentry {
            Reentry::AfterEnd => !is_inside,
            Reentry::Never => !is_inside && !self.ended.contains(&flow),
            Reentry::Restart => true,
            other => unreachable!("{other:?}"),
        };
        let (_, when, to) = &plain.starts[start];
        if !may || !self.all(when, at) {
            return false;
        }
        if !self.is_within_bounds(Owner::Flow(flow), plain.group, at) {
            return true;
        }
        self.take_out(flow);
        self.walk(flow, *to, at, depth);
        true
    }

    fn take_out(&mut self, flow: usize) {
        if let Some(place) = self.inside.remove(&flow) {
            self.notes.retain(|note| note.1 != place.note);
        }
    }

    fn leave(&mut self, flow: usize) {
        self.take_out(flow);
        if self.world.flows[flow].reentry == Reentry::Never {
            self.ended.insert(flow);
        }
    }

    /// An exit without events whose conditions hold.
    fn leaves(&mut self, flow: usize, at: OffsetDateTime) -> bool {
        let exits = &self.world.flows[flow].exits;
        let leaves = exits.iter().any(|(on, when)| on.is_empty() && self.all(when, at));
        if leaves {
            self.leave(flow);
        }
        leaves
    }

    fn walk(&mut self, flow: usize, mut node: usize, at: OffsetDateTime, depth: u8) {
        loop {
            if self.leaves(flow, at) {
                return;
            }
            node = match &self.world.flows[flow].nodes[node] {
                PlainNode::End => return self.leave(flow),
                PlainNode::Do(acts, to) => {
                    match self.opens(self.world.flows[flow].hours.as_ref(), at) {
                        Some(opens) if opens > at => return self.rest(flow, node, at, opens, depth),
                        None => {
                            node = *to;
                            continue;
                        }
                        Some(_) => {}
                    }
                    acts.iter().for_each(|&act| self.act(act, at, depth));
                    *to
                }
                PlainNode::Check(paths, otherwise) => {
                    paths.iter().find(|(when, _)| self.all(when, at)).map_or(*otherwise, |(_, to)| *to)
                }
                PlainNode::Split(paths) => self.way(flow, node, paths),
                PlainNode::Wait(pause, to) if self.after(*pause, at).is_none() => *to,
                PlainNode::Wait(pause, _) | PlainNode::WaitFor(_, pause, ..) => {
                    let due = self.after(*pause, at).unwrap();
                    return self.rest(flow, node, at, due, depth);
                }
            };
        }
    }

    fn rest(&mut self, flow: usize, node: usize, at: OffsetDateTime, until: OffsetDateTime, depth: u8) {
        let note = self.note(until, Note::Wake(flow));
        self.inside.insert(flow, Place { node, since: at, note, depth });
    }

    /// The way through a split, by the hash that is promised to be the same for ever.
    fn way(&self, flow: usize, node: usize, paths: &[(u32, usize)]) -> usize {
        let mut hasher = Sha256::new();
        for part in ["split", &format!("w{flow}"), &format!("n{node:02}"), &self.id] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let digest: [u8; 32] = hasher.finalize().into();
        let number = digest[..16].iter().fold(0_u128, |number, &byte| number << 8 | u128::from(byte));
        let lots: Vec<usize> = paths.iter().flat_map(|&(weight, to)| vec![to; weight as usize]).collect();
        lots[(number % lots.len() as u128) as usize]
    }

    // Dates.

    fn sources(&self) -> Vec<Source> {
        let mut found = Vec::new();
        for (index, rule) in self.world.rules.iter().enumerate() {
            found.extend((0..rule.on.len()).map(|on| Source::Rule(index, on)));
        }
        for (index, flow) in self.world.flows.iter().enumerate() {
            found.extend((0..flow.starts.len()).map(|start| Source::Start(index, start)));
        }
        found.retain(|&source| matches!(self.source(source), On::Near { .. }));
        found
    }

    fn source(&self, source: Source) -> &'a On {
        match source {
            Source::Rule(rule, on) => &self.world.rules[rule].on[on],
            Source::Start(flow, start) => &self.world.flows[flow].starts[start].0,
        }
    }

    pub(crate) fn plan_dates(&mut self, now: OffsetDateTime) {
        self.sources().into_iter().for_each(|source| self.plan(source, now));
    }

    fn plan(&mut self, source: Source, after: OffsetDateTime) {
        let due = self.next_near(source, after);
        let known = self.near.get(&source).copied();
        if known.map(|(due, _)| due) == due {
            return;
        }
        if let Some((_, number)) = known {
            self.near.remove(&source);
            self.notes.retain(|note| note.1 != number);
        }
        if let Some(due) = due {
            let number = self.note(due, Note::Near(source));
            self.near.insert(source, (due, number));
        }
    }

    fn date_comes(&mut self, source: Source, at: OffsetDateTime) {
        self.near.remove(&source);
        match source {
            Source::Rule(rule, _) => self.start_rule(rule, at, 0),
            Source::Start(flow, start) => {
                self.enter(flow, start, self.inside.contains_key(&flow), at, 0);
            }
        }
        self.plan(source, at);
    }

    /// The first midnight after `after` of a day that is near: every day is looked at.
    fn next_near(&self, source: Source, after: OffsetDateTime) -> Option<OffsetDateTime> {
        let &On::Near { days, yearly, warsaw } = self.source(source) else { return None };
        let zone = if warsaw { TimeZone::named("Europe/Warsaw").unwrap() } else { self.world.zone.clone() };
        let date = self.renewal?;
        let mut today = zone.date(after) - Duration::days(1);
        for _ in 0..800 {
            let meant = today - Duration::days(days.into());
            let is_near = if yearly {
                let (month, day) = (meant.month(), meant.day());
                (month, day) == (date.month(), date.day())
                    || (date.month(), date.day()) == (Month::February, 29)
                        && (month, day) == (Month::February, 28)
                        && !time::util::is_leap_year(meant.year())
            } else {
                meant == date
            };
            if is_near && zone.start_of_day(today) > after {
                return Some(zone.start_of_day(today));
            }
            today += Duration::days(1);
        }
        None
    }

    // Conditions and time.

    fn all(&self, when: &[Cond], at: OffsetDateTime) -> bool {
        when.iter().all(|condition| match *condition {
            Cond::Score(least) => self.score >= least,
            Cond::Tag(n) => self.tags.contains_key(&n),
            Cond::NoTag(n) => !self.tags.contains_key(&n),
            Cond::Plan(n) => self.plan == Some(n),
            Cond::Stage(n) => self.stage == Some(n),
            Cond::RenewalToday => self.renewal == Some(self.world.zone.date(at)),
            Cond::RenewalWithin(days) => {
                let today = self.world.zone.date(at);
                self.renewal.is_some_and(|date| (0..=i64::from(days)).contains(&(date - today).whole_days()))
            }
        })
    }

    /// The end of a pause, if it is one.
    fn after(&self, pause: Pause, at: OffsetDateTime) -> Option<OffsetDateTime> {
        match pause {
            Pause::Hours(0) | Pause::Days(0) | Pause::Months(0) => None,
            Pause::Hours(n) => Some(at + Duration::hours(n.into())),
            Pause::Days(n) => Some(at + Duration::days(n.into())),
            Pause::Months(n) => {
                let zone = self.world.zone;
                let date = zone.date(at);
                let (mut year, mut month) = (date.year(), date.month());
                for _ in 0..n {
                    year += i32::from(month == Month::December);
                    month = month.next();
                }
                let target =
                    Date::from_calendar_date(year, month, date.day().min(month.length(year))).unwrap();
                Some(zone.start_of_day(target) + (at - zone.start_of_day(date)))
            }
        }
    }
}

pub(crate) fn day(n: usize) -> Date {
    let [year, month, day] = DAYS[n].split('-').map(|part| part.parse().unwrap()).collect::<Vec<i32>>()[..]
    else {
        unreachable!()
    };
    Date::from_calendar_date(year, Month::try_from(month as u8).unwrap(), day as u8).unwrap()
}

fn listens(on: &On, what: &Happen) -> bool {
    let one_of = |list: &[usize], n: usize| list.is_empty() || list.contains(&n);
    match (on, what) {
        (On::Added, Happen::Added) => true,
        (On::FieldAdded(list), Happen::FieldAdded(n))
        | (On::FieldChanged(list), Happen::FieldChanged(n))
        | (On::Tag(list), Happen::Tag(n))
        | (On::Untag(list), Happen::Untag(n))
        | (On::Stage(list), Happen::Stage(n))
        | (On::Opened(list), Happen::Opened(n)) => one_of(list, *n),
        (On::TagScore(n, least), Happen::TagScore(m, score)) => n == m && score >= least,
        (On::ScoreIs(score), Happen::Score(from, to)) => to == score && from != to,
        (On::ScoreAbove(score), Happen::Score(from, to)) => to > score && from != to,
        (On::Consent(list, status), Happen::Consent(n, is)) => one_of(list, *n) && status == is,
        (On::External(list, test), Happen::External(n, value, place)) => {
            one_of(list, *n) && test.is_none_or(|test| passes(test, *value, *place))
        }
        (On::Changed(list, amount), Happen::Changed(n, is_amount, _)) => {
            one_of(list, *n) && (!*amount || *is_amount)
        }
        (On::Clicked(list, pattern), Happen::Clicked(n, url)) => {
            one_of(list, *n) && pattern.is_none_or(|pattern| FITS[pattern][*url])
        }
        (On::Visited(pattern), Happen::Visited(url)) => FITS[*pattern][*url],
        (On::Rfm(dimension, list), Happen::Rfm(side, n)) => {
            dimension.is_none_or(|dimension| dimension == *side) && one_of(list, *n)
        }
        (On::Custom(name, place), Happen::Custom(is, at)) => {
            name == is && place.is_none_or(|place| passes(Property::At(place), None, *at))
        }
        _ => false,
    }
}

/// Place 2 is nowhere.
fn passes(test: Property, value: Option<i64>, place: usize) -> bool {
    match test {
        Property::Above(n) => value.is_some_and(|value| value > n),
        Property::Below(n) => value.is_some_and(|value| value < n),
        Property::Is(n) => value == Some(n),
        Property::Somewhere => place != 2,
        Property::Nowhere => place == 2,
        Property::At(wanted) => place == wanted && place != 2,
        Property::NotAt(wanted) => place != wanted || place == 2,
        Property::Within(part) => place != 2 && (part == 2 || place == part),
    }
}
