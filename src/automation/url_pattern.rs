//! Patterns of page addresses.

/// A pattern of page addresses, matched without regard to case:
///
/// - plain text: the address contains it;
/// - `any:a, b`: the address contains one of several texts;
/// - `path:/**/*offer*`: the path alone, where `?` is one character, `*` any run without `/`, and `**` any number of
///   parts of the path.
///
/// ```
/// use audiencekit::automation::UrlPattern;
///
/// let page = "https://shop.example/holiday/island-canary-trip?utm=x";
/// assert!(!UrlPattern::new("path:/*canary*").matches(page));
/// assert!(UrlPattern::new("path:/**/*canary*").matches(page));
/// assert!(UrlPattern::new("any:canary,islands").matches(page));
/// assert!(UrlPattern::new("info").matches("https://shop.example/company-info"));
/// assert!(!UrlPattern::new("/info/").matches("https://shop.example/company-info"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlPattern(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Any(Vec<String>),
    Path(Vec<String>),
}

impl UrlPattern {
    /// Reads a pattern. Every text is one; an empty one matches nothing.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let pattern = pattern.trim().to_lowercase();
        if let Some(globs) = pattern.strip_prefix("path:") {
            let parts = globs.trim().trim_start_matches('/').split('/').map(str::to_owned);
            return Self(Kind::Path(parts.collect()));
        }
        let texts = match pattern.strip_prefix("any:") {
            Some(list) => list.split(',').map(|text| text.trim().to_owned()).collect(),
            None => vec![pattern],
        };
        Self(Kind::Any(texts.into_iter().filter(|text: &String| !text.is_empty()).collect()))
    }

    /// True when there is nothing that it could match.
    pub(super) fn is_blank(&self) -> bool {
        match &self.0 {
            Kind::Any(texts) => texts.is_empty(),
            Kind::Path(parts) => parts.iter().all(String::is_empty),
        }
    }

    /// True when the address `url` fits.
    #[must_use]
    pub fn matches(&self, url: &str) -> bool {
        let url = url.to_lowercase();
        match &self.0 {
            Kind::Any(texts) => texts.iter().any(|text| url.contains(text.as_str())),
            Kind::Path(globs) => {
                let path: Vec<&str> = path_of(&url).split('/').filter(|part| !part.is_empty()).collect();
                parts_match(globs, &path)
            }
        }
    }
}

fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    rest.split(['?', '#']).next().unwrap_or("")
}

/// Matches part by part; a `**` is remembered so that a failure later takes one part more into it.
fn parts_match(globs: &[String], path: &[&str]) -> bool {
    let (mut g, mut p) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while p < path.len() {
        match (globs.get(g).map(String::as_str), path.get(p)) {
            (Some("**"), _) => {
                retry = Some((g, p));
                g += 1;
            }
            (Some(glob), Some(part)) if part_matches(glob, part) => {
                g += 1;
                p += 1;
            }
            _ => match retry {
                Some((star, taken)) => {
                    retry = Some((star, taken + 1));
                    g = star + 1;
                    p = taken + 1;
                }
                None => return false,
            },
        }
    }
    globs.iter().skip(g).all(|glob| glob == "**" || glob.is_empty())
}

fn part_matches(glob: &str, part: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let part: Vec<char> = part.chars().collect();
    let (mut g, mut p) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while p < part.len() {
        match glob.get(g) {
            Some('*') => {
                retry = Some((g, p));
                g += 1;
            }
            Some(&c) if c == '?' || part.get(p) == Some(&c) => {
                g += 1;
                p += 1;
            }
            _ => match retry {
                Some((star, taken)) => {
                    retry = Some((star, taken + 1));
                    g = star + 1;
                    p = taken + 1;
                }
                None => return false,
            },
        }
    }
    glob.iter().skip(g).all(|&c| c == '*')
}
