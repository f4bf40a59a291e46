//! International mail domains, both ways (RFC 3492).

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;
/// Labels are at most 63 bytes, so nothing longer is worth the quadratic work.
const MAX_LABEL: usize = 63;

/// The domain with each label that has letters beyond ASCII as `xn--...`.
pub(super) fn domain_to_ascii(domain: &str) -> Option<String> {
    let label = |label: &str| match label.is_ascii() {
        true => Some(label.to_owned()),
        false => encode(label).map(|code| format!("xn--{code}")),
    };
    Some(domain.split('.').map(label).collect::<Option<Vec<_>>>()?.join("."))
}

/// The domain with each `xn--...` label as the letters it stands for.
pub(super) fn domain_to_unicode(domain: &str) -> Option<String> {
    let label = |label: &str| match label.strip_prefix("xn--") {
        None => Some(label.to_owned()),
        Some(code) => decode(code).filter(|text| !text.is_ascii()),
    };
    Some(domain.split('.').map(label).collect::<Option<Vec<_>>>()?.join("."))
}

fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(T_MIN, T_MAX)
}

fn encode(label: &str) -> Option<String> {
    if label.len() > 4 * MAX_LABEL {
        return None;
    }
    let points: Vec<u32> = label.chars().map(u32::from).collect();
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = out.len() as u32;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (INITIAL_N, 0u32, INITIAL_BIAS, basic);
    while (handled as usize) < points.len() {
        let next = points.iter().copied().filter(|&point| point >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for &point in &points {
            if point < n {
                delta = delta.checked_add(1)?;
            }
            if point == n {
                let mut q = delta;
                let mut k = BASE;
                loop {
                    let t = threshold(k, bias);
                    if q < t {
                        break;
                    }
                    out.push(digit(t + (q - t) % (BASE - t)));
                    q = (q - t) / (BASE - t);
                    k += BASE;
                }
                out.push(digit(q));
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta += 1;
        n += 1;
    }
    Some(out)
}

fn digit(value: u32) -> char {
    let value = value as u8;
    char::from(if value < 26 { b'a' + value } else { b'0' + value - 26 })
}

fn decode(code: &str) -> Option<String> {
    if code.len() > MAX_LABEL || !code.is_ascii() {
        return None;
    }
    let (basic, rest) = code.rsplit_once('-').unwrap_or(("", code));
    let mut out: Vec<char> = basic.chars().collect();
    let (mut n, mut i, mut bias) = (INITIAL_N, 0u32, INITIAL_BIAS);
    let mut bytes = rest.bytes().peekable();
    while bytes.peek().is_some() {
        let before = i;
        let (mut weight, mut k) = (1u32, BASE);
        loop {
            let value = match bytes.next()? {
                b @ b'a'..=b'z' => b - b'a',
                b @ b'0'..=b'9' => b - b'0' + 26,
                _ => return None,
            };
            i = i.checked_add(u32::from(value).checked_mul(weight)?)?;
            let t = threshold(k, bias);
            if u32::from(value) < t {
                break;
            }
            weight = weight.checked_mul(BASE - t)?;
            k += BASE;
        }
        let points = out.len() as u32 + 1;
        bias = adapt(i - before, points, before == 0);
        n = n.checked_add(i / points)?;
        i %= points;
        out.insert(i as usize, char::from_u32(n)?);
        i += 1;
    }
    Some(out.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use crate::identity::normalize::punycode::{domain_to_ascii, domain_to_unicode};

    #[test]
    fn domains_go_both_ways() {
        for (unicode, ascii) in [
            ("müller.de", "xn--mller-kva.de"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("почта.рф", "xn--80a1acny.xn--p1ai"),
            ("例え.jp", "xn--r8jz45g.jp"),
            ("łódź.pl", "xn--d-uga0v4h.pl"),
        ] {
            assert_eq!(domain_to_ascii(unicode).as_deref(), Some(ascii));
            assert_eq!(domain_to_unicode(ascii).as_deref(), Some(unicode));
        }
    }

    #[test]
    fn a_bad_code_is_refused() {
        for bad in ["xn--.de", "xn--99999999.de", "xn--a_b.de", "xn--abc-.de"] {
            assert_eq!(domain_to_unicode(bad), None, "{bad}");
        }
    }
}
