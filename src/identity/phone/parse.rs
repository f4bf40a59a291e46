//! From the text of a cell to a calling code and a national number, as libphonenumber reads it.

use super::plan::{CallingCode, Digits, Length, MAX_NATIONAL, Plan};
use super::scan::{NoNumber, Scan};
use crate::identity::normalize::Region;
use crate::identity::reject::Reject;
use crate::identity::steps::{Step, Steps};

/// A number that was read.
pub(super) struct Number {
    code: &'static CallingCode,
    national: Digits,
    pub(super) steps: Steps,
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
    pub(super) fn without_zeros(&self) -> Option<Self> {
        let national = self.national.as_slice();
        let zeros = national.iter().take_while(|&&digit| digit == b'0').count();
        if zeros == 0 || !self.code.is_assigned(&national[zeros..]) {
            return None;
        }
        let mut steps = self.steps;
        steps.add(Step::TrunkPrefixRemoved);
        Some(Self { code: self.code, national: Digits::of(&national[zeros..]), steps })
    }

    /// How many digits the national number has.
    pub(super) fn national_len(&self) -> usize {
        self.national.as_slice().len()
    }

    /// Writes calling code and national number.
    pub(super) fn write(&self, out: &mut String) {
        out.clear();
        out.push_str(itoa::Buffer::new().format(self.code.code));
        out.extend(self.national.as_slice().iter().map(|&digit| char::from(digit)));
    }
}

/// The digits of a cell, letters by their keys if there are three or more.
pub(super) struct Cell {
    /// After the pluses, if any.
    pub(super) digits: Digits,
    pub(super) plus: bool,
    pub(super) steps: Steps,
}

/// Reads the characters of a cell.
pub(super) fn read(text: &str) -> Result<Cell, Reject> {
    let scan = Scan::new(text).map_err(|none| match none {
        NoNumber::TooLong => Reject::TooLong,
        NoNumber::NotANumber => Reject::Malformed,
    })?;
    let mut steps = Steps::default();
    steps.add_if(scan.had_extension(), Step::ExtensionRemoved);
    let text = scan.text();
    let plus = text.first() == Some(&b'+');
    let letters = text.iter().filter(|b| b.is_ascii_lowercase()).count() >= 3;
    steps.add_if(letters, Step::LettersDialled);
    let mut digits = Digits::default();
    for &b in text {
        match b {
            b'0'..=b'9' => digits.extend(&[b]),
            b'a'..=b'z' if letters => digits.extend(&[key_of(b)]),
            _ => {}
        }
    }
    Ok(Cell { digits, plus, steps })
}

/// The key of a letter on a telephone (E.161).
fn key_of(letter: u8) -> u8 {
    b"22233344455566677778889999"[usize::from(letter - b'a')]
}

/// Reads a cell in a region; without one only numbers with a plus can be read.
pub(super) fn parse(cell: &Cell, region: Option<Region>) -> Result<Number, Reject> {
    let home = region.and_then(|region| Plan::of_region(region.code()));
    let digits = cell.digits.as_slice();
    if cell.plus {
        if let Some(number) = international(digits, cell.steps)? {
            return Ok(number);
        }
        // An unknown calling code: perhaps the plus should not be there.
        let home = home.ok_or(Reject::NotANumber)?;
        return match with_code(digits, home, cell.steps)? {
            Some(number) => Ok(number),
            None => Err(Reject::NotANumber),
        };
    }
    let home = home.ok_or(Reject::NoRegion)?;
    match with_code(digits, home, cell.steps)? {
        Some(number) => Ok(number),
        None => {
            let mut steps = cell.steps;
            steps.add(Step::CountryCodeAdded);
            let code = CallingCode::of(home.calling_code).ok_or(Reject::NoRegion)?;
            finish(code, home, Digits::of(digits), steps)
        }
    }
}

/// Reads digits that begin with a calling code; `None` where that is unknown.
pub(super) fn international(digits: &[u8], steps: Steps) -> Result<Option<Number>, Reject> {
    if digits.len() <= 2 {
        return Err(Reject::TooShort);
    }
    match CallingCode::split(digits) {
        Some((code, national)) => finish(code, code.plan(), Digits::of(national), steps).map(Some),
        None => Ok(None),
    }
}

/// Reads digits with an exit code, or with the region's own calling code where they make sense only so.
fn with_code(digits: &[u8], home: &'static Plan, mut steps: Steps) -> Result<Option<Number>, Reject> {
    if let Some(rest) = home.strip_exit_code(digits) {
        steps.add(Step::ExitCodeRemoved);
        return match international(rest, steps)? {
            Some(number) => Ok(Some(number)),
            None => Err(Reject::NotANumber),
        };
    }
    let mut buffer = itoa::Buffer::new();
    let Some(rest) = digits.strip_prefix(buffer.format(home.calling_code).as_bytes()) else {
        return Ok(None);
    };
    let mut rest = Digits::of(rest);
    home.strip_prefix(&mut rest);
    let better = !home.is_general(digits) && home.is_general(rest.as_slice());
    if !better && home.length(digits.len()) != Length::TooLong {
        return Ok(None);
    }
    let Some(code) = CallingCode::of(home.calling_code) else { return Ok(None) };
    // The plan that rules the calling code reads the rest, unless that is the home plan itself.
    finish(code, code.plan(), rest, steps).map(Some)
}

/// Takes the national prefix off and checks the length.
fn finish(
    code: &'static CallingCode,
    plan: &Plan,
    mut national: Digits,
    mut steps: Steps,
) -> Result<Number, Reject> {
    if national.as_slice().len() < 2 {
        return Err(Reject::TooShort);
    }
    let mut stripped = national;
    if plan.strip_prefix(&mut stripped)
        && matches!(plan.length(stripped.as_slice().len()), Length::Possible | Length::TooLong)
    {
        steps.add(Step::TrunkPrefixRemoved);
        national = stripped;
    }
    match national.as_slice().len() {
        0 | 1 => Err(Reject::TooShort),
        2..=MAX_NATIONAL => Ok(Number { code, national, steps }),
        _ => Err(Reject::TooLong),
    }
}
