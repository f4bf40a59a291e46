//! Where this crate reads a number otherwise than libphonenumber, and why.
//!
//! libphonenumber reads what a person dials; a column of an export holds what a program wrote. Each rule here applies
//! only where it leads to a number in an assigned range, so that a number that libphonenumber reads rightly stays.
//! `tests/data/normalize/phone_golden_differences.tsv` lists every row of libphonenumber's that differs.

use super::parse::{self, Cell, Number, Standing};
use super::plan::Digits;
use super::plan_types::{CallingCode, Plan};
use crate::identity::normalize::region::Region;
use crate::identity::normalize::settings::BarePhones;
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// Digits without a plus and without a country are read as an international number from this length on.
const INTERNATIONAL_LENGTH: usize = 11;

/// The number with its own country's calling code in front and no plus, as Meta's help page shows it, or behind `00`.
///
/// libphonenumber reads the code's digits as part of the national number wherever a plan is wide enough for that
/// (google/libphonenumber#705, #750, #1335, #1374): `4915112345678` in Germany becomes `494915112345678`. Here the
/// calling code wins if an assigned number follows. In a country without a trunk prefix the digits as they stand are
/// the customary national form, so there they win if they are assigned themselves.
///
/// `00` is the exit code of most of the world and ends up in exports of all of it: libphonenumber knows only the exit
/// codes of the row's country, and reads `0062812345678` in Indonesia as a national number.
pub(super) fn with_code(cell: &Cell, region: Option<Region>, trail: &mut Trail) -> Option<Number> {
    let digits = cell.digits.as_slice();
    if cell.plus {
        return None;
    }
    if let Some(rest) = digits.strip_prefix(b"00").filter(|rest| rest.first() != Some(&b'0')) {
        return assigned_abroad(rest, Step::ExitCodeRemoved, trail);
    }
    let home = Plan::of_region(region?.code())?;
    let mut buffer = itoa::Buffer::new();
    let national = digits.strip_prefix(buffer.format(home.calling_code).as_bytes())?;
    let code = CallingCode::of(home.calling_code)?;
    let closed = home.prefix_digits & 1 == 0;
    if closed && code.is_assigned(digits) {
        return None;
    }
    // What the plan itself reads so needs no rule.
    if national.is_empty() || !home.is_general(digits) {
        return None;
    }
    assigned_abroad(digits, Step::ReadAsInternational, trail)
}

fn assigned_abroad(digits: &[u8], step: Step, trail: &mut Trail) -> Option<Number> {
    let mut abroad = trail.clone();
    abroad.add_with(step, || String::from_utf8_lossy(digits).into_owned());
    let number = parse::international(digits, &mut abroad).ok()??;
    let number = without_retired_prefix(&number, &mut abroad).unwrap_or(number);
    if number.standing() != Standing::Assigned {
        return None;
    }
    *trail = abroad;
    Some(number)
}

/// True if digits in a row of one country may be a number of another: too many for most national numbers, or with the
/// row's own calling code in front.
pub(super) fn may_be_abroad(digits: &[u8], region: Option<Region>) -> bool {
    let own = |plan: &Plan| digits.starts_with(itoa::Buffer::new().format(plan.calling_code).as_bytes());
    digits.len() >= INTERNATIONAL_LENGTH
        || region.and_then(|region| Plan::of_region(region.code())).is_some_and(own)
}

/// True if digits without a plus, an exit code and a country may be read as an international number.
///
/// Facebook's guide writes numbers so, yet a national number of another country can have the same digits: a Brazilian
/// mobile reads as one of Morocco, an American one as one of New Zealand. By default only what cannot be mistaken is
/// read: eleven digits or more without a bracket around the first, assigned, and no number of Brazil or China,
/// where eleven digits are the national form; behind a 1 only numbers of North America, and those of area 555,
/// which is in Meta's own example.
pub(super) fn is_unmistakable(text: &str, cell: &Cell, number: &Number, bare: BarePhones) -> bool {
    let digits = cell.digits.as_slice();
    let assigned = number.standing() == Standing::Assigned;
    match bare {
        BarePhones::Refused => false,
        BarePhones::International => assigned || number.standing() == Standing::Possible,
        BarePhones::Unmistakable if digits.len() < INTERNATIONAL_LENGTH || text.starts_with('(') => false,
        BarePhones::Unmistakable if digits.starts_with(b"1") => assigned || digits.starts_with(b"1555"),
        BarePhones::Unmistakable => assigned && !is_national(digits, 55) && !is_national(digits, 86),
    }
}

fn is_national(digits: &[u8], code: u16) -> bool {
    CallingCode::of(code).is_some_and(|code| code.is_assigned(digits))
}

/// What was dialled in Mexico before August 2019 around the ten digits that remain: 1 behind the calling code of a
/// mobile, 044 and 045 in front of one, 01 in front of a fixed line. Address books and WhatsApp keep it.
const RETIRED: [&[u8]; 4] = [b"044", b"045", b"01", b"1"];
const MEXICO: u16 = 52;
const MEXICAN_LENGTH: usize = 10;

/// A Mexican number without the prefixes that were abolished.
pub(super) fn without_retired_prefix(number: &Number, trail: &mut Trail) -> Option<Number> {
    if number.calling_code() != MEXICO {
        return None;
    }
    let national = number.national();
    let rest = RETIRED.iter().find_map(|prefix| national.strip_prefix(*prefix))?;
    let short = number.with_national(Digits::of(rest));
    if rest.len() != MEXICAN_LENGTH || short.standing() != Standing::Assigned {
        return None;
    }
    trail.add_with(Step::TrunkPrefixRemoved, || short.text());
    Some(short)
}

/// True for a calling code with nothing but zeros behind it.
pub(super) fn is_code_and_zeros(cell: &Cell) -> bool {
    let digits = cell.digits.as_slice();
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    CallingCode::split(&digits[zeros..])
        .is_some_and(|(_, national)| national.len() >= 4 && national.iter().all(|&digit| digit == b'0'))
}

/// The text of a number that passed through floating point without its `.0`, or the reason why it cannot be restored.
///
/// `.0` is what pandas and spreadsheets write behind a whole number; `4.915112E12` has lost digits.
pub(super) fn whole_number(text: &str) -> Result<&str, Reject> {
    if crate::identity::normalize::text::is_scientific(text) {
        return Err(Reject::ScientificNotation);
    }
    let Some(at) = text.rfind(['.', ',']) else { return Ok(text) };
    let (whole, zeros) = (&text[..at], &text[at + 1..]);
    let digits = whole.strip_prefix('+').unwrap_or(whole);
    let of_zeros = matches!(zeros, "0" | "00");
    let long = digits.len() >= 6 && digits.bytes().all(|b| b.is_ascii_digit());
    Ok(if of_zeros && long { whole } else { text })
}

/// Most digits in the words behind a number: more may be a second number.
const MAX_DIGITS_BEHIND: usize = 4;

/// The number in front of words, such as `+44 7911 123456 (mobile)`.
///
/// libphonenumber reads three letters or more as keys of a telephone. A number that is whole without them needs none.
pub(super) fn before_words(text: &str) -> Option<&str> {
    let start = text.find(|c: char| c == '+' || c.is_ascii_digit())?;
    let words = start + text[start..].find(|c: char| c.is_alphabetic() && !c.is_numeric())?;
    let (number, behind) = (&text[start..words], &text[words..]);
    let number = number.trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let more = behind.chars().filter(|c| c.is_numeric()).count();
    (digits >= 7 && more <= MAX_DIGITS_BEHIND).then_some(number)
}

/// A `tel:` URI with its context in front (RFC 3966, 5.1.5), where that is a calling code; else without the context.
pub(super) fn with_context(text: &str) -> Option<String> {
    let (number, parameters) = text.split_once(';')?;
    let is_context =
        |parameter: &str| parameter.get(..14).is_some_and(|name| name.eq_ignore_ascii_case("phone-context="));
    let context = parameters.split(';').find(|&parameter| is_context(parameter))?;
    let number = match number.split_once(':') {
        Some((scheme, number)) if scheme.eq_ignore_ascii_case("tel") => number,
        _ => number,
    };
    let code = context[14..].strip_prefix('+').filter(|code| !code.is_empty());
    Some(match code {
        Some(code) if !number.starts_with('+') => format!("+{code}{number}"),
        _ => number.to_owned(),
    })
}
