//! `PHONE`: digits with the country code, by the numbering plans of the world.

mod parse;
mod plan;
#[rustfmt::skip]
mod plans;
mod scan;

use parse::{Cell, Number, Standing};

use super::normalize::{Cx, PhoneNumbers, Region, clean, is_placeholder, refuse_digest};
use super::reject::Reject;
use super::steps::{Step, Steps};

/// Digits without a plus and without a country are read as an international number from this length on.
const INTERNATIONAL_LENGTH: usize = 11;

/// The version of libphonenumber's metadata that the numbering plans were made from.
#[must_use]
pub fn metadata_version() -> &'static str {
    plans::METADATA_VERSION
}

/// Digits with the country code in front, as Facebook documents, found by the numbering plan of the row's country.
///
/// Source: customer-file guide (read 2026-09-12): no symbols, letters or leading zeros; the country code in front.
/// A zero that belongs to the number, as in Italy, is no leading zero: it follows the country code.
pub(super) fn phone(raw: &str, cx: &Cx<'_>, out: &mut String) -> Result<Steps, Reject> {
    if let Some(()) = plain(raw, out) {
        return Ok(Steps::default());
    }
    let mut steps = clean(raw, out)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    if out.contains(";phone-context=") {
        return Err(Reject::Malformed);
    }
    let cell = parse::read(out);
    let reading = cell.as_ref().map_err(|&reason| reason).and_then(|cell| read(cell, cx.region()));
    let number = match reading {
        Ok((number, Standing::Assigned)) => {
            // What reads as a long extension may be a second number.
            if number.steps.contains(Step::ExtensionRemoved) && is_several(out, cx.region()) {
                return Err(Reject::Several);
            }
            number
        }
        other => {
            if cell.as_ref().is_ok_and(stands_for_nothing) {
                return Err(Reject::Placeholder);
            }
            if is_several(out, cx.region()) {
                return Err(Reject::Several);
            }
            let (mut number, standing) = other?;
            match standing {
                Standing::Not(reason) => return Err(reason),
                _ if cx.rules.phone_numbers == PhoneNumbers::Assigned => return Err(Reject::NotANumber),
                _ => number.steps.add(Step::NotAssigned),
            }
            number
        }
    };
    steps.join(number.steps);
    number.write(out);
    Ok(steps)
}

/// The common case: a plus and digits of an assigned number that has no trunk prefix.
fn plain(raw: &str, out: &mut String) -> Option<()> {
    let digits = raw.as_bytes().strip_prefix(b"+")?;
    if digits.len() > 15 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (code, national) = plan::CallingCode::split(digits)?;
    let first = national.first()? - b'0';
    if code.plan().prefix_digits >> first & 1 != 0 || !code.is_assigned(national) {
        return None;
    }
    out.push_str(&raw[1..]);
    Some(())
}

/// The best reading of a cell: in its region as libphonenumber reads it; where that is in no assigned range, without
/// its leading zeros, or as an international number, if that is assigned.
fn read(cell: &Cell, region: Option<Region>) -> Result<(Number, Standing), Reject> {
    let first = parse::parse(cell, region).map(|number| {
        let standing = number.standing();
        (number, standing)
    });
    if let Ok((_, Standing::Assigned)) = first {
        return first;
    }
    let digits = cell.digits.as_slice();
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    if let Ok((number, _)) = &first
        && let Some(number) = number.without_zeros()
    {
        return Ok((number, Standing::Assigned));
    }
    // One zero is a trunk prefix, two are the exit code of most of the world.
    if (zeros == 1 && !cell.plus) || (zeros == 0 && cell.plus) {
        return first;
    }
    let mut steps = cell.steps;
    steps.add(if zeros == 0 { Step::ReadAsInternational } else { Step::ExitCodeRemoved });
    let Ok(Some(number)) = parse::international(&digits[zeros..], steps) else { return first };
    let standing = number.standing();
    let long = digits.len() >= INTERNATIONAL_LENGTH && number.national_len() > 4;
    let alone = matches!(first, Err(Reject::NoRegion)) && standing == Standing::Possible && long;
    if standing == Standing::Assigned || alone { Ok((number, standing)) } else { first }
}

/// Zeros, one digit over and over, or the keys in their order.
fn stands_for_nothing(cell: &Cell) -> bool {
    let digits = cell.digits.as_slice();
    let same = digits.windows(2).all(|pair| pair[0] == pair[1]);
    let zeros = digits.iter().all(|&digit| digit == b'0');
    zeros
        || (same && digits.len() >= 6)
        || matches!(digits, b"1234567" | b"12345678" | b"123456789" | b"1234567890" | b"0123456789")
}

/// True when the parts between separators are numbers of their own.
fn is_several(text: &str, region: Option<Region>) -> bool {
    if !text.contains([',', ';', '/', '|', '\n', '\r', '\\', '&'])
        && text.matches('+').count() < 2
        && !text.contains(" or ")
    {
        return false;
    }
    let is_number = |part: &str| {
        let read = parse::read(part).and_then(|cell| read(&cell, region));
        matches!(read, Ok((_, Standing::Assigned)))
    };
    let parts = text.split([',', ';', '/', '|', '\n', '\r', '\\', '&']).flat_map(|part| part.split(" or "));
    let by_separator = parts.filter(|part| is_number(part)).take(2).count() == 2;
    by_separator || text.split('+').filter(|part| is_number(&format!("+{part}"))).take(2).count() == 2
}

#[cfg(test)]
mod tests;
