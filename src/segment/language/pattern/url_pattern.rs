//! Patterns of page addresses, for visits and links.

use crate::contact::fold;
use crate::error::{Error, ErrorKind, Result};

/// A pattern of page addresses, held against them without regard to case.
///
/// - plain text: the address contains it;
/// - `any:a, b`: the address contains one of several texts;
/// - `path:/shop/**`: the path alone, from the domain to `?` or `#`, part by part: `?` is one character, `*` any run
///   without `/`, and a part `**` any number of parts, none included. A `/` at either end does not matter.
///
/// Matching takes time in proportion to the address and allocates nothing.
///
/// ```
/// use audiencekit::segment::UrlPattern;
///
/// let page = "https://shop.example/holiday/island-canary-trip?to=https://other.example/sale/a";
/// assert!(!UrlPattern::parse("path:/*canary*")?.matches(page));
/// assert!(UrlPattern::parse("path:/**/*canary*")?.matches(page));
/// assert!(!UrlPattern::parse("path:/sale/**")?.matches(page));
/// assert!(UrlPattern::parse("any:canary, islands")?.matches(page));
/// assert!(UrlPattern::parse("info")?.matches("https://shop.example/company-info"));
/// assert!(!UrlPattern::parse("/info/")?.matches("https://shop.example/company-info"));
/// assert!(UrlPattern::parse("any:").is_err());
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlPattern(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Any(Box<[Needle]>),
    Path(Box<[Glob]>),
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Glob {
    /// `**`: any number of parts.
    Parts,
    /// One part: characters, `?` and `*`.
    One(Box<[char]>),
}

impl UrlPattern {
    /// The most characters of a pattern.
    pub const MAX_CHARS: usize = 2_048;

    /// Parses a pattern of page addresses.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a pattern with nothing in it; [`ErrorKind::Limit`] for one that is longer than
    /// [`MAX_CHARS`](Self::MAX_CHARS).
    pub fn parse(pattern: &str) -> Result<Self> {
        Self::read(pattern).map_err(|(kind, message, expected)| {
            Error::new(kind, "URL pattern", message).with_expected(expected)
        })
    }

    /// The same; what is wrong, and what would be right.
    pub(crate) fn read(pattern: &str) -> std::result::Result<Self, (ErrorKind, &'static str, &'static str)> {
        let pattern = pattern.trim();
        if pattern.chars().count() > Self::MAX_CHARS {
            return Err((ErrorKind::Limit, "the pattern is too long", "at most 2048 characters"));
        }
        if pattern.is_empty() {
            return Err((ErrorKind::Invalid, "an empty pattern", "part of a URL, any:.. or path:.."));
        }
        if let Some(path) = pattern.strip_prefix("path:") {
            let parts = path.trim().split('/').filter(|part| !part.is_empty());
            return Ok(Self(Kind::Path(parts.map(Glob::new).collect())));
        }
        let texts = match pattern.strip_prefix("any:") {
            Some(list) => list.split(',').map(str::trim).filter(|text| !text.is_empty()).collect(),
            None => vec![pattern],
        };
        if texts.is_empty() {
            return Err((
                ErrorKind::Invalid,
                "any: without a part",
                "parts of URLs with commas between them",
            ));
        }
        Ok(Self(Kind::Any(texts.into_iter().map(Needle::new).collect())))
    }

    /// Returns `true` if the address matches.
    #[must_use]
    pub fn matches(&self, url: &str) -> bool {
        match &self.0 {
            Kind::Any(needles) => needles.iter().any(|needle| needle.is_in(url)),
            Kind::Path(globs) => path_fits(globs, path(url)),
        }
    }
}

/// The path of a URL; of a text without a scheme, what follows its first `/`.
fn path(url: &str) -> &str {
    // A query or a fragment may hold another address: it goes first.
    let whole = url.find(['?', '#']).map_or(url, |at| &url[..at]);
    let rest = match whole.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => rest,
        _ => whole,
    };
    rest.find('/').map_or("", |at| &rest[at..])
}

/// The first part of a path and what follows it, without the empty parts before and between.
fn first_part(path: &str) -> Option<(&str, &str)> {
    let path = path.trim_start_matches('/');
    (!path.is_empty()).then(|| path.find('/').map_or((path, ""), |end| path.split_at(end)))
}

/// Part by part; a `**` is remembered, so that a part that does not fit later goes into it.
fn path_fits(globs: &[Glob], path: &str) -> bool {
    let (mut left, mut rest) = (globs, path);
    let mut retry: Option<(&[Glob], &str)> = None;
    while let Some((part, after)) = first_part(rest) {
        match left.split_first() {
            Some((Glob::Parts, behind)) => {
                retry = Some((behind, rest));
                left = behind;
            }
            Some((Glob::One(glob), behind)) if part_fits(glob, part) => (left, rest) = (behind, after),
            _ => {
                let Some((behind, taken)) = retry else { return false };
                let Some((_, after)) = first_part(taken) else { return false };
                retry = Some((behind, after));
                (left, rest) = (behind, after);
            }
        }
    }
    left.iter().all(|glob| *glob == Glob::Parts)
}

fn part_fits(glob: &[char], part: &str) -> bool {
    let (mut left, mut rest) = (glob, part.chars());
    let mut retry: Option<(&[char], std::str::Chars<'_>)> = None;
    loop {
        let here = rest.clone();
        match (left.split_first(), rest.next()) {
            (Some(('*', behind)), _) => {
                retry = Some((behind, here.clone()));
                (left, rest) = (behind, here);
            }
            (None, None) => return true,
            (Some((&wanted, behind)), Some(c)) if wanted == '?' || wanted == fold(c) => left = behind,
            _ => {
                let Some((behind, mut taken)) = retry else { return false };
                if taken.next().is_none() {
                    return false;
                }
                retry = Some((behind, taken.clone()));
                (left, rest) = (behind, taken);
            }
        }
    }
}

impl Glob {
    fn new(part: &str) -> Self {
        if part == "**" { Self::Parts } else { Self::One(part.chars().map(fold).collect()) }
    }
}

/// A text to find, by Knuth, Morris and Pratt: no address, however made, takes longer than it is long.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Needle {
    chars: Box<[char]>,
    /// How much of the text fits still when the character behind so many does not.
    fallback: Box<[usize]>,
}

impl Needle {
    fn new(text: &str) -> Self {
        let chars: Box<[char]> = text.chars().map(fold).collect();
        let mut fallback = vec![0; chars.len()];
        let mut fits = 0;
        for at in 1..chars.len() {
            fits = step(&chars, &fallback, fits, chars[at]);
            fallback[at] = fits;
        }
        Self { chars, fallback: fallback.into() }
    }

    fn is_in(&self, text: &str) -> bool {
        let mut fits = 0;
        text.chars().map(fold).any(|c| {
            fits = step(&self.chars, &self.fallback, fits, c);
            fits == self.chars.len()
        })
    }
}

/// How many characters fit behind `c` when `fits` fitted before it.
fn step(chars: &[char], fallback: &[usize], mut fits: usize, c: char) -> usize {
    while chars.get(fits) != Some(&c) {
        match fits.checked_sub(1).and_then(|before| fallback.get(before)) {
            Some(&shorter) => fits = shorter,
            None => return 0,
        }
    }
    fits + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, url: &str) -> bool {
        UrlPattern::parse(pattern).unwrap().matches(url)
    }

    #[test]
    fn patterns_match_as_the_product_says() {
        let island = "https://shop.example/holiday/island-canary-trip?x=1";
        assert!(!fits("path:/*canary*", island));
        assert!(fits("path:/**/*canary*", island));
        assert!(fits("any:canary,islands", island));
        assert!(fits("info", "https://shop.example/company-info"));
        assert!(!fits("/info/", "https://shop.example/company-info"));
    }

    #[test]
    fn two_stars_are_any_number_of_parts() {
        assert!(fits("path:/**/*canary*", "https://shop.example/canary"));
        for url in ["https://shop.example/shop", "https://shop.example/shop/", "/shop/a", "x/shop/a/b/c"] {
            assert!(fits("path:/shop/**", url), "{url}");
        }
        assert!(!fits("path:/shop/**", "https://shop.example/shops"));
        assert!(fits("path:/**/a/**/b", "/x/a/y/a/z/b"));
        assert!(!fits("path:/**/a/**/b", "/x/a/y/a/z/b/c"));
        assert!(!fits("path:/*/b", "/a/x/b"));
    }

    #[test]
    fn the_path_alone_is_held_against_a_path() {
        assert!(fits("path:/a?c", "https://shop.example/abc#top"));
        assert!(!fits("path:/a?c", "https://shop.example/a/c"));
        for url in ["https://shop.example", "https://shop.example?next=/sale", "https://shop.example/"] {
            assert!(fits("path:/", url), "{url}");
            assert!(!fits("path:/sale", url), "{url}");
        }
        assert!(!fits("path:/shop/**", "/out?to=https://x.example/shop/a"));
        assert!(!fits("path:/shop/**", "https://y.example/out?to=https://x.example/shop/a"));
        assert!(!fits("path:/sale", "shop.example/go#https://other.example/sale"));
        assert!(fits("path:/go/https:/other.example", "/go/https://other.example"));
    }

    #[test]
    fn case_is_folded_as_everywhere() {
        assert!(fits("ŁÓDŹ", "https://shop.example/łódź"));
        assert!(fits("path:/ŁÓD?", "https://shop.example/łódź"));
        assert!(!fits("path:/ab", "/abc") && !fits("path:/abc", "/ab") && fits("path:/a*c*", "/abcd"));
    }

    #[test]
    fn a_text_is_found_wherever_it_stands() {
        for (text, url) in [("aab", "aaab"), ("abab", "abaabab"), ("aaa", "aabaaa"), ("b", "b")] {
            assert!(fits(text, url), "{text} {url}");
        }
        assert!(!fits("aab", "abaaab".trim_end_matches('b')) && !fits("abc", "ababab"));
    }

    #[test]
    fn one_character_beyond_the_limit_is_refused() {
        assert!(UrlPattern::parse(&"x".repeat(UrlPattern::MAX_CHARS)).is_ok());
        let error = UrlPattern::parse(&"x".repeat(UrlPattern::MAX_CHARS + 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
    }
}
