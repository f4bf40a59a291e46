//! Definitions and events in the model's own words, and how they are said to the engine.

use std::collections::{BTreeMap, BTreeSet};

use audiencekit::audience::Audience;
use audiencekit::automation::{
    Action, ActionStep, CheckPath, ConsentChannel, Delay, EntryPoint, EventKind, ExitCriterion, FrequencyCap,
    Node, OpenHours, Period, PropertyFilter, PropertyTest, RateLimit, Reentry, Rule, Schedule, SplitPath,
    Trigger, Workflow,
};
use audiencekit::contact::ConsentStatus;
use time::macros::datetime;
use time::{Duration, OffsetDateTime, Weekday};

pub(crate) const START: OffsetDateTime = datetime!(2028-02-27 22:00 UTC);
pub(crate) const TAGS: [&str; 3] = ["A", "ZOLW_1", "C"];
/// The same tags as people write them.
pub(crate) const TAGS_AS_WRITTEN: [&str; 3] = [" a ", "żółw 1", "c"];
const KINDS: [&str; 2] = ["purchase", "cart"];
const KINDS_AS_WRITTEN: [&str; 2] = ["Purchase", "CART"];
const WORDS: [&str; 3] = ["shop", "Łódź", ""];
pub(crate) const PLANS: [&str; 2] = ["free", "pro"];
pub(crate) const STAGES: [&str; 2] = ["new", "won"];
const MAILS: [&str; 2] = ["m1", "m2"];
pub(crate) const DAYS: [&str; 3] = ["2028-02-29", "2028-03-02", "2027-03-26"];
const URLS: [&str; 3] = ["https://s.example/a/offer-1?x=2", "https://s.example/Info", "https://t.example/b"];
const PATTERNS: [&str; 3] = ["path:/*/*offer*", "info", "any:offer, t.example"];
/// Which pattern fits which address, worked out by hand.
pub(crate) const FITS: [[bool; 3]; 3] = [[true, false, false], [false, true, false], [true, false, true]];
const CHANNELS: [ConsentChannel; 3] = [ConsentChannel::Email, ConsentChannel::Phone, ConsentChannel::WebPush];
const STATUSES: [ConsentStatus; 3] =
    [ConsentStatus::Confirmed, ConsentStatus::Withdrawn, ConsentStatus::NotConfirmed];
pub(crate) const FIELDS: [&str; 2] = ["plan", "renewal"];

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Happen {
    Added,
    FieldAdded(usize),
    FieldChanged(usize),
    Tag(usize),
    Untag(usize),
    TagScore(usize, i32),
    Score(i64, i64),
    Consent(usize, usize),
    /// Kind, amount, where.
    External(usize, Option<i64>, usize),
    /// Kind, whether its amount changed, amount.
    Changed(usize, bool, i64),
    Stage(usize),
    Opened(usize),
    Clicked(usize, usize),
    Visited(usize),
    Rfm(usize, usize),
    Custom(usize, usize),
    Touched,
}

/// What is listened to. A list is met by any of its members, an empty one by all.
#[derive(Debug, Clone)]
pub(crate) enum On {
    Added,
    FieldAdded(Vec<usize>),
    FieldChanged(Vec<usize>),
    Tag(Vec<usize>),
    Untag(Vec<usize>),
    TagScore(usize, i32),
    ScoreIs(i64),
    ScoreAbove(i64),
    Consent(Vec<usize>, usize),
    External(Vec<usize>, Option<Property>),
    Changed(Vec<usize>, bool),
    Stage(Vec<usize>),
    Opened(Vec<usize>),
    Clicked(Vec<usize>, Option<usize>),
    Visited(usize),
    Rfm(Option<usize>, Vec<usize>),
    Custom(usize, Option<usize>),
    Near { days: i32, yearly: bool, warsaw: bool },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Property {
    Above(i64),
    Below(i64),
    Is(i64),
    Somewhere,
    Nowhere,
    At(usize),
    NotAt(usize),
    Within(usize),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Cond {
    Score(i64),
    Tag(usize),
    NoTag(usize),
    Plan(usize),
    Stage(usize),
    RenewalToday,
    RenewalWithin(u32),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Act {
    Add(usize),
    Remove(usize),
    Tag(usize),
    Untag(usize),
    TagScore(usize, i32),
    SetScore(i64),
    Score(i64),
    Plan(Option<usize>),
    Renewal(usize),
    Stage(usize),
    Run(usize, bool),
    Call,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pause {
    Hours(u32),
    Days(u32),
    Months(u32),
}

#[derive(Debug, Clone)]
pub(crate) struct PlainRule {
    pub(crate) on: Vec<On>,
    pub(crate) when: Vec<Cond>,
    pub(crate) check_after: Pause,
    pub(crate) yes: Vec<(Act, Pause)>,
    pub(crate) no: Vec<(Act, Pause)>,
    pub(crate) runs: Option<u32>,
    pub(crate) interval: Pause,
    pub(crate) valid: (Option<i64>, Option<i64>),
    pub(crate) active: bool,
    pub(crate) leave: bool,
    pub(crate) hours: Option<Hours>,
    /// Rules and workflows are in one of two groups.
    pub(crate) group: usize,
    pub(crate) cap: Option<PlainCap>,
}

/// Most runs over all contacts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlainCap {
    pub(crate) runs: usize,
    pub(crate) per: Period,
}

/// Full hours of a schedule; those of days on which they begin, none for all, counted from Monday.
#[derive(Debug, Clone)]
pub(crate) struct Hours {
    pub(crate) days: Vec<usize>,
    pub(crate) from: usize,
    pub(crate) until: usize,
    pub(crate) warsaw: bool,
    pub(crate) drops: bool,
}

/// Most runs for a contact of one group, or of both.
#[derive(Debug, Clone)]
pub(crate) struct PlainLimit {
    pub(crate) group: Option<usize>,
    pub(crate) runs: usize,
    pub(crate) per: Period,
}

#[derive(Debug, Clone)]
pub(crate) enum PlainNode {
    Do(Vec<Act>, usize),
    Check(Vec<(Vec<Cond>, usize)>, usize),
    Wait(Pause, usize),
    WaitFor(Vec<On>, Pause, usize, usize),
    Split(Vec<(u32, usize)>),
    End,
}

#[derive(Debug, Clone)]
pub(crate) struct PlainFlow {
    pub(crate) starts: Vec<(On, Vec<Cond>, usize)>,
    pub(crate) nodes: Vec<PlainNode>,
    pub(crate) exits: Vec<(Vec<On>, Vec<Cond>)>,
    pub(crate) reentry: Reentry,
    pub(crate) hours: Option<Hours>,
    pub(crate) group: usize,
    pub(crate) cap: Option<PlainCap>,
}

pub(crate) fn saved(id: usize) -> Audience {
    let definition = format!(
        r#"{{"schema_version":1,"id":"{id}","account":"act_1","name":"A","description":"d","contacts":"automation",
            "refresh":"never","minimum_size":{{"people":0,"refuse":false}}}}"#
    );
    serde_json::from_str(&definition).unwrap()
}

pub(crate) fn hours(n: i64) -> OffsetDateTime {
    START + Duration::hours(n)
}

fn names(all: &[&str], chosen: &[usize]) -> Vec<String> {
    chosen.iter().map(|&n| all[n].to_owned()).collect()
}

pub(crate) fn happening(what: &Happen) -> EventKind {
    let somewhere = |place: usize| match WORDS[place] {
        "" => BTreeMap::new(),
        word => BTreeMap::from([("location".to_owned(), word.to_owned())]),
    };
    match what.clone() {
        Happen::Added => EventKind::ContactAdded,
        Happen::FieldAdded(n) => EventKind::DetailAdded { field: FIELDS[n].into() },
        Happen::FieldChanged(n) => EventKind::DetailChanged { field: FIELDS[n].into() },
        Happen::Tag(n) => EventKind::TagAssigned { tag: TAGS_AS_WRITTEN[n].into() },
        Happen::Untag(n) => EventKind::TagRemoved { tag: TAGS_AS_WRITTEN[n].into() },
        Happen::TagScore(n, score) => {
            EventKind::TagScoreChanged { tag: TAGS_AS_WRITTEN[n].into(), score: score.into() }
        }
        Happen::Score(from, to) => EventKind::ScoreChanged { from, to },
        Happen::Consent(channel, status) => {
            EventKind::ConsentChanged { channel: CHANNELS[channel].clone(), status: STATUSES[status] }
        }
        Happen::External(kind, value, place) => EventKind::External {
            kind: KINDS_AS_WRITTEN[kind].into(),
            value: value.map(Into::into),
            properties: somewhere(place),
        },
        Happen::Changed(kind, amount, value) => EventKind::ExternalChanged {
            kind: KINDS_AS_WRITTEN[kind].into(),
            fields: vec![if amount { "value" } else { "location" }.into()],
            value: Some(value.into()),
            properties: BTreeMap::new(),
        },
        Happen::Stage(n) => EventKind::StageReached { funnel: "f".into(), stage: STAGES[n].into() },
        Happen::Opened(n) => EventKind::MailOpened { mail: MAILS[n].into() },
        Happen::Clicked(n, url) => EventKind::MailClicked { mail: MAILS[n].into(), link: URLS[url].into() },
        Happen::Visited(url) => EventKind::visit(URLS[url]),
        Happen::Rfm(dimension, group) => EventKind::RfmChanged {
            report: "r".into(),
            dimension: ["Recency", "monetary"][dimension].into(),
            group: ["HIGH", "low"][group].into(),
        },
        Happen::Custom(name, place) => {
            EventKind::Custom { name: ["x", "y"][name].into(), properties: somewhere(place) }
        }
        Happen::Touched => EventKind::Touched,
    }
}

fn trigger(on: &On) -> Trigger {
    match on.clone() {
        On::Added => Trigger::ContactAdded,
        On::FieldAdded(n) => Trigger::DetailAdded { fields: names(&FIELDS, &n) },
        On::FieldChanged(n) => Trigger::DetailChanged { fields: names(&FIELDS, &n) },
        On::Tag(n) => Trigger::TagAssigned { tags: names(&TAGS, &n) },
        On::Untag(n) => Trigger::TagRemoved { tags: names(&TAGS_AS_WRITTEN, &n) },
        On::TagScore(n, score) => Trigger::TagScoreAtLeast { tag: TAGS[n].into(), score: score.into() },
        On::ScoreIs(score) => Trigger::ScoreReached { score },
        On::ScoreAbove(score) => Trigger::ScoreAbove { score },
        On::Consent(n, status) => Trigger::ConsentChanged {
            channels: n.iter().map(|&n| CHANNELS[n].clone()).collect(),
            status: STATUSES[status],
        },
        On::External(n, test) => Trigger::External {
            kinds: names(&KINDS, &n),
            properties: test.iter().map(|&test| property(test)).collect(),
        },
        On::Changed(n, amount) => Trigger::ExternalChanged {
            kinds: names(&KINDS, &n),
            fields: if amount { vec!["value".into()] } else { Vec::new() },
            properties: Vec::new(),
        },
        On::Stage(n) => Trigger::StageReached { funnel: "f".into(), stages: names(&STAGES, &n) },
        On::Opened(n) => Trigger::MailOpened { mails: names(&MAILS, &n) },
        On::Clicked(n, pattern) => {
            Trigger::MailClicked { mails: names(&MAILS, &n), link: pattern.map(|n| PATTERNS[n].into()) }
        }
        On::Visited(pattern) => Trigger::PageVisited { url: PATTERNS[pattern].into() },
        On::Rfm(dimension, n) => Trigger::RfmChanged {
            report: "r".into(),
            dimension: dimension.map(|n| ["recency", "monetary"][n].into()),
            groups: names(&["high", "LOW"], &n),
        },
        On::Custom(name, place) => Trigger::Custom {
            name: ["x", "y"][name].into(),
            properties: place.map(|place| property(Property::At(place))).into_iter().collect(),
        },
        On::Near { days, yearly, warsaw } => Trigger::DateNear {
            field: "renewal".into(),
            days,
            ignore_year: yearly,
            zone: warsaw.then(|| "Europe/Warsaw".into()),
        },
    }
}

fn property(test: Property) -> PropertyFilter {
    let (name, is) = match test {
        Property::Above(n) => ("value", PropertyTest::GreaterThan(n.into())),
        Property::Below(n) => ("value", PropertyTest::LessThan(n.into())),
        Property::Is(n) => ("value", PropertyTest::Equals(format!("{n}.00"))),
        Property::Somewhere => ("location", PropertyTest::IsSet),
        Property::Nowhere => ("location", PropertyTest::IsEmpty),
        Property::At(place) => ("location", PropertyTest::Equals(WORDS[place].to_uppercase())),
        Property::NotAt(place) => ("location", PropertyTest::NotEquals(WORDS[place].to_uppercase())),
        Property::Within(place) => {
            ("location", PropertyTest::Contains(WORDS[place].chars().skip(1).collect::<String>()))
        }
    };
    PropertyFilter::new(name, is)
}

fn filters(conditions: &[Cond]) -> Vec<String> {
    let one = |condition: &Cond| match condition {
        Cond::Score(least) => format!("score >= {least}"),
        Cond::Tag(n) => format!("has tag \"{}\"", TAGS[*n]),
        Cond::NoTag(n) => format!("not has tag \"{}\"", TAGS[*n]),
        Cond::Plan(n) => format!("plan = \"{}\"", PLANS[*n]),
        Cond::Stage(n) => format!("stage(\"f\") = \"{}\"", STAGES[*n]),
        Cond::RenewalToday => "renewal is today".into(),
        Cond::RenewalWithin(days) => format!("renewal in next {days} days and score is set"),
    };
    conditions.iter().map(one).collect()
}

fn action(act: Act) -> Action {
    match act {
        Act::Add(audience) => Action::add_to(&saved(audience)),
        Act::Remove(audience) => Action::remove_from(&saved(audience)),
        Act::Tag(n) => Action::AddTag { tag: TAGS_AS_WRITTEN[n].into() },
        Act::Untag(n) => Action::RemoveTag { tag: TAGS_AS_WRITTEN[n].into() },
        Act::TagScore(n, by) => Action::ChangeTagScore { tag: TAGS[n].into(), by },
        Act::SetScore(to) => Action::SetScore { to },
        Act::Score(by) => Action::ChangeScore { by },
        Act::Plan(n) => Action::SetDetail { field: "plan".into(), value: n.map_or("", |n| PLANS[n]).into() },
        Act::Renewal(n) => Action::SetDetail { field: "renewal".into(), value: DAYS[n].into() },
        Act::Stage(n) => Action::SetStage { funnel: "f".into(), stage: STAGES[n].into() },
        Act::Run(rule, check_conditions) => Action::RunRule { rule: format!("r{rule}"), check_conditions },
        Act::Call => Action::Call { name: "host".into(), data: "d".into() },
    }
}

fn delay(pause: Pause) -> Delay {
    match pause {
        Pause::Hours(n) => Delay::Hours(n),
        Pause::Days(n) => Delay::Days(n),
        Pause::Months(n) => Delay::Months(n),
    }
}

fn schedule(plain: &Hours) -> Schedule {
    let hour = |hour: usize| format!("{hour:02}:00");
    let days = plain.days.iter().map(|&day| Weekday::Monday.nth_next(day as u8));
    let open = OpenHours::daily(&hour(plain.from), &hour(plain.until)).unwrap().on(days);
    let mut schedule = Schedule::new(open);
    if plain.warsaw {
        schedule = schedule.zone("Europe/Warsaw");
    }
    if plain.drops { schedule.or_skip() } else { schedule }
}

pub(crate) fn limit(index: usize, plain: &PlainLimit) -> FrequencyCap {
    let limit = FrequencyCap::new(format!("l{index}"), plain.runs as u32, plain.per);
    match plain.group {
        Some(group) => limit.group(format!("g{group}")),
        None => limit,
    }
}

fn cap(plain: PlainCap) -> RateLimit {
    RateLimit::new(plain.runs as u32, plain.per)
}

pub(crate) fn rule(index: usize, plain: &PlainRule) -> Rule {
    let steps = |acts: &[(Act, Pause)]| {
        acts.iter().map(|&(act, after)| ActionStep::new(action(act)).after(delay(after))).collect()
    };
    let mut rule = Rule::new(format!("r{index}"))
        .check_after(delay(plain.check_after))
        .min_interval(delay(plain.interval))
        .valid(plain.valid.0.map(hours), plain.valid.1.map(hours))
        .active(plain.active);
    rule.on = plain.on.iter().map(trigger).collect();
    rule.when = filters(&plain.when);
    rule.if_yes = steps(&plain.yes);
    rule.if_no = steps(&plain.no);
    rule.runs_per_contact = plain.runs;
    rule.leave = plain.leave;
    rule.schedule = plain.hours.as_ref().map(schedule);
    rule.group = Some(format!("g{}", plain.group));
    rule.rate_limit = plain.cap.map(cap);
    rule
}

fn node(n: usize) -> String {
    format!("n{n:02}")
}

pub(crate) fn workflow(index: usize, plain: &PlainFlow) -> Workflow {
    let mut workflow = Workflow::new(format!("w{index}"), 1).reentry(plain.reentry);
    workflow.schedule = plain.hours.as_ref().map(schedule);
    workflow.group = Some(format!("g{}", plain.group));
    workflow.rate_limit = plain.cap.map(cap);
    for (on, when, to) in &plain.starts {
        let mut entry = EntryPoint::new(trigger(on), node(*to));
        entry.when = filters(when);
        workflow.starts.push(entry);
    }
    for (n, plain) in plain.nodes.iter().enumerate() {
        let made = match plain {
            PlainNode::Do(acts, to) => {
                Node::Do { actions: acts.iter().map(|&act| action(act)).collect(), to: node(*to) }
            }
            PlainNode::Check(paths, otherwise) => Node::Check {
                paths: paths
                    .iter()
                    .map(|(when, to)| {
                        filters(when).into_iter().fold(CheckPath::new(node(*to)), CheckPath::when)
                    })
                    .collect(),
                otherwise: node(*otherwise),
            },
            PlainNode::Wait(pause, to) => Node::Wait { delay: delay(*pause), to: node(*to) },
            PlainNode::WaitFor(on, within, then, otherwise) => Node::WaitFor {
                on: on.iter().map(trigger).collect(),
                within: delay(*within),
                then: node(*then),
                otherwise: node(*otherwise),
            },
            PlainNode::Split(paths) => Node::Split {
                paths: paths.iter().map(|&(weight, to)| SplitPath::new(weight, node(to))).collect(),
            },
            PlainNode::End => Node::End,
        };
        workflow.nodes.insert(node(n), made);
    }
    for (n, (on, when)) in plain.exits.iter().enumerate() {
        let mut exit = ExitCriterion::new(format!("e{n}"));
        exit.goal = n == 0;
        exit.on = on.iter().map(trigger).collect();
        exit.when = filters(when);
        workflow.exits.push(exit);
    }
    drop_unreachable(&mut workflow);
    workflow
}

/// What no way leads to would be refused.
fn drop_unreachable(workflow: &mut Workflow) {
    let mut open: Vec<String> = workflow.starts.iter().map(|start| start.to.clone()).collect();
    let mut reached = BTreeSet::new();
    while let Some(id) = open.pop() {
        if reached.insert(id.clone()) {
            let text = serde_json::to_value(&workflow.nodes[&id]).unwrap();
            targets(&text, &mut open);
        }
    }
    workflow.nodes.retain(|id, _| reached.contains(id));
}

fn targets(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| match value.as_str() {
            Some(id) if ["to", "then", "otherwise"].contains(&key.as_str()) => found.push(id.to_owned()),
            _ => targets(value, found),
        }),
        serde_json::Value::Array(list) => list.iter().for_each(|value| targets(value, found)),
        _ => {}
    }
}
