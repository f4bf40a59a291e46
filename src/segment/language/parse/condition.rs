//! Words to a syntax tree: logic, predicates and terms. What a test asks of its term is read in `predicate`.

use super::events::event_chain;
use super::lexer::{Token, lex};
use super::parser::{Failed, Parsed, Parser, is};
use crate::contact::nearest;
use crate::segment::language::ast::events::{Aggregate, Fold};
use crate::segment::language::ast::span::{Span, Spanned};
use crate::segment::language::ast::tree::{AtLeast, Check, Expr, Literal, Quantifier, TagTest, Term, Test};
use crate::segment::language::error::{FilterError, FilterProblem};
use crate::segment::language::function::{Argument, FUNCTIONS};
use crate::segment::language::limits::Limits;

/// The tree of `text`, whose names have not been checked yet.
pub(crate) fn parse(text: &str, limits: &Limits) -> Result<Expr, FilterError> {
    if text.len() > limits.text {
        let message = format!("the text has {} bytes", text.len());
        return Err(FilterError::limit(
            FilterProblem::new(Span::default(), message).expected(format!("at most {} bytes", limits.text)),
        ));
    }
    let mut problems = Vec::new();
    let lexemes = lex(text, limits.problems, &mut problems);
    let mut parser = Parser::new(lexemes, limits, problems);
    let expr = parser.whole();
    if parser.problems.is_empty() {
        return Ok(expr);
    }
    parser.problems.truncate(limits.problems.max(1));
    Err(FilterError::new(text, parser.problems))
}

impl Parser<'_> {
    fn whole(&mut self) -> Expr {
        if self.peek() == &Token::End && self.problems.is_empty() {
            let _ = self.wrong("the filter is empty", "a condition such as score >= 50");
        }
        let mut parts = vec![self.or()];
        while self.peek() != &Token::End && self.problems.len() < self.limits.problems && !self.too_deep {
            let message = format!("unexpected {}", self.found());
            if self.peek() == &Token::Bad {
                // Reported by the lexer; it may have stood for `and` or `or`.
                self.at += 1;
                parts.push(self.or());
                continue;
            }
            if self.peek() == &Token::Sign(")") {
                let _ = self.wrong(message, "no ) without a ( before it");
                self.at += 1;
            } else {
                let _ = self.wrong(message, "and, or, or the end");
                self.at += 1;
                self.recover(self.at);
            }
            if !self.word("and") && !self.word("or") {
                continue;
            }
            parts.push(self.or());
        }
        parts.swap_remove(0)
    }

    pub(crate) fn or(&mut self) -> Expr {
        let mut parts = vec![self.and()];
        while self.word("or") {
            parts.push(self.and());
        }
        if parts.len() == 1 { parts.swap_remove(0) } else { Expr::Any(parts) }
    }

    fn and(&mut self) -> Expr {
        let mut parts = vec![self.guarded()];
        while self.word("and") {
            parts.push(self.guarded());
        }
        if parts.len() == 1 { parts.swap_remove(0) } else { Expr::All(parts) }
    }

    /// One condition; after a problem, an empty one, with the reader at the next.
    fn guarded(&mut self) -> Expr {
        let from = self.at;
        self.unary().unwrap_or_else(|Failed| {
            self.recover(from);
            Expr::Constant(false)
        })
    }

    /// Skips to the next `and`, `or`, comma or closing parenthesis on the level of the condition that began at `from`.
    fn recover(&mut self, from: usize) {
        let mut open = 0usize;
        for lexeme in self.lexemes.get(from..self.at).unwrap_or_default() {
            match lexeme.token {
                Token::Sign("(") => open += 1,
                Token::Sign(")") => open = open.saturating_sub(1),
                _ => {}
            }
        }
        loop {
            match self.peek() {
                Token::End => return,
                Token::Sign("(") => open += 1,
                Token::Sign(")") if open == 0 => return,
                Token::Sign(")") => open -= 1,
                Token::Sign(",") if open == 0 => return,
                Token::Word(word) if open == 0 && (is(word, "and") || is(word, "or")) => return,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.deeper(|parser| {
            if parser.word("not") {
                parser.unary().map(|inner| Expr::Not(Box::new(inner)))
            } else {
                parser.primary()
            }
        })
    }

    fn primary(&mut self) -> Parsed<Expr> {
        if self.sign("(") {
            let inner = self.or();
            self.close()?;
            return Ok(inner);
        }
        if self.word("true") {
            return Ok(Expr::Constant(true));
        }
        if self.word("false") {
            return Ok(Expr::Constant(false));
        }
        for (word, make) in
            [("all", Expr::All as fn(Vec<Expr>) -> Expr), ("any", Expr::Any), ("none", Expr::None)]
        {
            if self.words(&[word, "of"]) {
                return Ok(make(self.conditions()?));
            }
        }
        if self.words(&["at", "least"]) {
            let count = self.whole_number("how many must hold, such as at least 2 of (..)")?;
            if !self.word("of") {
                return Err(self.expected("of and the conditions in parentheses"));
            }
            return Ok(Expr::AtLeast(AtLeast { count, of: self.conditions()? }));
        }
        if self.peek_word("has")
            && matches!(self.peek_at(1), Token::Word(word) if TAG_WORDS.iter().any(|w| is(word, w)))
        {
            return self.tags();
        }
        if self.peek_word("exists") && self.peek_at(1) == &Token::Sign("(") {
            let start = self.span();
            self.at += 2;
            let (query, property) = event_chain(self, start)?;
            if let Some(property) = property {
                let problem =
                    FilterProblem::new(property.span, "exists asks for an event, not for a property");
                return Err(self.report(problem.expected(format!("where {} is set", property.node))));
            }
            return Ok(Expr::Exists(Box::new(query)));
        }
        if self.peek_word("segment") && self.peek_at(1) == &Token::Sign("(") {
            self.at += 2;
            let name = self.text("the name of a segment in quotes")?;
            self.close()?;
            return Ok(Expr::Segment(name));
        }
        self.test()
    }

    fn conditions(&mut self) -> Parsed<Vec<Expr>> {
        if !self.sign("(") {
            return Err(self.expected("conditions in parentheses, with commas between them"));
        }
        let mut parts = vec![self.or()];
        while self.sign(",") {
            parts.push(self.or());
        }
        self.close()?;
        Ok(parts)
    }

    fn tags(&mut self) -> Parsed<Expr> {
        let start = self.span();
        self.at += 1;
        let quantifier = if self.word("all") {
            Quantifier::All
        } else if self.word("no") || self.word("none") {
            Quantifier::None
        } else if self.word("only") {
            Quantifier::Only
        } else if self.word("exactly") {
            Quantifier::Exactly
        } else {
            self.word("any");
            Quantifier::Any
        };
        if !self.word("tag") && !self.word("tags") {
            return Err(self.expected("tag, such as has tag \"VIP\" or has all tags (\"VIP\", \"GOLD\")"));
        }
        let tags = if self.sign("(") {
            self.list(|parser| parser.text("a tag in quotes"))?
        } else {
            vec![self.text("a tag in quotes, or several in parentheses")?]
        };
        Ok(Expr::Tags(TagTest { quantifier, tags, span: self.since(start) }))
    }

    fn test(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let term = self.term()?;
        let default = if self.word("default") { Some(self.literal()?) } else { None };
        let boolean = matches!(term, Term::Field(_) | Term::ConsentOptOut(_));
        let bare = matches!(self.peek(), Token::End | Token::Sign(")" | ","))
            || ["and", "or", "then", "within"].iter().any(|word| self.peek_word(word));
        let (check, negated, exact) = if bare && boolean {
            // A boolean field alone; the check refuses another.
            (Check::Equal(Spanned::at(Literal::Boolean(true), self.since(start))), false, false)
        } else {
            self.check()?
        };
        Ok(Expr::Test(Box::new(Test { term, default, check, negated, exact, span: self.since(start) })))
    }

    pub(crate) fn term(&mut self) -> Parsed<Term> {
        let span = self.span();
        let name = match self.peek() {
            Token::Name(name) => {
                let name = name.clone();
                self.at += 1;
                return Ok(Term::Field(Spanned::at(name, span)));
            }
            Token::Word(word) if ["and", "or", "in", "is", "between"].iter().any(|w| is(word, w)) => {
                return Err(self.expected("a condition"));
            }
            Token::Word(word) => word.clone(),
            Token::Text(_) | Token::Number(_) | Token::Date(_) | Token::Instant(_) => {
                return Err(self.expected("a field or a function first, then the operator, then the value"));
            }
            _ => return Err(self.expected("a condition")),
        };
        self.at += 1;
        if self.peek() != &Token::Sign("(") {
            if is(&name, "event") && self.peek() == &Token::Sign(".") {
                let problem = FilterProblem::new(span, "events need a function around them");
                return Err(
                    self.report(problem.expected("count(event.purchase), exists(event.purchase) ..."))
                );
            }
            return Ok(Term::Field(Spanned::at(name, span)));
        }
        self.at += 1;
        let events = self.peek_word("event") && matches!(self.peek_at(1), Token::Sign("."));
        if let Some((fold, _)) = Fold::ALL.iter().find(|(_, word)| is(&name, word))
            && (events || !is(&name, "count"))
        {
            let (query, property) = event_chain(self, span)?;
            return Ok(Term::Events(Aggregate { of: *fold, query, property }));
        }
        if let Some(function) = FUNCTIONS.iter().find(|function| is(&name, function.name)) {
            let tags = is(&name, "count") && self.peek_word("tags");
            let argument = match function.argument {
                Argument::Name => self.text("a name in quotes")?,
                _ => self.name("the name of a field")?,
            };
            self.close()?;
            return Ok(if tags { Term::TagCount } else { (function.make)(argument) });
        }
        if is(&name, "distance") {
            return self.distance_to();
        }
        let known = FUNCTIONS.iter().map(|function| function.name);
        let known =
            known.chain(Fold::ALL.iter().map(|(_, word)| *word)).chain(["exists", "segment", "distance"]);
        let problem = FilterProblem::new(span, format!("unknown function {name:?}"));
        let hint = match nearest(&name, known) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "a function such as count, age, domain, tag_score or consent".to_owned(),
        };
        Err(self.report(problem.expected(hint)))
    }
}

const TAG_WORDS: [&str; 8] = ["tag", "tags", "any", "all", "no", "none", "only", "exactly"];
