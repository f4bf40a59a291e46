//! Names and types of a syntax tree, held against the schema: what passes here cannot fail later.

use super::operators::{exact_fits, negation_fits, upside_down};
use super::scope::Scope;
use crate::contact::{DateOrder, Schema, date, nearest, normalize_tag};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::time::{Period, Unit};
use crate::segment::language::ast::tree::{Check, Expr, Literal, Quantifier, Term, Test};
use crate::segment::language::error::FilterProblem;
use crate::segment::language::kind::Kind;
use crate::segment::language::limits::Limits;
use crate::segment::language::pattern::regexes;

/// The states of a consent, as filters write them.
pub(crate) const CONSENT_STATES: [&str; 3] = ["confirmed", "withdrawn", "not_confirmed"];

/// Every problem of `expr` under `schema`.
pub(crate) fn check(expr: &Expr, schema: &Schema, limits: &Limits) -> Vec<FilterProblem> {
    let mut checker = Checker { limits, problems: Vec::new(), patterns: 0 };
    checker.expr(expr, Scope::contact(schema), 0);
    checker.problems.truncate(limits.problems.max(1));
    checker.problems
}

pub(crate) struct Checker<'a> {
    limits: &'a Limits,
    pub(crate) problems: Vec<FilterProblem>,
    /// The bytes of all patterns so far.
    patterns: usize,
}

impl Checker<'_> {
    pub(crate) fn push(&mut self, problem: FilterProblem, expected: impl Into<String>) {
        self.problems.push(problem.expected(expected));
    }

    pub(crate) fn expr(&mut self, expr: &Expr, scope: Scope<'_>, depth: usize) {
        if self.problems.len() >= self.limits.problems {
            return;
        }
        if self.too_deep(depth, span(expr)) {
            return;
        }
        match expr {
            Expr::Constant(_) => {}
            Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => self.parts(parts, scope, depth),
            Expr::AtLeast(at_least) => {
                if at_least.count == 0 || at_least.count as usize > at_least.of.len() {
                    let problem = FilterProblem::new(
                        at_least.of.first().map(span).unwrap_or_default(),
                        format!("at least {} of {}", at_least.count, at_least.of.len()),
                    );
                    self.push(problem, "a number from 1 to the number of conditions");
                }
                self.parts(&at_least.of, scope, depth);
            }
            Expr::Not(inner) => self.expr(inner, scope, depth + 1),
            Expr::Test(test) => self.test(test, scope, depth),
            Expr::Tags(tags) => {
                if scope.event.is_some() {
                    let problem =
                        FilterProblem::new(tags.span, "tags belong to the contact, not to an event");
                    return self.push(problem, "only properties of the event inside where");
                }
                if tags.tags.is_empty() {
                    let problem = FilterProblem::new(tags.span, "a list without tags");
                    self.push(
                        problem,
                        match tags.quantifier {
                            Quantifier::All => "the tags it must have",
                            Quantifier::Only | Quantifier::Exactly => "at least one tag, or count(tags) = 0",
                            Quantifier::Any | Quantifier::None => "at least one tag",
                        },
                    );
                }
                self.length(tags.tags.len(), tags.span);
                for tag in &tags.tags {
                    self.tag(tag);
                }
            }
            Expr::Exists(query) => self.query(query, scope, depth),
            Expr::Segment(name) => {
                if scope.event.is_some() {
                    let problem = FilterProblem::new(name.span, "a segment has contacts, not events");
                    self.push(problem, "only properties of the event inside where");
                } else if name.node.trim().is_empty() {
                    self.push(FilterProblem::new(name.span, "a blank name"), "the name of a segment");
                }
            }
        }
    }

    /// Whether there are more levels than the limit, which is reported.
    pub(crate) fn too_deep(&mut self, depth: usize, span: crate::segment::language::ast::span::Span) -> bool {
        let most = self.limits.depth();
        if depth >= most {
            let problem = FilterProblem::new(span, format!("more than {most} conditions inside one another"));
            self.push(problem, "a flatter filter");
        }
        depth >= most
    }

    fn parts(&mut self, parts: &[Expr], scope: Scope<'_>, depth: usize) {
        if parts.is_empty() {
            self.push(
                FilterProblem::new(crate::segment::language::ast::span::Span::default(), "no condition"),
                "at least one condition",
            );
        }
        for part in parts {
            self.expr(part, scope, depth + 1);
        }
    }

    fn length(&mut self, len: usize, span: crate::segment::language::ast::span::Span) {
        if len > self.limits.list {
            let problem = FilterProblem::new(span, format!("the list has {len} values"));
            self.push(problem, format!("at most {}", self.limits.list));
        }
    }

    pub(crate) fn tag(&mut self, tag: &Spanned<String>) {
        if normalize_tag(&tag.node).is_none() {
            self.push(FilterProblem::new(tag.span, "a blank tag"), "letters, digits, - ( [ { ) ] } _");
        } else if tag.node.contains(',') {
            let problem = FilterProblem::new(tag.span, "a comma in a tag");
            self.push(problem, "one tag in each pair of quotes: commas separate tags");
        }
    }

    fn test(&mut self, test: &Test, scope: Scope<'_>, depth: usize) {
        let before = self.problems.len();
        match &test.term {
            Term::Events(aggregate) => self.query(&aggregate.query, scope, depth),
            Term::TagScore(tag) | Term::TagSince(tag) => self.tag(tag),
            Term::TagCount if scope.event.is_some() => {
                let problem = FilterProblem::new(test.span, "tags belong to the contact, not to an event");
                self.push(problem, "only properties of the event inside where");
            }
            _ => {}
        }
        if self.problems.len() > before {
            return;
        }
        let kind = match scope.kind(&test.term) {
            Ok(kind) => kind,
            Err(problem) => return self.problems.push(problem),
        };
        if test.exact && !exact_fits(&test.check, kind) {
            let problem = FilterProblem::new(test.span, "only the comparison of text can be exact");
            self.push(problem, "this operator without exactly");
        }
        if test.negated && !negation_fits(&test.check) {
            let problem = FilterProblem::new(test.span, "this comparison has no negated form");
            self.push(problem, "the opposite comparison, or not around it");
        }
        self.default(test, kind);
        if let Check::Against(against) = &test.check {
            return self.against(test, against, kind, scope, depth);
        }
        if let Check::BetweenTerms(bounds) = &test.check {
            return self.bounds(test, bounds, kind, scope, depth);
        }
        self.question(&test.check, kind, test.span);
        self.values(test, scope);
    }

    /// Holds values against the declared ones of a keyword.
    fn values(&mut self, test: &Test, scope: Scope<'_>) {
        let (Term::Field(name), None) = (&test.term, scope.event) else {
            return self.consent_states(test);
        };
        let Some(values) = scope.schema.field(&name.node).and_then(|id| scope.schema.get(id).values()) else {
            return;
        };
        let values: Vec<&str> = values.collect();
        self.known(test, &values);
    }

    fn consent_states(&mut self, test: &Test) {
        if matches!(test.term, Term::Consent(_)) {
            self.known(test, &CONSENT_STATES);
        }
    }

    fn known(&mut self, test: &Test, values: &[&str]) {
        let literals = match &test.check {
            Check::Equal(literal) => std::slice::from_ref(literal),
            Check::In(literals) => literals,
            _ => return,
        };
        for literal in literals {
            let Literal::Text(text) = &literal.node else { continue };
            let known =
                |value: &&str| if test.exact { value == text } else { value.eq_ignore_ascii_case(text) };
            if !values.iter().any(known) {
                let problem = FilterProblem::new(literal.span, "the text is not a value of this field");
                let expected = match nearest(text, values.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("one of {}", values.join(", ")),
                };
                self.push(problem, expected);
            }
        }
    }

    /// What is asked, of a term of this kind.
    pub(crate) fn question(
        &mut self,
        check: &Check,
        kind: Kind,
        span: crate::segment::language::ast::span::Span,
    ) {
        let ordered = kind.is_number() || kind.is_day() || kind == Kind::Instant;
        let timed = kind.is_day() || kind == Kind::Instant;
        match check {
            Check::Equal(literal) => self.literal(literal, kind),
            Check::Less(literal)
            | Check::LessOrEqual(literal)
            | Check::Greater(literal)
            | Check::GreaterOrEqual(literal) => {
                if ordered {
                    // A bound between two whole numbers is a bound.
                    self.literal(literal, if kind == Kind::Integer { Kind::Decimal } else { kind });
                } else {
                    let problem = FilterProblem::new(span, format!("{} has no order", kind.word()));
                    self.push(problem, "= != in, or an operator for text");
                }
            }
            Check::HasAll(literals) | Check::HasOnly(literals) | Check::HasExactly(literals) => {
                if literals.is_empty() {
                    self.push(FilterProblem::new(span, "an empty list"), "at least one value in the list");
                }
                if kind != Kind::Texts {
                    let problem = FilterProblem::new(span, format!("{} is not a list of texts", kind.word()));
                    return self.push(problem, "in and a list, of a field with one value");
                }
                self.length(literals.len(), span);
                for literal in literals {
                    self.literal(literal, kind);
                }
            }
            Check::In(literals) => {
                if literals.is_empty() {
                    self.push(FilterProblem::new(span, "an empty list"), "at least one value in the list");
                }
                if kind == Kind::Boolean || kind == Kind::Anniversary {
                    let problem = FilterProblem::new(span, format!("{} in a list", kind.word()));
                    return self.push(
                        problem,
                        if kind == Kind::Boolean {
                            "= true or = false"
                        } else {
                            "between, or in next 7 days"
                        },
                    );
                }
                self.length(literals.len(), span);
                for literal in literals {
                    self.literal(literal, kind);
                }
            }
            Check::Between(low, high) => {
                if !ordered && kind != Kind::Anniversary {
                    let problem = FilterProblem::new(span, format!("{} has no order", kind.word()));
                    return self.push(problem, "= != in, or an operator for text");
                }
                let kind = if kind == Kind::Integer { Kind::Decimal } else { kind };
                let before = self.problems.len();
                self.literal(low, kind);
                self.literal(high, kind);
                if self.problems.len() == before && upside_down(&low.node, &high.node) {
                    let problem = FilterProblem::new(low.span, "the lower bound is above the upper bound");
                    self.push(problem, "between the lower and the upper bound");
                }
            }
            Check::Contains(text)
            | Check::ContainsWord(text)
            | Check::StartsWith(text)
            | Check::EndsWith(text) => {
                if self.text(kind, span) {
                    if text.node.is_empty() {
                        self.push(FilterProblem::new(text.span, "every text fits an empty one"), "some text");
                    } else if matches!(check, Check::Contains(_) | Check::ContainsWord(_)) {
                        self.pattern(check, text.span);
                    }
                }
            }
            Check::Like(text) | Check::MatchesUrl(text) | Check::Matches(text) => {
                if self.text(kind, span) {
                    self.pattern(check, text.span);
                }
            }
            // The other term is looked at where the scope is known.
            Check::IsSet | Check::IsEmpty | Check::Against(_) | Check::BetweenTerms(_) => {}
            Check::InLast(period)
            | Check::InNext(period)
            | Check::ExactlyAgo(period)
            | Check::ExactlyAhead(period)
                if kind == Kind::Anniversary =>
            {
                self.period(period, kind, true);
            }
            Check::InCalendar(calendar) if timed || kind == Kind::Anniversary => {
                if matches!(calendar.unit, Unit::Minute | Unit::Hour) {
                    let problem = FilterProblem::new(calendar.span, "not a stretch of the calendar");
                    self.push(problem, "day, week, month, quarter or year");
                }
            }
            Check::InLast(period) | Check::InNext(period) if timed => self.period(period, kind, false),
            Check::MoreThanAgo(period) | Check::LessThanAgo(period) if timed => {
                self.period(period, kind, false);
            }
            Check::MoreThanAhead(period) | Check::LessThanAhead(period) if timed => {
                self.period(period, kind, false);
            }
            Check::ExactlyAgo(period) | Check::ExactlyAhead(period) if timed => {
                self.period(period, kind, true);
            }
            _ => {
                let problem = FilterProblem::new(span, format!("{} is not a point in time", kind.word()));
                self.push(problem, "a date or an instant before this operator");
            }
        }
    }

    /// A pattern by itself, and together with those before it.
    fn pattern(&mut self, check: &Check, span: crate::segment::language::ast::span::Span) {
        if self.patterns > self.limits.regexes {
            return;
        }
        match regexes::check(check, self.limits.regex) {
            Ok(bytes) => self.patterns += bytes,
            Err((message, expected)) => return self.push(FilterProblem::new(span, message), expected),
        }
        if self.patterns > self.limits.regexes {
            let problem = FilterProblem::new(span, "the patterns are too large together");
            let most = self.limits.regexes;
            self.push(problem, format!("at most {most} bytes of patterns in one filter"));
        }
    }

    fn text(&mut self, kind: Kind, span: crate::segment::language::ast::span::Span) -> bool {
        if !kind.is_text() {
            self.push(
                FilterProblem::new(span, format!("{} is not text", kind.word())),
                "an operator for its type",
            );
        }
        kind.is_text()
    }

    fn period(&mut self, period: &Period, kind: Kind, whole_days: bool) {
        let short = matches!(period.unit, Unit::Minute | Unit::Hour);
        if short && (whole_days || kind != Kind::Instant) {
            let problem = FilterProblem::new(period.span, "a day has no hours here");
            self.push(problem, "days, weeks, months, quarters or years");
        }
    }

    pub(crate) fn literal(&mut self, literal: &Spanned<Literal>, kind: Kind) {
        if let Some(expected) = literal.node.misfit(kind) {
            let message = match (&literal.node, kind) {
                (Literal::Text(text), Kind::Date | Kind::Birthday | Kind::Instant)
                    if [DateOrder::DayMonthYear, DateOrder::MonthDayYear]
                        .into_iter()
                        .any(|order| date(text, order).is_some()) =>
                {
                    let problem = FilterProblem::new(literal.span, "the year of the date is not first");
                    return self.push(problem, "write the year first, such as 2026-01-31");
                }
                (Literal::Text(_), Kind::Date | Kind::Birthday | Kind::Instant) => {
                    "no such day or instant".to_owned()
                }
                (Literal::Instant(_), Kind::Date | Kind::Birthday) => "a day has no hours here".to_owned(),
                (node, kind) => format!("{} does not compare with {}", kind.word(), node.word()),
            };
            self.push(FilterProblem::new(literal.span, message), expected);
        }
    }
}

fn span(expr: &Expr) -> crate::segment::language::ast::span::Span {
    match expr {
        Expr::Test(test) => test.span,
        Expr::Tags(tags) => tags.span,
        Expr::Exists(query) => query.span,
        Expr::Segment(name) => name.span,
        Expr::Not(inner) => span(inner),
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => {
            parts.first().map(span).unwrap_or_default()
        }
        Expr::AtLeast(at_least) => at_least.of.first().map(span).unwrap_or_default(),
        Expr::Constant(_) => crate::segment::language::ast::span::Span::default(),
    }
}
