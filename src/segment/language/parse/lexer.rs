//! Text to words, names, values and signs, each with its place.

use rust_decimal::Decimal;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use crate::contact::DateOrder;
use crate::segment::language::ast::span::Span;
use crate::segment::language::error::FilterProblem;

/// One piece of a filter's text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A keyword or a name.
    Word(String),
    /// A name in backticks: never a keyword.
    Name(String),
    Text(String),
    Number(Decimal),
    Date(Date),
    Instant(OffsetDateTime),
    Sign(&'static str),
    /// Something that was reported already.
    Bad,
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) span: Span,
}

const SIGNS: [&str; 13] = ["<>", "!=", "<=", ">=", "==", "&&", "||", "=", "<", ">", "(", ")", ","];

/// All pieces of `text`, the last being [`Token::End`]; what cannot be read is reported and left as `Bad`, until
/// there are `most` problems.
pub(crate) fn lex(text: &str, most: usize, problems: &mut Vec<FilterProblem>) -> Vec<Lexeme> {
    let mut lexemes = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next().filter(|_| problems.len() < most.max(1)) {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (token, len) = piece(&text[at..], at, problems);
        let end = at + len.max(c.len_utf8());
        lexemes.push(Lexeme { token, span: Span { start: at, end } });
        at = end;
    }
    lexemes.push(Lexeme { token: Token::End, span: Span { start: text.len(), end: text.len() } });
    lexemes
}

fn piece(rest: &str, at: usize, problems: &mut Vec<FilterProblem>) -> (Token, usize) {
    let c = rest.chars().next().unwrap_or_default();
    let mut bad = |len: usize, message: &str, expected: &str| {
        let span = Span { start: at, end: at + len };
        problems.push(FilterProblem::new(span, message).expected(expected));
        (Token::Bad, len)
    };
    match c {
        '"' | '\'' => match quoted(rest, c) {
            Ok((text, len)) => (Token::Text(text), len),
            Err((len, message)) => {
                bad(len, message, "text in quotes, such as \"Gold\"; \\\" for a quote in it")
            }
        },
        '`' => match rest[1..].find('`') {
            Some(0) => bad(2, "an empty name", "a name between backticks"),
            Some(len) => (Token::Name(rest[1..=len].to_owned()), len + 2),
            None => bad(1, "the name does not end", "a backtick after the name"),
        },
        c if c.is_ascii_digit() || (c == '-' && rest[1..].starts_with(|d: char| d.is_ascii_digit())) => {
            number(rest, &mut bad)
        }
        c if c.is_alphabetic() || c == '_' => {
            let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (Token::Word(rest[..len].to_owned()), len)
        }
        '.' => (Token::Sign("."), 1),
        _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(&"==") => bad(2, "there is no \"==\"", "write ="),
            Some(&"&&") => bad(2, "there is no \"&&\"", "write and"),
            Some(&"||") => bad(2, "there is no \"||\"", "write or"),
            Some(&"<>") => (Token::Sign("!="), 2),
            Some(sign) => (Token::Sign(sign), sign.len()),
            None if c == '!' => bad(1, "there is no \"!\"", "write not"),
            None if "“”„‘’«»".contains(c) => {
                bad(c.len_utf8(), "a typographic quote", "plain quotes, \" or '")
            }
            None => {
                bad(c.len_utf8(), &format!("unexpected character {c:?}"), "a name, a value or an operator")
            }
        },
    }
}

fn quoted(rest: &str, quote: char) -> Result<(String, usize), (usize, &'static str)> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((out, at + 1)),
            '\\' => match chars.next() {
                Some((_, c @ ('"' | '\'' | '\\'))) => out.push(c),
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, 'u')) => {
                    let code = rest.get(at + 2..).and_then(|rest| rest.strip_prefix('{')).and_then(|rest| {
                        // A number has six digits at most; looking further would make many escapes slow.
                        let end = rest.bytes().take(7).position(|b| b == b'}')?;
                        rest.get(..end)
                    });
                    let c = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
                    let Some((code, c)) = code.zip(c) else {
                        return Err((at + 2, "\\u without a character's number"));
                    };
                    out.push(c);
                    for _ in 0..code.len() + 2 {
                        chars.next();
                    }
                }
                _ => return Err((at + 1, "a backslash before nothing it can escape")),
            },
            c => out.push(c),
        }
    }
    Err((rest.len(), "the text does not end"))
}

fn number(rest: &str, bad: &mut dyn FnMut(usize, &str, &str) -> (Token, usize)) -> (Token, usize) {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let whole = usize::from(rest.starts_with('-')) + digits(rest.trim_start_matches('-'));
    // 2026-01-31, perhaps with a time behind it.
    if whole == 4 && rest.as_bytes().get(4) == Some(&b'-') {
        let len =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-:.+".contains(c)).unwrap_or(rest.len());
        let text = &rest[..len];
        if let Some(day) = crate::contact::date(text, DateOrder::YearMonthDay).filter(|_| len == 10) {
            return (Token::Date(day), len);
        }
        if let Ok(instant) = OffsetDateTime::parse(text, &Rfc3339) {
            return (Token::Instant(instant), len);
        }
        return bad(
            len,
            "no such day or instant",
            "a date such as 2026-01-31 or an instant such as 2026-01-31T12:00:00Z",
        );
    }
    // 31/01/1990
    if rest[whole..].starts_with('/') && rest[whole + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        let len = rest.find(|c: char| !c.is_ascii_digit() && c != '/').unwrap_or(rest.len());
        return bad(len, "a date with slashes", "write the year first, such as 2026-01-31");
    }
    let mut len = whole;
    if rest[len..].starts_with('.') && rest[len + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        len += 1 + digits(&rest[len + 1..]);
    }
    match Decimal::from_str_exact(&rest[..len]) {
        Ok(number) => (Token::Number(number.normalize()), len),
        Err(_) => bad(len, "a number with too many digits", "at most 28 digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_read_no_further_than_its_digits() {
        let text = format!("\"\\u{{41}}{}}}\"", "\\u{");
        assert_eq!(lex(&text, 20, &mut Vec::new())[0].token, Token::Bad);
        assert_eq!(lex("\"\\u{1f600}\"", 20, &mut Vec::new())[0].token, Token::Text("\u{1f600}".into()));
        assert_eq!(lex("\"\\u{00041}\"", 20, &mut Vec::new())[0].token, Token::Text("A".into()));
        assert_eq!(lex("\"\\u{0000041}\"", 20, &mut Vec::new())[0].token, Token::Bad);
    }

    #[test]
    fn reading_ends_with_the_last_problem_that_is_reported() {
        let mut problems = Vec::new();
        let lexemes = lex(&"#".repeat(1_000), 20, &mut problems);
        assert_eq!((lexemes.len(), problems.len()), (21, 20));
    }
}
