//! From the text of a cell to a calling code and a national number, as libphonenumber reads it.

use super::plan::{Digits, Length, MAX_NATIONAL};
use super::plan_types::{CallingCode, Plan};
use super::scan::{MAX_TEXT, NoNumber, Scan};
use crate::identity::normalize::region::Region;
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// A number that was read.
pub(super) struct Number {
    code: &'static CallingCode,
    national: Digits,
}

/// How sure a number is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// In an assigned range.
    Assigned,
    /// Of a possible length.
    Possible,
    /// Neither.
    Not(Reject),
}

impl Number {
    pub(super) fn standing(&self) -> Standing {
        if self.code.is_assigned(self.national.as_slice()) {
            return Standing::Assigned;
        }
        match self.code.plan().length(self.national.as_slice().len()) {
            Length::Possible => Standing::Possible,
            Length::TooShort | Length::LocalOnly => Standing::Not(Reject::TooShort),
            Length::TooLong => Standing::Not(Reject::TooLong),
            Length::Other => Standing::Not(Reject::NotANumber),
        }
    }

    /// The number without zeros after the calling code, if that is assigned: a trunk zero of a plan that has none now.
    pub(super) fn without_zeros(&self, trail: &mut Trail) -> Option<Self> {
        let national = self.national.as_slice();
        let zeros = national.iter().take_while(|&&digit| digit == b'0').count();
        if zeros == 0 || !self.code.is_assigned(&national[zeros..]) {
            return None;
        }
        let number = Self { code: self.code, national: Digits::of(&national[zeros..]) };
        trail.add_with(Step::TrunkPrefixRemoved, || number.text());
        Some(number)
    }

    /// The country that rules the calling code.
    pub(super) fn region(&self) -> Option<Region> {
        std::str::from_utf8(&self.code.plan().region).ok().and_then(Region::find)
    }

    pub(super) fn calling_code(&self) -> u16 {
        self.code.code
    }

    pub(super) fn national(&self) -> &[u8] {
        self.national.as_slice()
    }

    /// Another number of the same calling code.
    pub(super) fn with_national(&self, national: Digits) -> Self {
        Self { code: self.code, national }
    }

    /// Writes calling code and national number.
    pub(super) fn write(&self, out: &mut String) {
        out.clear();
        out.push_str(itoa::Buffer::new().format(self.code.code));
        self.national.write(out);
    }

    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

/// The digits of a cell, letters by their keys if there are three or more.
pub(super) struct Cell {
    /// After the pluses, if any.
    pub(super) digits: Digits,
    pub(super) plus: bool,
}

/// The digits of a text that is nothing but those and plain punctuation, and ends with one: what [`Scan`] would find.
#[inline]
pub(super) fn plain(text: &str) -> Option<Digits> {
    if text.len() >= MAX_TEXT {
        return None;
    }
    let mut digits = Digits::default();
    for &b in text.as_bytes() {
        match b {
            b'0'..=b'9' => digits.push(b),
            b' ' | b'-' | b'.' | b'(' | b')' => {}
            _ => return None,
        }
    }
    let ends = text.as_bytes().last().is_some_and(u8::is_ascii_digit);
    (ends && digits.as_slice().len() >= 3).then_some(digits)
}

/// Reads the characters of a cell.
pub(super) fn read(text: &str, trail: &mut Trail) -> Result<Cell, Reject> {
    let plus = text.starts_with('+');
    if let Some(digits) = plain(if plus { &text[1..] } else { text }) {
        if digits.as_slice() != text.as_bytes() {
            trail.add_with(Step::DigitsKept, || digits.text());
        }
        return Ok(Cell { digits, plus });
    }
    let scan = Scan::new(text).map_err(|none| match none {
        NoNumber::TooLong => Reject::TooLong,
        NoNumber::NotANumber => Reject::Malformed,
    })?;
    let given = text;
    let text = scan.text();
    if scan.had_extension() {
        trail.add_with(Step::ExtensionRemoved, || written(text.iter().copied()));
    }
    let plus = text.first() == Some(&b'+');
    let letters = text.iter().filter(|b| b.is_ascii_lowercase()).count() >= 3;
    let dialled = |b: u8| if letters && b.is_ascii_lowercase() { key_of(b) } else { b };
    if letters {
        trail.add_with(Step::LettersDialled, || written(text.iter().map(|&b| dialled(b))));
    }
    let mut digits = Digits::default();
    text.iter().map(|&b| dialled(b)).filter(u8::is_ascii_digit).for_each(|digit| digits.push(digit));
    // What an earlier step has already taken away is not taken away again.
    let before = if scan.had_extension() || letters { text.len() } else { given.len() };
    if digits.as_slice().len() != before {
        trail.add_with(Step::DigitsKept, || digits.text());
    }
    Ok(Cell { digits, plus })
}

fn written(bytes: impl Iterator<Item = u8>) -> String {
    bytes.map(char::from).collect()
}

/// The key of a letter on a telephone (E.161).
fn key_of(letter: u8) -> u8 {
    b"22233344455566677778889999"[usize::from(letter - b'a')]
}

/// Reads a cell in a region; without one only numbers with a plus can be read.
pub(super) fn parse(cell: &Cell, region: Option<Region>, trail: &mut Trail) -> Result<Number, Reject> {
    let home = region.and_then(|region| Plan::of_region(region.code()));
    let digits = cell.digits.as_slice();
    if cell.plus {
        if let Some(number) = international(digits, trail)? {
            return Ok(number);
        }
        // An unknown calling code: perhaps the plus should not be there.
        let home = home.ok_or(Reject::NotANumber)?;
        return match with_code(digits, home, trail)? {
            Some(number) => Ok(number),
            None => Err(Reject::NotANumber),
        };
    }
    let home = home.ok_or(Reject::NoRegion)?;
    match with_code(digits, home, trail)? {
        Some(number) => Ok(number),
        None => {
            let code = CallingCode::of(home.calling_code).ok_or(Reject::NoRegion)?;
            let number = finish(code, home, Digits::of(digits), trail, Digits::text)?;
            trail.add_with(Step::CountryCodeAdded, || number.text());
            Ok(number)
        }
    }
}

/// Reads digits that begin with a calling code; `None` where that is unknown.
pub(super) fn international(digits: &[u8], trail: &mut Trail) -> Result<Option<Number>, Reject> {
    if digits.len() <= 2 {
        return Err(Reject::TooShort);
    }
    match CallingCode::split(digits) {
        Some((code, national)) => abroad(code, Digits::of(national), trail).map(Some),
        None => Ok(None),
    }
}

/// Reads digits with an exit code, or with the region's own calling code where they make sense only so.
fn with_code(digits: &[u8], home: &'static Plan, trail: &mut Trail) -> Result<Option<Number>, Reject> {
    if let Some(rest) = home.strip_exit_code(digits) {
        trail.add_with(Step::ExitCodeRemoved, || written(rest.iter().copied()));
        return match international(rest, trail)? {
            Some(number) => Ok(Some(number)),
            None => Err(Reject::NotANumber),
        };
    }
    let mut buffer = itoa::Buffer::new();
    let Some(rest) = digits.strip_prefix(buffer.format(home.calling_code).as_bytes()) else {
        return Ok(None);
    };
    let mut rest = Digits::of(rest);
    let stripped = home.strip_prefix(&mut rest);
    let better = !home.is_general(digits) && home.is_general(rest.as_slice());
    if !better && home.length(digits.len()) != Length::TooLong {
        return Ok(None);
    }
    let Some(code) = CallingCode::of(home.calling_code) else { return Ok(None) };
    if stripped {
        trail.add_with(Step::TrunkPrefixRemoved, || Number { code, national: rest }.text());
    }
    // The plan that rules the calling code reads the rest, unless that is the home plan itself.
    abroad(code, rest, trail).map(Some)
}

/// Reads what follows a calling code.
fn abroad(code: &'static CallingCode, national: Digits, trail: &mut Trail) -> Result<Number, Reject> {
    finish(code, code.plan(), national, trail, |&national| Number { code, national }.text())
}

/// Takes the national prefix off and checks the length.
fn finish(
    code: &'static CallingCode,
    plan: &Plan,
    mut national: Digits,
    trail: &mut Trail,
    shown: impl Fn(&Digits) -> String,
) -> Result<Number, Reject> {
    if national.as_slice().len() < 2 {
        return Err(Reject::TooShort);
    }
    let mut stripped = national;
    if plan.strip_prefix(&mut stripped)
        && matches!(plan.length(stripped.as_slice().len()), Length::Possible | Length::TooLong)
    {
        trail.add_with(Step::TrunkPrefixRemoved, || shown(&stripped));
        national = stripped;
    }
    match national.as_slice().len() {
        0 | 1 => Err(Reject::TooShort),
        2..=MAX_NATIONAL => Ok(Number { code, national }),
        _ => Err(Reject::TooLong),
    }
}
