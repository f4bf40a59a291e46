//! `EMAIL`.

use super::context::Cx;
use super::punycode;
use super::settings::Domains;
use super::text::{clean, is_placeholder, lowercase, refuse_digest};
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// Longest address, its part before the `@`, and a label of its domain (RFC 5321 4.5.3.1, RFC 1035 2.3.4).
const MAX_ADDRESS: usize = 254;
const MAX_LOCAL: usize = 64;
const MAX_LABEL: usize = 63;

/// Addresses that forms are filled with to get past them.
const NOBODY: &[&str] = &[
    "a@a.com",
    "a@b.com",
    "a@b.c",
    "asdf@asdf.com",
    "brak@brak.pl",
    "email@email.com",
    "n/a@n/a.com",
    "na@na.com",
    "no@email.com",
    "no@mail.com",
    "no@no.com",
    "noemail@email.com",
    "noemail@noemail.com",
    "nomail@nomail.com",
    "none@none.com",
    "test@test",
    "test@test.com",
    "test@test.pl",
    "x@x.com",
    "xxx@xxx.com",
];

/// The longest of them.
const MAX_NOBODY: usize = 19;

/// Trims, lowercases and checks the shape. Dots and `+` parts stay: Facebook's rule does not remove them.
///
/// Source: customer-file guide, section on hashing and normalization (read 2026-09-12): trim, lowercase.
pub(crate) fn email(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    if let Some(at) = plain(raw, out, trail) {
        return rewrite_domain(out, at, cx.rules.domains, trail);
    }
    out.clear();
    clean(raw, out, trail)?;
    lowercase(out, trail);
    if let Some(rest) = out.strip_prefix("mailto:") {
        *out = rest.to_owned();
        trail.add(Step::SchemeRemoved, out);
    }
    if is_placeholder(out) || is_nobody(out) {
        return Err(Reject::Placeholder);
    }
    let tail = |c: char| c == '.' || c.is_whitespace() || c.is_control();
    if out.ends_with(tail) {
        out.truncate(out.trim_end_matches(tail).len());
        trail.add(Step::RootDotRemoved, out);
    }
    if cx.rules.display_names && out.ends_with('>') && !out.starts_with('<') {
        let Some((_, address)) = out.rsplit_once('<') else { return Err(Reject::Malformed) };
        *out = address.trim_end_matches('>').trim().to_owned();
        trail.add(Step::DisplayNameRemoved, out);
    }
    refuse_digest(out)?;
    let at = check(out)?;
    rewrite_domain(out, at, cx.rules.domains, trail)
}

/// What a byte is in an address, as bits.
const LOCAL: u8 = 1;
const DOMAIN: u8 = 2;
const CAPITAL: u8 = 4;
const DOT: u8 = 8;
const HYPHEN: u8 = 16;

static BYTES: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut b = 0;
    while b < 128 {
        let c = b as u8;
        if c.is_ascii_alphanumeric() {
            bytes[b] = LOCAL | DOMAIN | if c.is_ascii_uppercase() { CAPITAL } else { 0 };
        }
        b += 1;
    }
    let others = b"!#$%&'*+/=?^_`{|}~";
    let mut at = 0;
    while at < others.len() {
        bytes[others[at] as usize] = LOCAL;
        at += 1;
    }
    bytes[b'_' as usize] = LOCAL | DOMAIN;
    bytes[b'-' as usize] = LOCAL | DOMAIN | HYPHEN;
    bytes[b'.' as usize] = LOCAL | DOMAIN | DOT;
    bytes
};

/// The common case: an ASCII address without anything around it. The same rules as [`check`], in one look and without
/// a branch per byte.
fn plain(raw: &str, out: &mut String, trail: &mut Trail) -> Option<usize> {
    let bytes = raw.as_bytes();
    let at = memchr::memchr(b'@', bytes)?;
    let (local, domain) = (&bytes[..at], &bytes[at + 1..]);
    if local.len() > MAX_LOCAL || domain.len() > MAX_LABEL || raw.starts_with("mailto:") {
        return None;
    }
    if local.is_empty() || memchr::memmem::find(domain, b"--").is_some() {
        return None;
    }
    let (mut all, mut any, mut bad) = (LOCAL, 0, 0);
    for &b in local {
        let class = BYTES[usize::from(b)];
        all &= class;
        any |= class;
    }
    // Some providers give away addresses with dots side by side or at the end, never at the start.
    if all == 0 || local[0] == b'.' {
        return None;
    }
    all = DOMAIN;
    // As if a dot stood before: a label is not empty.
    let mut before = DOT;
    for &b in domain {
        let class = BYTES[usize::from(b)];
        all &= class;
        any |= class;
        // A label neither begins nor ends with a hyphen.
        bad |= (class & before & DOT) | (class & HYPHEN & (before << 1)) | (class & DOT & (before >> 1));
        before = class;
    }
    bad |= before & (DOT | HYPHEN);
    let top = &domain[domain.iter().rposition(|&b| b == b'.')? + 1..];
    if all == 0 || bad != 0 || top.len() < 2 || top.iter().all(u8::is_ascii_digit) {
        return None;
    }
    out.push_str(raw);
    let capitals = any & CAPITAL != 0;
    if capitals {
        out.make_ascii_lowercase();
    }
    if is_nobody(out) {
        return None;
    }
    trail.add_if(capitals, Step::Lowercased, out);
    Some(at)
}

fn is_nobody(address: &str) -> bool {
    address.len() <= MAX_NOBODY && NOBODY.contains(&address)
}

/// Where the `@` is, if the address has the form of one.
fn check(address: &str) -> Result<usize, Reject> {
    let Some(at) = memchr::memchr(b'@', address.as_bytes()) else { return Err(Reject::Malformed) };
    let (local, domain) = (&address[..at], &address[at + 1..]);
    if domain.contains('@') {
        let several = domain.contains([',', ';', ' ', '/', '|', '\n', '\t']);
        return Err(if several { Reject::Several } else { Reject::Malformed });
    }
    if address.len() > MAX_ADDRESS || local.len() > MAX_LOCAL {
        return Err(Reject::TooLong);
    }
    if is_local(local) && is_domain(domain) { Ok(at) } else { Err(Reject::Malformed) }
}

fn is_local(local: &str) -> bool {
    !local.is_empty()
        && !local.starts_with('.')
        && local
            .bytes()
            .all(|b| b >= 0x80 || b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b))
        && (local.is_ascii()
            || local.chars().all(|c| {
                c.is_ascii() || c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
            }))
}

fn is_domain(domain: &str) -> bool {
    let mut labels = 0;
    let mut last = "";
    for label in domain.split('.') {
        let fits =
            !label.is_empty() && label.len() <= MAX_LABEL && !label.starts_with('-') && !label.ends_with('-');
        let of_letters = if label.is_ascii() {
            label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                && (!label.starts_with("xn--") || punycode::domain_to_unicode(label).is_some())
        } else {
            label
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || unicode_normalization::char::is_combining_mark(c))
        };
        if !fits || !of_letters {
            return false;
        }
        labels += 1;
        last = label;
    }
    labels >= 2 && last.chars().nth(1).is_some() && !last.bytes().all(|b| b.is_ascii_digit())
}

fn rewrite_domain(out: &mut String, at: usize, domains: Domains, trail: &mut Trail) -> Result<(), Reject> {
    let domain = &out[at + 1..];
    let rewritten = match domains {
        Domains::AsTyped => return Ok(()),
        Domains::Ascii if domain.is_ascii() => return Ok(()),
        Domains::Ascii => punycode::domain_to_ascii(domain),
        Domains::Unicode if !domain.contains("xn--") => return Ok(()),
        Domains::Unicode => punycode::domain_to_unicode(domain),
    };
    let rewritten = rewritten.filter(|domain| is_domain(domain)).ok_or(Reject::Malformed)?;
    out.truncate(at + 1);
    out.push_str(&rewritten);
    trail.add(Step::DomainRewritten, out);
    Ok(())
}
