//! `PHONE`: digits with the country code, by the numbering plans of the world.

pub(super) mod parse;
pub(super) mod plan;
pub(super) mod plan_types;
#[rustfmt::skip]
pub(super) mod plans;
pub(super) mod scan;

use parse::{Cell, Number, Standing};

use crate::identity::normalize::context::Cx;
use crate::identity::normalize::region::Region;
use crate::identity::normalize::settings::PhoneNumbers;
use crate::identity::normalize::text::{clean, is_placeholder, refuse_digest};
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// Digits without a plus and without a country are read as an international number from this length on.
const INTERNATIONAL_LENGTH: usize = 11;

/// Returns the version of the libphonenumber metadata from which the numbering plans were generated.
///
/// ```
/// assert!(audiencekit::identity::phone_metadata_version().starts_with("9."));
/// ```
#[must_use]
pub fn metadata_version() -> &'static str {
    plans::METADATA_VERSION
}

/// Digits with the country code in front, as Facebook documents, found by the numbering plan of the row's country.
///
/// Source: customer-file guide (read 2026-09-12): no symbols, letters or leading zeros; the country code in front.
/// A zero that belongs to the number, as in Italy, is no leading zero: it follows the country code.
pub(super) fn phone(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    if plain(raw, out, trail) {
        return Ok(());
    }
    clean(raw, out, trail)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    if out.contains(";phone-context=") {
        return Err(Reject::Malformed);
    }
    let cell = parse::read(out, trail);
    let reading = cell.as_ref().map_err(|&reason| reason).and_then(|cell| read(cell, cx.region(), trail));
    let number = match reading {
        Ok((number, Standing::Assigned)) => {
            // What reads as a long extension may be a second number.
            if trail.steps().contains(Step::ExtensionRemoved) && is_several(out, cx.region()) {
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
            let (number, standing) = other?;
            match standing {
                Standing::Not(reason) => return Err(reason),
                _ if cx.rules.phone_numbers == PhoneNumbers::Assigned => return Err(Reject::NotANumber),
                _ => {}
            }
            number.write(out);
            trail.add(Step::NotAssigned, out);
            return Ok(());
        }
    };
    number.write(out);
    Ok(())
}

/// The common case: a plus and digits of an assigned number that has no trunk prefix, with plain punctuation between.
fn plain(raw: &str, out: &mut String, trail: &mut Trail) -> bool {
    let Some(number) = raw.strip_prefix('+') else { return false };
    if number.len() <= 15 && number.bytes().all(|b| b.is_ascii_digit()) {
        out.push_str(number);
    } else if let Some(digits) = parse::plain(number) {
        digits.write(out);
    }
    if !is_whole(out.as_bytes()) {
        out.clear();
        return false;
    }
    trail.add(Step::DigitsKept, out);
    true
}

/// True for an assigned number that no prefix could be taken off.
fn is_whole(digits: &[u8]) -> bool {
    let Some((code, national)) = plan_types::CallingCode::split(digits) else { return false };
    let prefix = |first: &u8| code.plan().prefix_digits >> (first - b'0') & 1 != 0;
    !national.first().is_none_or(prefix) && code.is_assigned(national)
}

/// The best reading of a cell: in its region as libphonenumber reads it; where that is in no assigned range, without
/// its leading zeros, or as an international number, if that is assigned.
fn read(cell: &Cell, region: Option<Region>, trail: &mut Trail) -> Result<(Number, Standing), Reject> {
    let mut at_home = trail.clone();
    let first = parse::parse(cell, region, &mut at_home).map(|number| {
        let standing = number.standing();
        (number, standing)
    });
    if let Ok((number, standing)) = &first
        && *standing != Standing::Assigned
        && let Some(number) = number.without_zeros(&mut at_home)
    {
        *trail = at_home;
        return Ok((number, Standing::Assigned));
    }
    let mut abroad = trail.clone();
    *trail = at_home;
    if let Ok((_, Standing::Assigned)) = first {
        return first;
    }
    let digits = cell.digits.as_slice();
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    // One zero is a trunk prefix, two are the exit code of most of the world.
    if (zeros == 1 && !cell.plus) || (zeros == 0 && cell.plus) {
        return first;
    }
    let step = if zeros == 0 { Step::ReadAsInternational } else { Step::ExitCodeRemoved };
    abroad.add_with(step, || String::from_utf8_lossy(&digits[zeros..]).into_owned());
    let Ok(Some(number)) = parse::international(&digits[zeros..], &mut abroad) else { return first };
    let standing = number.standing();
    let long = digits.len() >= INTERNATIONAL_LENGTH && number.national_len() > 4;
    let alone = matches!(first, Err(Reject::NoRegion)) && standing == Standing::Possible && long;
    if standing == Standing::Assigned || alone {
        *trail = abroad;
        return Ok((number, standing));
    }
    first
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

const SEPARATORS: [char; 8] = [',', ';', '/', '|', '\n', '\r', '\\', '&'];

/// True when the parts between separators are numbers of their own.
fn is_several(text: &str, region: Option<Region>) -> bool {
    if !text.contains(SEPARATORS) && text.matches('+').count() < 2 && !text.contains(" or ") {
        return false;
    }
    let parts = text.split(SEPARATORS).flat_map(|part| part.split(" or "));
    // "+34 612 345 678 / 613 456 789": the country of the first number is that of the next.
    let mut home = region;
    let mut numbers = 0;
    for part in parts {
        if let Some(number) = assigned(part, region).or_else(|| assigned(part, home)) {
            home = number.region().or(home);
            numbers += 1;
        }
    }
    let after_plus = text.split('+').filter(|part| assigned(&format!("+{part}"), region).is_some());
    numbers >= 2 || after_plus.take(2).count() == 2
}

fn assigned(text: &str, region: Option<Region>) -> Option<Number> {
    let mut aside = Trail::default();
    let cell = parse::read(text, &mut aside).ok()?;
    match read(&cell, region, &mut aside) {
        Ok((number, Standing::Assigned)) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
