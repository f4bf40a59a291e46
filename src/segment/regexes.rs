//! Patterns as regular expressions: `matches`, `like`, and URL patterns.

use regex::{Regex, RegexBuilder};

use super::ast::Check;

/// Which part of a value a pattern is held against.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// The whole text.
    Text(Regex),
    /// The path of a URL.
    Path(Regex),
}

impl Pattern {
    pub(super) fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Text(regex) => regex.is_match(text),
            Self::Path(regex) => regex.is_match(path(text)),
        }
    }
}

/// What is wrong with the pattern of `check`, and what would be right.
pub(super) fn check(check: &Check, size: usize) -> Result<(), (String, String)> {
    compile(check, false, size).map(|_| ())
}

/// The pattern of `check`.
pub(super) fn compile(check: &Check, exact: bool, size: usize) -> Result<Pattern, (String, String)> {
    let (source, path) = match check {
        Check::Matches(text) => (text.node.clone(), false),
        Check::Like(text) => (like(&text.node), false),
        Check::Contains(text) => (regex::escape(&text.node), false),
        Check::MatchesUrl(text) => match text.node.trim() {
            "" => return Err(("an empty pattern".to_owned(), "part of a URL, any:.. or path:..".to_owned())),
            pattern => match pattern.strip_prefix("path:") {
                Some(path) => (path_pattern(path.trim()), true),
                None => (any_of(pattern)?, false),
            },
        },
        _ => (String::new(), false),
    };
    let multi_line = !matches!(check, Check::Matches(_));
    RegexBuilder::new(&source)
        .case_insensitive(!exact)
        .dot_matches_new_line(multi_line)
        .size_limit(size)
        .nest_limit(100)
        .build()
        .map(|regex| if path { Pattern::Path(regex) } else { Pattern::Text(regex) })
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                ("the pattern is too large".to_owned(), format!("at most {size} bytes once compiled"))
            }
            other => {
                let text = other.to_string();
                let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                ("the regular expression does not parse".to_owned(), reason)
            }
        })
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

fn any_of(pattern: &str) -> Result<String, (String, String)> {
    let Some(parts) = pattern.strip_prefix("any:") else { return Ok(regex::escape(pattern)) };
    let parts: Vec<String> =
        parts.split(',').map(str::trim).filter(|part| !part.is_empty()).map(regex::escape).collect();
    if parts.is_empty() {
        return Err(("any: without a part".to_owned(), "parts of URLs with commas between them".to_owned()));
    }
    Ok(parts.join("|"))
}

/// `?` is one character, `*` any run without `/`, `**` any number of parts of the path.
fn path_pattern(pattern: &str) -> String {
    let mut out = String::from("^");
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**") {
            rest = after.trim_start_matches('*');
            if let Some(after) = rest.strip_prefix('/') {
                out.push_str("(?:.*/)?");
                rest = after;
            } else {
                out.push_str(".*");
            }
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push('$');
    out
}

/// The path of a URL, with the `/` it begins with; of a text without a scheme, from its first `/`.
fn path(url: &str) -> &str {
    let whole = url.find(['?', '#']).map_or(url, |at| &url[..at]);
    let rest = match whole.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => rest,
        _ => whole,
    };
    rest.find('/').map_or("/", |at| &rest[at..])
}

#[cfg(test)]
mod tests {
    use super::super::ast::Spanned;
    use super::*;

    #[test]
    fn url_patterns_match_as_the_product_says() {
        let url = |pattern: &str, url: &str| {
            compile(&Check::MatchesUrl(Spanned::from(pattern.to_owned())), false, 1 << 20)
                .unwrap()
                .is_match(url)
        };
        let island = "https://shop.example/holiday/island-canary-trip?x=1";
        assert!(!url("path:/*canary*", island));
        assert!(url("path:/**/*canary*", island));
        assert!(url("any:canary,islands", island));
        assert!(url("info", "https://shop.example/company-info"));
        assert!(!url("/info/", "https://shop.example/company-info"));
        assert!(url("path:/**/*canary*", "https://shop.example/canary"));
        assert!(url("path:/shop/**", "https://shop.example/shop/a/b"));
        assert!(url("path:/a?c", "https://shop.example/abc#top"));
        assert!(!url("path:/a?c", "https://shop.example/a/c"));
        assert!(url("path:/", "https://shop.example"));
        assert!(url("path:/", "https://shop.example?next=/sale"));
        assert!(url("path:/go", "https://shop.example/go?to=https://other.example/sale"));
        assert!(url("path:/go/https://other.example", "/go/https://other.example"));
        assert!(!url("path:/sale", "shop.example/go#https://other.example/sale"));
    }
}
