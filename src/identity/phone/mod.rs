//! `PHONE`: digits with the country code, by the numbering plans of the world.

mod overrides;
pub(super) mod parse;
pub(super) mod plan;
pub(super) mod plan_types;
#[rustfmt::skip]
pub(super) mod plans;
pub(super) mod scan;

use parse::{Cell, Number, Standing};

use crate::identity::normalize::context::Cx;
use crate::identity::normalize::region::Region;
use crate::identity::normalize::settings::{BarePhones, PhoneNumbers};
use crate::identity::normalize::text::{clean, is_placeholder, refuse_digest};
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

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
/// A number is read as libphonenumber reads it, with the exceptions of [`overrides`].
pub(super) fn phone(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    if plain(raw, out, trail) {
        return Ok(());
    }
    clean(raw, out, trail)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    restore(out, trail)?;
    let bare = cx.rules.bare_phones;
    if let Some(number) = in_front_of_words(out, cx.region(), bare, trail) {
        number.write(out);
        return Ok(());
    }
    let cell = parse::read(out, trail);
    let reading =
        cell.as_ref().map_err(|&reason| reason).and_then(|cell| read(out, cell, cx.region(), bare, trail));
    let number = match reading {
        Ok((number, Standing::Assigned)) => {
            // What reads as a long extension may be a second number.
            if trail.steps().contains(Step::ExtensionRemoved) && is_several(out, cx.region()) {
                return Err(Reject::Several);
            }
            number
        }
        other => {
            if cell.as_ref().is_ok_and(|cell| stands_for_nothing(cell) || overrides::is_code_and_zeros(cell))
            {
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

/// Takes off what a program put around a number: the `.0` of floating point and the context of a `tel:` URI.
fn restore(out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    let whole = overrides::whole_number(out)?.len();
    if whole < out.len() {
        out.truncate(whole);
        trail.add(Step::DecimalsRemoved, out);
    }
    if let Some(number) = overrides::with_context(out) {
        *out = number;
        trail.add(Step::CountryCodeAdded, out);
    }
    Ok(())
}

/// An assigned number before words that are neither an extension nor a second number.
fn in_front_of_words(
    text: &str,
    region: Option<Region>,
    bare: BarePhones,
    trail: &mut Trail,
) -> Option<Number> {
    let front = overrides::before_words(text)?;
    let mut aside = trail.clone();
    aside.add_with(Step::WordsRemoved, || front.to_owned());
    let cell = parse::read(front, &mut aside).ok()?;
    match read(front, &cell, region, bare, &mut aside) {
        Ok((number, Standing::Assigned)) => {
            *trail = aside;
            Some(number)
        }
        _ => None,
    }
}

/// The common case: a plus and digits of an assigned number that has no trunk prefix, with plain punctuation between.
fn plain(raw: &str, out: &mut String, trail: &mut Trail) -> bool {
    let Some(number) =
        raw.strip_prefix('+').filter(|number| !number.ends_with(".0") && !number.ends_with(".00"))
    else {
        return false;
    };
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
fn read(
    text: &str,
    cell: &Cell,
    region: Option<Region>,
    bare: BarePhones,
    trail: &mut Trail,
) -> Result<(Number, Standing), Reject> {
    if let Some(number) = overrides::with_code(cell, region, trail) {
        return Ok((number, Standing::Assigned));
    }
    let mut at_home = trail.clone();
    let first = parse::parse(cell, region, &mut at_home).map(|number| {
        let standing = number.standing();
        (number, standing)
    });
    if let Ok((number, standing)) = &first
        && *standing != Standing::Assigned
        && let Some(number) = overrides::without_retired_prefix(number, &mut at_home)
            .or_else(|| number.without_zeros(&mut at_home))
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
    let abroad_only = match first {
        Err(Reject::NoRegion) if zeros == 0 => overrides::is_unmistakable(text, cell, &number, bare),
        _ if zeros == 0 && !overrides::may_be_abroad(digits, region) => false,
        _ => standing == Standing::Assigned,
    };
    if abroad_only {
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
    match read(text, &cell, region, BarePhones::default(), &mut aside) {
        Ok((number, Standing::Assigned)) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod sweep;
#[cfg(test)]
mod tests;
