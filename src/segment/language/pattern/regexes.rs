//! Patterns: `matches` and `like` as regular expressions, and `matches url`.

use regex::{Regex, RegexBuilder};

use super::url_pattern::UrlPattern;
use crate::segment::language::ast::tree::Check;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Text(Regex),
    Url(UrlPattern),
}

impl Pattern {
    pub(crate) fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Text(regex) => regex.is_match(text),
            Self::Url(pattern) => pattern.matches(text),
        }
    }
}

/// The least that a pattern counts, in bytes.
const LEAST: usize = 1 << 12;

/// Each step is so many times the one before. A pattern is built anew for each, and what costs is to read it, so there
/// are few.
const STEP: usize = 1 << 4;

/// The bytes that the pattern of `check` counts: the least of 4, 64 KiB, 1 MiB ... that holds it, written and compiled,
/// or `size`.
/// Or what is wrong with it, and what would be right.
pub(crate) fn check(check: &Check, size: usize) -> Result<usize, (String, String)> {
    if let Check::Like(text) = check
        && is_of_sql(&text.node)
    {
        let hint = "write * for any text, as in like \"*@example.com\", or = for the text itself";
        return Err(("% stands for itself, so this fits one text alone".to_owned(), hint.to_owned()));
    }
    let source = match source(check)? {
        Source::Regex(source) => source,
        Source::Url(_) => return Ok(LEAST),
    };
    let mut bytes = LEAST;
    while bytes < source.len() {
        bytes *= STEP;
    }
    bytes = bytes.min(size);
    loop {
        match build(check, &source, false, bytes) {
            Ok(_) => return Ok(bytes),
            // A pattern too large for a step is given up early, so the small steps cost little.
            Err(regex::Error::CompiledTooBig(_)) if bytes < size => bytes = (bytes * STEP).min(size),
            Err(error) => return Err(wrong(&error, size)),
        }
    }
}

/// The pattern of `check`.
pub(crate) fn compile(check: &Check, exact: bool, size: usize) -> Result<Pattern, (String, String)> {
    match source(check)? {
        Source::Url(pattern) => Ok(Pattern::Url(pattern)),
        Source::Regex(source) => {
            build(check, &source, exact, size).map(Pattern::Text).map_err(|error| wrong(&error, size))
        }
    }
}

enum Source {
    Regex(String),
    Url(UrlPattern),
}

fn source(check: &Check) -> Result<Source, (String, String)> {
    Ok(Source::Regex(match check {
        Check::Matches(text) => text.node.clone(),
        Check::Like(text) => like(&text.node),
        Check::Contains(text) => regex::escape(&text.node),
        Check::ContainsWord(text) => {
            format!(r"\b{{start-half}}{}\b{{end-half}}", regex::escape(&text.node))
        }
        Check::MatchesUrl(text) => {
            let pattern = UrlPattern::read(&text.node);
            return pattern
                .map(Source::Url)
                .map_err(|(_, message, expected)| (message.to_owned(), expected.to_owned()));
        }
        _ => String::new(),
    }))
}

fn build(check: &Check, source: &str, exact: bool, size: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source)
        .case_insensitive(!exact)
        .dot_matches_new_line(!matches!(check, Check::Matches(_)))
        .size_limit(size)
        .nest_limit(100)
        .build()
}

fn wrong(error: &regex::Error, size: usize) -> (String, String) {
    if let regex::Error::CompiledTooBig(_) = error {
        return ("the pattern is too large".to_owned(), format!("at most {size} bytes once compiled"));
    }
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    (format!("the regular expression does not parse: {reason}"), "a pattern such as \"^A.*z$\"".to_owned())
}

/// A pattern whose only wildcards are those of SQL, which are none here.
fn is_of_sql(pattern: &str) -> bool {
    (pattern.starts_with('%') || pattern.ends_with('%')) && !pattern.contains(['*', '?'])
}

/// `*` is any text, `?` one character, the rest stands for itself.
fn like(pattern: &str) -> String {
    let mut out = String::from("^");
    let mut star = false;
    for c in pattern.chars() {
        if c == '*' && star {
            continue;
        }
        star = c == '*';
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push('$');
    out
}
