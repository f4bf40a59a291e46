//! What a test asks of its term: operators, values, lists, and the words for time.

use rust_decimal::prelude::ToPrimitive;

use super::lexer::Token;
use super::parser::{Failed, Parsed, Parser, is};
use crate::contact::nearest;
use crate::segment::language::ast::operand::{Against, Bounds, Operand, OtherTerm, Relation};
use crate::segment::language::ast::span::{Span, Spanned};
use crate::segment::language::ast::time::{Calendar, Period, Unit, Which};
use crate::segment::language::ast::tree::{Check, DistanceTo, Literal, Term};
use crate::segment::language::error::FilterProblem;

/// The words with which a check can begin.
const FIRST_WORDS: [&str; 18] = [
    "in", "not", "is", "between", "contains", "starts", "ends", "like", "matches", "before", "after", "on",
    "more", "less", "exactly", "since", "until", "has",
];

type Comparison = fn(Spanned<Literal>) -> Check;

impl Parser<'_> {
    /// True where a check can begin.
    pub(crate) fn at_check(&self) -> bool {
        match self.peek() {
            Token::Word(word) => FIRST_WORDS.iter().any(|first| is(word, first)),
            Token::Sign(sign) => ["=", "!=", "<", "<=", ">", ">="].contains(sign),
            _ => false,
        }
    }

    /// A check, whether it is negated, and whether case matters.
    pub(crate) fn check(&mut self) -> Parsed<(Check, bool, bool)> {
        if self.peek_word("exactly") && matches!(self.peek_at(1), Token::Number(_)) {
            self.advance();
            return Ok((self.distance(Check::ExactlyAgo, Check::ExactlyAhead)?, false, false));
        }
        let exact = self.word("exactly");
        for (sign, make, negated, relation) in [
            ("=", Check::Equal as Comparison, false, Relation::Equal),
            ("!=", Check::Equal, true, Relation::Equal),
            ("<=", Check::LessOrEqual, false, Relation::LessOrEqual),
            (">=", Check::GreaterOrEqual, false, Relation::GreaterOrEqual),
            ("<", Check::Less, false, Relation::Less),
            (">", Check::Greater, false, Relation::Greater),
        ] {
            if self.sign(sign) {
                return Ok((self.operand(make, relation)?, negated, exact));
            }
        }
        for (word, make, relation) in [
            ("before", Check::Less as Comparison, Relation::Less),
            ("after", Check::Greater, Relation::Greater),
            ("on", Check::Equal, Relation::Equal),
            ("since", Check::GreaterOrEqual, Relation::GreaterOrEqual),
            ("until", Check::LessOrEqual, Relation::LessOrEqual),
        ] {
            if self.word(word) {
                return Ok((self.operand(make, relation)?, false, exact));
            }
        }
        if self.words(&["more", "than"]) {
            return Ok((self.distance(Check::MoreThanAgo, Check::MoreThanAhead)?, false, false));
        }
        if self.words(&["less", "than"]) {
            return Ok((self.distance(Check::LessThanAgo, Check::LessThanAhead)?, false, false));
        }
        if self.word("is") {
            return self.state().map(|(check, negated)| (check, negated, false));
        }
        let negated = self.word("not");
        if self.word("in") {
            return Ok((self.membership()?, negated, exact));
        }
        if self.word("between") {
            let low = self.bound()?;
            if !self.word("and") {
                return Err(self.expected("and and the upper bound"));
            }
            let check = match (low, self.bound()?) {
                (Operand::Value(low), Operand::Value(high)) => Check::Between(low, high),
                (low, high) => Check::BetweenTerms(Box::new(Bounds { low, high })),
            };
            return Ok((check, negated, exact));
        }
        if self.word("has") {
            let (check, none) = self.set()?;
            return Ok((check, negated != none, exact));
        }
        Ok((self.text_check()?, negated, exact))
    }

    /// What follows `has`, and whether it says that there is none of them.
    fn set(&mut self) -> Parsed<(Check, bool)> {
        type Set = fn(Vec<Spanned<Literal>>) -> Check;
        for (word, make, none) in [
            ("all", Check::HasAll as Set, false),
            ("only", Check::HasOnly, false),
            ("exactly", Check::HasExactly, false),
            ("any", Check::In, false),
            ("no", Check::In, true),
        ] {
            if self.word(word) {
                if !self.sign("(") {
                    return Err(self.expected("texts in parentheses, with commas between them"));
                }
                return Ok((make(self.list(Self::literal)?), none));
            }
        }
        Err(self.expected("any, all, no, only or exactly, and texts in parentheses"))
    }

    /// A value, or another term with what counts where it is missing.
    fn operand(&mut self, make: Comparison, relation: Relation) -> Parsed<Check> {
        Ok(match self.bound()? {
            Operand::Value(value) => {
                if let Some(failed) = self.distance_behind(&value, relation) {
                    return Err(failed);
                }
                make(value)
            }
            Operand::Term(OtherTerm { term, default }) => {
                Check::Against(Box::new(Against { relation, term, default }))
            }
        })
    }

    /// A comparison with a distance in time, as in `>= 90 days ago`, which has words of its own.
    fn distance_behind(&mut self, value: &Spanned<Literal>, relation: Relation) -> Option<Failed> {
        let Literal::Number(count) = &value.node else { return None };
        let Token::Word(word) = self.peek() else { return None };
        let (_, _, unit) = Unit::ALL.iter().find(|(_, one, many)| is(word, one) || is(word, many))?;
        let hint = match relation {
            Relation::Equal => format!("write exactly {count} {unit} ago"),
            Relation::Less | Relation::LessOrEqual => format!("write more than {count} {unit} ago"),
            Relation::Greater | Relation::GreaterOrEqual => {
                format!("write in last {count} {unit}, or in next {count} {unit}")
            }
        };
        Some(self.wrong("a distance in time does not stand behind this operator", hint))
    }

    fn bound(&mut self) -> Parsed<Operand> {
        let named = match self.peek() {
            Token::Word(word) => !["true", "false", "null", "and", "or"].iter().any(|w| is(word, w)),
            Token::Name(_) => true,
            _ => false,
        };
        if !named {
            return self.literal().map(Operand::Value);
        }
        let term = self.term()?;
        let default = if self.word("default") { Some(self.literal()?) } else { None };
        Ok(Operand::Term(OtherTerm { term, default }))
    }

    fn text_check(&mut self) -> Parsed<Check> {
        let make: (fn(Spanned<String>) -> Check, &str) = if self.words(&["contains", "word"]) {
            (Check::ContainsWord, "a word in quotes")
        } else if self.word("contains") {
            (Check::Contains, "text in quotes")
        } else if self.words(&["starts", "with"]) {
            (Check::StartsWith, "text in quotes")
        } else if self.words(&["ends", "with"]) {
            (Check::EndsWith, "text in quotes")
        } else if self.word("like") {
            (Check::Like, "a pattern in quotes, such as \"*@example.com\"")
        } else if self.words(&["matches", "url"]) {
            (Check::MatchesUrl, "a URL pattern in quotes, such as \"path:/shop/**\"")
        } else if self.word("matches") {
            (Check::Matches, "a regular expression in quotes")
        } else {
            return Err(self.no_operator());
        };
        Ok(make.0(self.text(make.1)?))
    }

    /// The rest of `distance(`.
    pub(crate) fn distance_to(&mut self) -> Parsed<Term> {
        let latitude = self.name("the field with the latitude")?;
        self.comma("the field with the longitude")?;
        let longitude = self.name("the field with the longitude")?;
        self.comma("the latitude of a point, such as 52.23")?;
        let north = self.literal()?;
        self.comma("the longitude of the point, such as 21.01")?;
        let to = (north, self.literal()?);
        self.close()?;
        Ok(Term::Distance(Box::new(DistanceTo { latitude, longitude, to })))
    }

    fn comma(&mut self, next: &str) -> Parsed<()> {
        if self.sign(",") { Ok(()) } else { Err(self.expected(format!("a comma and {next}"))) }
    }

    fn no_operator(&mut self) -> Failed {
        if self.peek_word("starts") || self.peek_word("ends") {
            self.advance();
            return self.expected("with, as in starts with and ends with");
        }
        if let Token::Word(word) = self.peek()
            && FIRST_WORDS.iter().any(|known| is(word, known))
        {
            // Only behind `not`: anywhere else it was taken for what it is.
            let problem = FilterProblem::new(self.span(), format!("there is no \"not {word}\""));
            return self.report(problem.expected("the opposite comparison, or not around it"));
        }
        if let Token::Word(word) = self.peek()
            && let Some(near) = nearest(word, FIRST_WORDS.into_iter().chain(["default"]))
        {
            let problem = FilterProblem::new(self.span(), "unknown operator");
            return self.report(problem.expected(format!("did you mean {near:?}?")));
        }
        self.expected(
            "an operator: = != < <= > >= in between contains starts with ends with like matches is ...",
        )
    }

    /// What follows `is`.
    fn state(&mut self) -> Parsed<(Check, bool)> {
        let negated = self.word("not");
        let span = self.span();
        if self.word("set") {
            return Ok((Check::IsSet, negated));
        }
        if self.word("empty") {
            return Ok((Check::IsEmpty, negated));
        }
        if self.word("true") {
            return Ok((Check::Equal(Spanned::at(Literal::Boolean(true), span)), negated));
        }
        if self.word("false") {
            return Ok((Check::Equal(Spanned::at(Literal::Boolean(false), span)), negated));
        }
        if self.word("in") {
            return Ok((self.membership()?, negated));
        }
        match self.day_word() {
            Some(calendar) => Ok((calendar, negated)),
            None if self.peek_word("null") => {
                let problem = FilterProblem::new(span, "there is no null");
                Err(self.report(problem.expected(if negated { "is set" } else { "is not set" })))
            }
            None => {
                Err(self.expected("set, empty, true, false, today, yesterday, tomorrow, or these after not"))
            }
        }
    }

    /// What follows `in`: a list or a time.
    fn membership(&mut self) -> Parsed<Check> {
        if self.sign("(") {
            return Ok(Check::In(self.list(Self::literal)?));
        }
        if let Some(calendar) = self.day_word() {
            return Ok(calendar);
        }
        let start = self.span();
        let which = if self.word("last") {
            Which::Last
        } else if self.word("next") {
            Which::Next
        } else if self.word("this") {
            Which::This
        } else {
            return Err(self.expected("a list in parentheses, last 90 days, next 7 days, this month ..."));
        };
        if which != Which::This && matches!(self.peek(), Token::Number(_)) {
            let period = self.period(start)?;
            return Ok(if which == Which::Last { Check::InLast(period) } else { Check::InNext(period) });
        }
        let unit = self.unit()?;
        Ok(Check::InCalendar(Calendar { which, unit, span: self.since(start) }))
    }

    fn day_word(&mut self) -> Option<Check> {
        let span = self.span();
        let words = [("today", Which::This), ("yesterday", Which::Last), ("tomorrow", Which::Next)];
        let (_, which) = words.into_iter().find(|(word, _)| self.word(word))?;
        Some(Check::InCalendar(Calendar { which, unit: Unit::Day, span }))
    }

    fn distance(&mut self, ago: fn(Period) -> Check, ahead: fn(Period) -> Check) -> Parsed<Check> {
        let start = self.span();
        let period = self.period(start)?;
        if self.word("ago") {
            Ok(ago(period))
        } else if self.words(&["from", "now"]) {
            Ok(ahead(period))
        } else {
            Err(self.expected("ago or from now"))
        }
    }

    pub(crate) fn period(&mut self, start: Span) -> Parsed<Period> {
        let count = self.whole_number("a whole number, such as 90 days")?;
        let unit = self.unit()?;
        Ok(Period { count, unit, span: self.since(start) })
    }

    fn unit(&mut self) -> Parsed<Unit> {
        for (unit, one, many) in Unit::ALL {
            if self.word(one) || self.word(many) {
                return Ok(unit);
            }
        }
        Err(self.expected("minutes, hours, days, weeks, months, quarters or years"))
    }

    pub(crate) fn whole_number(&mut self, expected: &str) -> Parsed<u32> {
        if let Token::Number(number) = self.peek()
            && let Some(count) = number.to_u32().filter(|_| number.is_integer())
        {
            self.advance();
            return Ok(count);
        }
        Err(self.expected(expected))
    }

    pub(crate) fn literal(&mut self) -> Parsed<Spanned<Literal>> {
        let span = self.span();
        let literal = match self.peek() {
            Token::Text(text) => Literal::Text(text.clone()),
            Token::Number(number) => Literal::Number(*number),
            Token::Date(date) => Literal::Date(*date),
            Token::Instant(instant) => Literal::Instant(*instant),
            Token::Word(word) if is(word, "true") => Literal::Boolean(true),
            Token::Word(word) if is(word, "false") => Literal::Boolean(false),
            Token::Word(word) if is(word, "null") => {
                let problem = FilterProblem::new(span, "there is no null");
                return Err(self.report(problem.expected("is set or is not set")));
            }
            Token::Word(word) if !is(word, "and") && !is(word, "or") => {
                let problem = FilterProblem::new(span, "a word without quotes is not a value");
                return Err(self.report(problem.expected("text in quotes, such as \"Gold\"")));
            }
            _ => return Err(self.expected("a value")),
        };
        self.advance();
        Ok(Spanned::at(literal, span))
    }

    pub(crate) fn text(&mut self, expected: &str) -> Parsed<Spanned<String>> {
        let span = self.span();
        match self.peek() {
            Token::Text(text) => {
                let text = text.clone();
                self.advance();
                Ok(Spanned::at(text, span))
            }
            _ => Err(self.expected(expected)),
        }
    }

    pub(crate) fn name(&mut self, expected: &str) -> Parsed<Spanned<String>> {
        let span = self.span();
        match self.peek() {
            Token::Word(name) | Token::Name(name) | Token::Text(name) => {
                let name = name.clone();
                self.advance();
                Ok(Spanned::at(name, span))
            }
            _ => Err(self.expected(expected)),
        }
    }

    /// The rest of a list whose parenthesis is open.
    pub(crate) fn list<T>(&mut self, item: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let start = self.span();
        if self.peek() == &Token::Sign(")") {
            return Err(self.expected("at least one value in the list"));
        }
        let mut items = vec![item(self)?];
        while self.sign(",") {
            items.push(item(self)?);
        }
        if !self.sign(")") {
            return Err(self.expected(", or )"));
        }
        if items.len() > self.limits.list {
            let problem = FilterProblem::new(start, format!("the list has {} values", items.len()));
            return Err(self.report(problem.expected(format!("at most {}", self.limits.list))));
        }
        Ok(items)
    }
}
