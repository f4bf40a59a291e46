//! The words of a filter one after the other: looking, taking, and saying what was expected.

use super::lexer::{Lexeme, Token};
use crate::segment::language::ast::span::Span;
use crate::segment::language::error::FilterProblem;
use crate::segment::language::limits::Limits;

/// What was reported already; the caller goes on at the next condition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed;

pub(crate) type Parsed<T> = Result<T, Failed>;

/// Reads the words of a filter.
pub(crate) struct Parser<'a> {
    pub(super) lexemes: Vec<Lexeme>,
    pub(super) at: usize,
    depth: usize,
    pub(crate) limits: &'a Limits,
    pub(crate) problems: Vec<FilterProblem>,
    pub(crate) too_deep: bool,
}

impl<'a> Parser<'a> {
    pub(super) fn new(lexemes: Vec<Lexeme>, limits: &'a Limits, problems: Vec<FilterProblem>) -> Self {
        Self { lexemes, at: 0, depth: 0, limits, problems, too_deep: false }
    }

    pub(crate) fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    pub(crate) fn peek_at(&self, ahead: usize) -> &Token {
        self.lexemes.get(self.at + ahead).map_or(&Token::End, |lexeme| &lexeme.token)
    }

    pub(crate) fn span(&self) -> Span {
        self.lexemes.get(self.at).or(self.lexemes.last()).map_or_else(Span::default, |lexeme| lexeme.span)
    }

    /// From `start` to the last piece taken.
    pub(crate) fn since(&self, start: Span) -> Span {
        let last = self.at.checked_sub(1).and_then(|at| self.lexemes.get(at));
        Span { start: start.start, end: last.map_or(start.end, |lexeme| lexeme.span.end.max(start.end)) }
    }

    pub(crate) fn advance(&mut self) {
        self.at = (self.at + 1).min(self.lexemes.len() - 1);
    }

    pub(crate) fn peek_word(&self, keyword: &str) -> bool {
        matches!(self.peek(), Token::Word(word) if is(word, keyword))
    }

    pub(crate) fn word(&mut self, keyword: &str) -> bool {
        let found = self.peek_word(keyword);
        if found {
            self.at += 1;
        }
        found
    }

    pub(crate) fn words(&mut self, keywords: &[&str]) -> bool {
        let found = keywords
            .iter()
            .enumerate()
            .all(|(ahead, keyword)| matches!(self.peek_at(ahead), Token::Word(word) if is(word, keyword)));
        if found {
            self.at += keywords.len();
        }
        found
    }

    pub(crate) fn sign(&mut self, sign: &'static str) -> bool {
        let found = self.peek() == &Token::Sign(sign);
        if found {
            self.at += 1;
        }
        found
    }

    pub(crate) fn close(&mut self) -> Parsed<()> {
        if self.sign(")") { Ok(()) } else { Err(self.expected(")")) }
    }

    pub(crate) fn report(&mut self, problem: FilterProblem) -> Failed {
        self.problems.push(problem);
        Failed
    }

    pub(crate) fn wrong(&mut self, message: impl Into<String>, expected: impl Into<String>) -> Failed {
        let problem = FilterProblem::new(self.span(), message).expected(expected);
        self.report(problem)
    }

    /// What stands here is not what was expected; what was reported before is not reported again.
    pub(crate) fn expected(&mut self, expected: impl Into<String>) -> Failed {
        if self.peek() == &Token::Bad || self.too_deep {
            return Failed;
        }
        let message = format!("unexpected {}", self.found());
        self.wrong(message, expected)
    }

    pub(crate) fn found(&self) -> String {
        match self.peek() {
            // A word of the language may be shown; another may be a name whose quotes were forgotten.
            Token::Word(word) if WORDS.iter().any(|known| is(word, known)) => format!("{word:?}"),
            Token::Word(_) | Token::Name(_) => "word".to_owned(),
            Token::Text(_) => "text".to_owned(),
            Token::Number(_) => "number".to_owned(),
            Token::Date(_) => "date".to_owned(),
            Token::Instant(_) => "instant".to_owned(),
            Token::Sign(sign) => format!("{sign:?}"),
            Token::Bad => "character".to_owned(),
            Token::End => "end".to_owned(),
        }
    }

    /// One level deeper, if there is one.
    pub(crate) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= self.limits.depth() {
            let most = self.limits.depth();
            let failed = if self.too_deep {
                Failed
            } else {
                self.wrong(format!("more than {most} conditions inside one another"), "a flatter filter")
            };
            self.too_deep = true;
            // Nothing after it can be understood: go to the end instead of through every level.
            self.at = self.lexemes.len() - 1;
            return Err(failed);
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }
}

/// The words of the language that can stand where another is expected.
const WORDS: [&str; 44] = [
    "ago", "all", "and", "any", "at", "before", "after", "between", "contains", "day", "days", "default",
    "ends", "event", "exactly", "false", "from", "has", "hours", "in", "is", "last", "least", "like",
    "matches", "more", "next", "no", "none", "not", "null", "of", "on", "only", "or", "set", "since", "some",
    "starts", "tag", "tags", "then", "true", "where",
];

/// Keywords are the same in capitals.
pub(crate) fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}
