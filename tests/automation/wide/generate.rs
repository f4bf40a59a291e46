//! Random definitions and histories, read off a tape of numbers: a shorter tape of smaller numbers is a simpler case.

use audiencekit::automation::{Period, Reentry};

use super::plain::{
    Act, Cond, FITS, Happen, Hours, On, Pause, PlainCap, PlainFlow, PlainLimit, PlainNode, PlainRule,
    Property,
};

pub(crate) struct Tape<'a> {
    numbers: std::slice::Iter<'a, u16>,
    /// The few families of events that this case is about, so that events find listeners.
    families: Vec<usize>,
}

const FAMILIES: usize = 14;

/// One thing that the host does.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) contact: usize,
    pub(crate) jump_hours: i64,
    pub(crate) late_hours: i64,
    pub(crate) what: Deed,
    pub(crate) again: bool,
    pub(crate) restart: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Tell { what: Happen, fire: bool },
    RunByHand { rule: usize, conditions: bool },
    Review,
}

impl<'a> Tape<'a> {
    pub(crate) fn new(numbers: &'a [u16]) -> Self {
        let mut tape = Self { numbers: numbers.iter(), families: vec![0] };
        tape.families = tape.several(1, 3, |tape| tape.below(FAMILIES));
        tape
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::from(self.numbers.next().copied().unwrap_or(0)) % n
    }

    fn family(&mut self) -> usize {
        let at = self.below(self.families.len());
        self.families[at]
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn maybe<T>(&mut self, n: usize, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.one_in(n) { Some(make(self)) } else { None }
    }

    fn several<T>(&mut self, least: usize, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..least + self.below(most - least + 1)).map(|_| make(self)).collect()
    }

    fn some_of(&mut self, n: usize) -> Vec<usize> {
        self.several(0, 2, |tape| tape.below(n)).into_iter().take(self.below(3)).collect()
    }

    /// Delays meet often, so that equal instants are common.
    fn pause(&mut self) -> Pause {
        match self.below(8) {
            0..=3 => Pause::Hours(0),
            4 | 5 => Pause::Hours(1 + self.below(4) as u32),
            6 => Pause::Days(1 + self.below(2) as u32),
            _ => Pause::Months(1),
        }
    }

    fn wait(&mut self) -> Pause {
        match self.pause() {
            Pause::Hours(0) => Pause::Hours(1 + self.below(30) as u32),
            other => other,
        }
    }

    fn on_event(&mut self) -> On {
        match self.family() {
            0 => On::Tag(self.some_of(3)),
            1 => On::Untag(self.some_of(3)),
            2 => On::TagScore(self.below(3), self.below(4) as i32),
            3 if self.one_in(2) => On::ScoreIs(self.below(6) as i64),
            3 => On::ScoreAbove(self.below(4) as i64),
            4 => On::Consent(self.some_of(3), self.below(3)),
            5 => On::External(self.some_of(2), self.maybe(2, Self::property)),
            6 => On::Changed(self.some_of(2), self.one_in(2)),
            7 => On::Stage(self.some_of(2)),
            8 => On::Opened(self.some_of(2)),
            9 => On::Clicked(self.some_of(2), self.maybe(2, |tape| tape.below(FITS.len()))),
            10 => On::Visited(self.below(FITS.len())),
            11 => On::Rfm(self.maybe(2, |tape| tape.below(2)), self.some_of(2)),
            12 => On::Custom(self.below(2), self.maybe(2, |tape| tape.below(3))),
            _ => match self.below(4) {
                0 | 1 => On::FieldChanged(self.some_of(2)),
                2 => On::FieldAdded(self.some_of(2)),
                _ => On::Added,
            },
        }
    }

    fn on(&mut self) -> On {
        if self.one_in(5) {
            On::Near { days: self.below(7) as i32 - 3, yearly: self.one_in(2), warsaw: self.one_in(2) }
        } else {
            self.on_event()
        }
    }

    fn property(&mut self) -> Property {
        match self.below(8) {
            0 => Property::Above(self.below(100) as i64),
            1 => Property::Below(self.below(100) as i64),
            2 => Property::Is(self.below(2) as i64 * 50),
            3 => Property::Somewhere,
            4 => Property::Nowhere,
            5 => Property::At(self.below(3)),
            6 => Property::NotAt(self.below(3)),
            _ => Property::Within(self.below(3)),
        }
    }

    fn condition(&mut self) -> Cond {
        match self.below(7) {
            0 => Cond::Score(self.below(6) as i64 - 2),
            1 => Cond::Tag(self.below(3)),
            2 => Cond::NoTag(self.below(3)),
            3 => Cond::Plan(self.below(2)),
            4 => Cond::Stage(self.below(2)),
            5 => Cond::RenewalToday,
            _ => Cond::RenewalWithin(self.below(20) as u32),
        }
    }

    fn act(&mut self, rules: usize) -> Act {
        match self.below(14) {
            0..=2 => Act::Add(1 + self.below(2)),
            3 => Act::Remove(1 + self.below(2)),
            4 => Act::Tag(self.below(3)),
            5 => Act::Untag(self.below(3)),
            6 => Act::TagScore(self.below(3), self.below(5) as i32 - 2),
            7 => Act::SetScore(self.below(6) as i64),
            8 => Act::Score(self.below(7) as i64 - 3),
            9 => Act::Plan(self.maybe(2, |tape| tape.below(2))),
            10 => Act::Renewal(self.below(3)),
            11 => Act::Stage(self.below(2)),
            12 => Act::Run(self.below(rules), self.one_in(2)),
            _ => Act::Call,
        }
    }

    pub(crate) fn rules(&mut self) -> Vec<PlainRule> {
        let count = 1 + self.below(5);
        (0..count).map(|_| self.rule(count)).collect()
    }

    fn rule(&mut self, rules: usize) -> PlainRule {
        let mut rule = PlainRule {
            on: self.several(0, 3, Self::on),
            when: self.several(0, 2, Self::condition),
            check_after: self.pause(),
            yes: self.several(1, 3, |tape| (tape.act(rules), tape.pause())),
            no: self.several(0, 2, |tape| (tape.act(rules), tape.pause())),
            runs: self.maybe(3, |tape| 1 + tape.below(3) as u32),
            interval: self.pause(),
            valid: (
                self.maybe(6, |tape| tape.below(300) as i64),
                self.maybe(6, |tape| 300 + tape.below(600) as i64),
            ),
            active: !self.one_in(12),
            leave: self.one_in(2),
            hours: self.maybe(4, Self::hours),
            group: self.below(2),
            cap: self.maybe(4, Self::cap),
        };
        rule.leave &= !rule.when.is_empty() && rule.yes.iter().any(|(act, _)| matches!(act, Act::Add(_)));
        rule
    }

    fn hours(&mut self) -> Hours {
        Hours {
            days: self.several(0, 3, |tape| tape.below(7)),
            from: self.below(24),
            until: self.below(24),
            warsaw: self.one_in(2),
            drops: self.one_in(3),
        }
    }

    fn period(&mut self) -> Period {
        [Period::Hour, Period::Day, Period::Week, Period::Month][self.below(4)]
    }

    fn cap(&mut self) -> PlainCap {
        PlainCap { runs: 1 + self.below(4), per: self.period() }
    }

    /// Over all, or over the group of a rule.
    pub(crate) fn limits(&mut self, group: usize) -> Vec<PlainLimit> {
        let count = [0, 0, 1, 2][self.below(4)];
        (0..count)
            .map(|_| PlainLimit {
                group: self.maybe(2, |_| group),
                runs: 1 + self.below(3),
                per: self.period(),
            })
            .collect()
    }

    pub(crate) fn flows(&mut self, rules: usize) -> Vec<PlainFlow> {
        let count = [1, 1, 2, 0][self.below(4)];
        (0..count).map(|_| self.flow(rules)).collect()
    }

    fn flow(&mut self, rules: usize) -> PlainFlow {
        let last = 1 + self.below(9);
        let mut nodes: Vec<PlainNode> = (0..last).map(|n| self.node(n, last, rules)).collect();
        nodes.push(PlainNode::End);
        PlainFlow {
            starts: self
                .several(1, 3, |tape| (tape.on(), tape.several(0, 1, Self::condition), tape.below(last + 1))),
            nodes,
            exits: self.several(0, 2, |tape| {
                let on = tape.several(0, 2, Self::on_event);
                let least = usize::from(on.is_empty());
                (on, tape.several(least, 1, Self::condition))
            }),
            reentry: [Reentry::AfterEnd, Reentry::Never, Reentry::Restart][self.below(3)],
            hours: self.maybe(4, Self::hours),
            group: self.below(2),
            cap: self.maybe(4, Self::cap),
        }
    }

    /// Ways lead forward; those out of a wait may lead back.
    fn node(&mut self, n: usize, last: usize, rules: usize) -> PlainNode {
        let forward = |tape: &mut Self| n + 1 + tape.below(last - n);
        let anywhere = |tape: &mut Self| tape.below(last + 1);
        match self.below(6) {
            0 => {
                let acts = self.several(1, 2, |tape| tape.act(rules));
                PlainNode::Do(acts, forward(self))
            }
            1 => {
                let paths = self.several(1, 4, |tape| (tape.several(0, 2, Self::condition), forward(tape)));
                PlainNode::Check(paths, forward(self))
            }
            2 => PlainNode::Wait(Pause::Hours(0), forward(self)),
            3 => PlainNode::Wait(self.wait(), anywhere(self)),
            4 => {
                let on = self.several(1, 2, Self::on_event);
                PlainNode::WaitFor(on, self.wait(), anywhere(self), anywhere(self))
            }
            _ => PlainNode::Split(self.several(1, 4, |tape| (1 + tape.below(9) as u32, forward(tape)))),
        }
    }

    pub(crate) fn steps(&mut self, rules: usize) -> Vec<Step> {
        let count = 1 + self.below(40);
        (0..count).map(|_| self.step(rules)).collect()
    }

    fn step(&mut self, rules: usize) -> Step {
        Step {
            contact: [0, 0, 0, 1, 2][self.below(5)],
            jump_hours: if self.one_in(20) { 24 * self.below(400) as i64 } else { self.below(30) as i64 },
            late_hours: if self.one_in(4) { self.below(40) as i64 } else { 0 },
            what: match self.below(16) {
                0 => Deed::RunByHand { rule: self.below(rules), conditions: self.one_in(2) },
                1 => Deed::Review,
                _ => Deed::Tell { what: self.happen(), fire: !self.one_in(8) },
            },
            again: self.one_in(5),
            restart: self.one_in(7),
        }
    }

    fn happen(&mut self) -> Happen {
        let family = if self.one_in(6) { self.below(FAMILIES) } else { self.family() };
        match family {
            0 => Happen::Tag(self.below(3)),
            1 => Happen::Untag(self.below(3)),
            2 => Happen::TagScore(self.below(3), self.below(5) as i32),
            3 => Happen::Score(self.below(4) as i64, self.below(6) as i64),
            4 => Happen::Consent(self.below(3), self.below(3)),
            5 => {
                let kind = self.below(2);
                Happen::External(kind, self.maybe(2, |tape| tape.below(100) as i64), self.below(3))
            }
            6 => Happen::Changed(self.below(2), self.one_in(2), 7),
            7 => Happen::Stage(self.below(2)),
            8 => Happen::Opened(self.below(2)),
            9 => Happen::Clicked(self.below(2), self.below(3)),
            10 => Happen::Visited(self.below(3)),
            11 => Happen::Rfm(self.below(2), self.below(2)),
            12 => Happen::Custom(self.below(2), self.below(3)),
            _ => match self.below(6) {
                0 => Happen::Added,
                1 => Happen::Touched,
                2 | 3 => Happen::FieldAdded(self.below(2)),
                _ => Happen::FieldChanged(self.below(2)),
            },
        }
    }
}
