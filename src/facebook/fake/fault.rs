//! Faults: which calls they strike, and what happens to those.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::log::Edge;
use super::random::Random;

/// What goes wrong with a call.
///
/// Through a [`MockClient`](super::MockClient), delays and pauses move the fake's clock; over HTTP they take real time.
///
/// ```
/// use audiencekit::facebook::fake::{Fault, FaultRule};
///
/// let throttled = Fault::Error { code: 80003, subcode: Some(2446079), is_transient: None };
/// assert_eq!("error=80003/2446079".parse::<FaultRule>()?, FaultRule::new(throttled));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// The connection closes; the call is not processed.
    DropBefore,
    /// The call takes effect, and its reply is lost. Every client must survive this.
    DropReply,
    /// The call is processed twice, as if a proxy had repeated it; the second reply is delivered.
    Duplicate,
    /// The connection closes, and the call takes effect after the next call on the same edge.
    Late,
    /// The reply arrives after this time.
    Delay(Duration),
    /// The body of the reply arrives slowly, in chunks.
    Slow {
        /// Bytes per chunk.
        chunk: usize,
        /// The pause after each chunk.
        pause: Duration,
    },
    /// The call takes effect, and only this many bytes of the reply's body arrive.
    Truncate(usize),
    /// The call takes effect, and the connection is reset.
    Reset,
    /// The reply is an HTML page of this status; the call is not processed.
    Html(u16),
    /// The reply is a short text of status 429; the call is not processed.
    TooManyRequests,
    /// The reply is Facebook's JSON error; the call is not processed.
    Error {
        /// The error's `code`.
        code: i64,
        /// The error's `error_subcode`.
        #[serde(default)]
        subcode: Option<i64>,
        /// The error's `is_transient`; absent without it.
        #[serde(default)]
        is_transient: Option<bool>,
    },
    /// The reply has this status and this body, sent as JSON; the call is not processed.
    Body {
        /// HTTP status.
        status: u16,
        /// The body, valid JSON or not.
        body: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum When {
    Always,
    Nth(u64),
    First(u64),
    Every(u64),
    PerMille(u32),
}

/// A fault, and the calls that it strikes.
///
/// A new rule strikes every call on every edge. [`on`](Self::on) limits it to an edge; [`nth`](Self::nth),
/// [`first`](Self::first), [`every`](Self::every) and [`per_mille`](Self::per_mille) choose among the calls there, and
/// the last of them applies. Calls are counted from when the rule is [injected](super::Fake::inject).
///
/// A rule can also be parsed from text of the form `FAULT[@EDGE][:WHEN]`.
///
/// ```
/// use audiencekit::facebook::fake::{Edge, Fake, Fault, FaultRule};
///
/// let fake = Fake::new();
/// fake.inject(FaultRule::new(Fault::DropReply).on(Edge::AddUsers).nth(3));
/// fake.inject("drop_reply@add_users:3".parse()?); // the same rule, as text
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    fault: Fault,
    #[serde(default)]
    edge: Option<Edge>,
    #[serde(default = "always")]
    when: When,
}

fn always() -> When {
    When::Always
}

impl FaultRule {
    /// Creates a rule that strikes every call.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fault, FaultRule};
    /// assert_eq!("reset".parse::<FaultRule>()?, FaultRule::new(Fault::Reset));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self { fault, edge: None, when: When::Always }
    }

    /// Limits the rule to calls on this edge.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Edge, Fault, FaultRule};
    /// let rule = FaultRule::new(Fault::TooManyRequests).on(Edge::ReadAudience);
    /// assert_eq!("too_many_requests@read_audience".parse::<FaultRule>()?, rule);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn on(mut self, edge: Edge) -> Self {
        self.edge = Some(edge);
        self
    }

    /// Limits the rule to the n-th call, counted from 1.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fault, FaultRule};
    /// assert_eq!("drop_reply:3".parse::<FaultRule>()?, FaultRule::new(Fault::DropReply).nth(3));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.when = When::Nth(n);
        self
    }

    /// Limits the rule to the first n calls.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fault, FaultRule};
    /// assert_eq!("html=502:first=2".parse::<FaultRule>()?, FaultRule::new(Fault::Html(502)).first(2));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn first(mut self, n: u64) -> Self {
        self.when = When::First(n);
        self
    }

    /// Limits the rule to every n-th call.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fault, FaultRule};
    /// assert_eq!("late:every=10".parse::<FaultRule>()?, FaultRule::new(Fault::Late).every(10));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn every(mut self, n: u64) -> Self {
        self.when = When::Every(n);
        self
    }

    /// Limits the rule to this many of a thousand calls, at random from the fake's seed.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fault, FaultRule};
    /// assert_eq!("html=500:1.5%".parse::<FaultRule>()?, FaultRule::new(Fault::Html(500)).per_mille(15));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn per_mille(mut self, chance: u32) -> Self {
        self.when = When::PerMille(chance);
        self
    }
}

const FAULTS: &str = "one of drop_before, drop_reply, duplicate, late, reset, too_many_requests, delay=MILLISECONDS, \
                      truncate=BYTES, html=STATUS, error=CODE or error=CODE/SUBCODE";

impl std::str::FromStr for FaultRule {
    type Err = crate::Error;

    /// Parses `FAULT[@EDGE][:WHEN]`, such as `drop_reply@add_users:3`, `html=500:1%`,
    /// `error=80003/2446079@add_users:first=2` or `delay=250@create_audience:every=10`.
    ///
    /// - `FAULT` is `drop_before`, `drop_reply`, `duplicate`, `late`, `reset`, `too_many_requests`,
    ///   `delay=MILLISECONDS`, `truncate=BYTES`, `html=STATUS`, `error=CODE` or `error=CODE/SUBCODE`.
    /// - `EDGE` is the name of an [`Edge`] in `snake_case`.
    /// - `WHEN` is `N` or `nth=N`, `first=N`, `every=N`, or a percentage such as `1%`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with what was expected.
    fn from_str(text: &str) -> crate::Result<Self> {
        let wrong = || {
            crate::Error::new(crate::ErrorKind::Invalid, "fault", format!("cannot read {text:?}"))
                .with_expected(
                    "FAULT[@EDGE][:WHEN], such as \"drop_reply@add_users:3\" or \"html=500:every=10\"",
                )
        };
        let (rest, when) = text.split_once(':').map_or((text, None), |(rest, when)| (rest, Some(when)));
        let (fault, edge) = rest.split_once('@').map_or((rest, None), |(fault, edge)| (fault, Some(edge)));
        let (name, value) = fault.split_once('=').unwrap_or((fault, ""));
        let number = || value.parse::<u64>().map_err(|_| wrong());
        let fault = match name {
            "drop_before" => Fault::DropBefore,
            "drop_reply" => Fault::DropReply,
            "duplicate" => Fault::Duplicate,
            "late" => Fault::Late,
            "reset" => Fault::Reset,
            "too_many_requests" => Fault::TooManyRequests,
            "delay" => Fault::Delay(Duration::from_millis(number()?)),
            "truncate" => Fault::Truncate(usize::try_from(number()?).map_err(|_| wrong())?),
            "html" => Fault::Html(u16::try_from(number()?).map_err(|_| wrong())?),
            "error" => {
                let (code, subcode) = value.split_once('/').map_or((value, None), |(c, s)| (c, Some(s)));
                let code = code.parse().map_err(|_| wrong())?;
                let subcode = subcode.map(str::parse).transpose().map_err(|_| wrong())?;
                Fault::Error { code, subcode, is_transient: None }
            }
            _ => {
                return Err(crate::Error::new(
                    crate::ErrorKind::Invalid,
                    "fault",
                    format!("unknown fault {name:?}"),
                )
                .with_expected(FAULTS));
            }
        };
        let mut rule = Self::new(fault);
        if let Some(edge) = edge {
            // serde's words name the edges that there are.
            let unknown = |error: serde_json::Error| {
                crate::Error::new(crate::ErrorKind::Invalid, "fault edge", error.to_string())
            };
            rule.edge = Some(serde_json::from_value(edge.into()).map_err(unknown)?);
        }
        if let Some(when) = when {
            let (how, count) = when.split_once('=').unwrap_or(("nth", when));
            let percent = when.strip_suffix('%').and_then(|percent| percent.parse::<f64>().ok());
            let count = || count.parse::<u64>().ok().filter(|&count| count > 0).ok_or_else(wrong);
            rule.when = match (how, percent) {
                (_, Some(percent)) => When::PerMille((percent * 10.0).round() as u32),
                ("first", _) => When::First(count()?),
                ("every", _) => When::Every(count()?),
                ("nth", _) => When::Nth(count()?),
                _ => return Err(wrong()),
            };
        }
        Ok(rule)
    }
}

/// A rule and how many calls it has seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Armed {
    rule: FaultRule,
    seen: u64,
}

impl Armed {
    pub(super) fn new(rule: FaultRule) -> Self {
        Self { rule, seen: 0 }
    }

    /// The fault, if this call is struck.
    pub(super) fn strikes(&mut self, edge: Edge, random: &mut Random) -> Option<Fault> {
        if self.rule.edge.is_some_and(|only| only != edge) {
            return None;
        }
        self.seen += 1;
        let hit = match self.rule.when {
            When::Always => true,
            When::Nth(n) => self.seen == n,
            When::First(n) => self.seen <= n,
            When::Every(n) => self.seen.checked_rem(n) == Some(0),
            When::PerMille(chance) => random.chance(chance),
        };
        hit.then(|| self.rule.fault.clone())
    }
}

/// A call that was held back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) edge: Edge,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_from_a_command_line() {
        let rule: FaultRule = "drop_reply@add_users:3".parse().unwrap();
        assert_eq!(rule, FaultRule::new(Fault::DropReply).on(Edge::AddUsers).nth(3));
        let rule: FaultRule = "html=500:1%".parse().unwrap();
        assert_eq!(rule, FaultRule::new(Fault::Html(500)).per_mille(10));
        let error = Fault::Error { code: 80003, subcode: Some(2446079), is_transient: None };
        let rule: FaultRule = "error=80003/2446079:first=2".parse().unwrap();
        assert_eq!(rule, FaultRule::new(error).first(2));
        for bad in ["", "explode", "html", "html=x", "reset@nowhere", "reset:0", "reset:often=2"] {
            assert!(bad.parse::<FaultRule>().is_err(), "{bad}");
        }
    }
}
