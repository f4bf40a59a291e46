//! Numbering plans: look one up, walk the automaton, match a prefix.

use super::plan_types::{CallingCode, Plan};
use super::plans::{CALLING_CODES, NODES, PLANS, PROGRAMS, TRANSFORMS};

/// Where each calling code is in the table; codes that are none point beyond it.
static CODE_INDEX: [u8; 1000] = {
    let mut index = [u8::MAX; 1000];
    let mut at = 0;
    while at < CALLING_CODES.len() {
        index[CALLING_CODES[at].code as usize] = at as u8;
        at += 1;
    }
    index
};

/// Longest national number.
pub(super) const MAX_NATIONAL: usize = 17;

/// How a length fits a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Length {
    Possible,
    LocalOnly,
    TooShort,
    TooLong,
    Other,
}

impl Plan {
    /// The plan of a region, by its lower-case code.
    pub(super) fn of_region(region: [u8; 2]) -> Option<&'static Self> {
        let at = PLANS.partition_point(|plan| plan.region != *b"  " && plan.region < region);
        PLANS.get(at).filter(|plan| plan.region == region)
    }

    /// True for a whole number of the general description.
    pub(super) fn is_general(&self, national: &[u8]) -> bool {
        accepts(self.general, national)
    }

    /// How the length of a national number fits.
    pub(super) fn length(&self, len: usize) -> Length {
        let bit = 1u32.checked_shl(len as u32).unwrap_or(0);
        if self.local & bit != 0 {
            Length::LocalOnly
        } else if self.lengths & bit != 0 {
            Length::Possible
        } else if len < self.lengths.trailing_zeros() as usize {
            Length::TooShort
        } else if len > self.lengths.ilog2() as usize {
            Length::TooLong
        } else {
            Length::Other
        }
    }

    /// Takes the national prefix off, or rewrites the number as the plan says. A number that fits the plan is left
    /// alone if the rest would not fit it.
    pub(super) fn strip_prefix(&self, number: &mut Digits) -> bool {
        let digits = number.as_slice();
        let Some(&first) = digits.first() else { return false };
        if self.prefix_digits >> (first - b'0') & 1 == 0 {
            return false;
        }
        let Some(found) = match_prefix(self.prefix, digits) else { return false };
        let mut stripped = Digits::default();
        let last_group = usize::from(self.groups).checked_sub(1).and_then(|group| found.group(group));
        match TRANSFORMS.get(usize::from(self.transform)) {
            Some(&(put, group)) if self.transform != 0 && last_group.is_some() => {
                stripped.extend(put.as_bytes());
                let (from, to) = group.checked_sub(1).and_then(|group| found.group(group)).unwrap_or((0, 0));
                stripped.extend(&digits[from..to]);
            }
            _ => {}
        }
        stripped.extend(&digits[found.end..]);
        if self.is_general(digits) && !self.is_general(stripped.as_slice()) {
            return false;
        }
        *number = stripped;
        found.end > 0
    }

    /// The number after the exit code, if it begins with one.
    pub(super) fn strip_exit_code<'a>(&self, digits: &'a [u8]) -> Option<&'a [u8]> {
        let found = match_prefix(self.exit_code, digits)?;
        let rest = &digits[found.end..];
        (rest.first() != Some(&b'0')).then_some(rest)
    }
}

impl CallingCode {
    /// The calling code that an international number begins with, and the national number.
    pub(super) fn split(digits: &[u8]) -> Option<(&'static Self, &[u8])> {
        let mut code = 0;
        for (at, &digit) in digits.iter().take(3).enumerate() {
            code = code * 10 + u16::from(digit - b'0');
            if code == 0 {
                return None;
            }
            if let Some(found) = Self::of(code) {
                return Some((found, &digits[at + 1..]));
            }
        }
        None
    }

    #[inline]
    pub(super) fn of(code: u16) -> Option<&'static Self> {
        let at = *CODE_INDEX.get(usize::from(code))?;
        CALLING_CODES.get(usize::from(at))
    }

    pub(super) fn plan(&self) -> &'static Plan {
        &PLANS[usize::from(self.plan)]
    }

    /// True for a national number in an assigned range.
    pub(super) fn is_assigned(&self, national: &[u8]) -> bool {
        accepts(self.assigned, national)
    }
}

fn accepts(root: u16, digits: &[u8]) -> bool {
    let mut node = root;
    for &digit in digits {
        node = NODES[usize::from(node & 0x7fff)][usize::from(digit - b'0')];
        if node == 0 {
            return false;
        }
    }
    node & 0x8000 != 0
}

/// Digits of one number, in place.
#[derive(Clone, Copy)]
pub(super) struct Digits {
    bytes: [u8; Self::MOST],
    len: u8,
}

impl Default for Digits {
    fn default() -> Self {
        Self { bytes: [0; Self::MOST], len: 0 }
    }
}

impl Digits {
    /// As many as are looked at in a cell; a number has far fewer.
    const MOST: usize = 64;

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Adds a digit, or drops it where there is no room: such a number is too long in every plan.
    pub(super) fn push(&mut self, digit: u8) {
        if let Some(place) = self.bytes.get_mut(usize::from(self.len)) {
            *place = digit;
            self.len += 1;
        }
    }

    fn extend(&mut self, digits: &[u8]) {
        digits.iter().for_each(|&digit| self.push(digit));
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str(std::str::from_utf8(self.as_slice()).unwrap_or_default());
    }

    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    pub(super) fn of(digits: &[u8]) -> Self {
        let mut all = Self::default();
        all.extend(digits);
        all
    }
}

/// A match at the start: where it ends, and its groups.
struct Found {
    end: usize,
    marks: [Option<usize>; 4],
}

impl Found {
    fn group(&self, group: usize) -> Option<(usize, usize)> {
        Some(((*self.marks.get(2 * group)?)?, (*self.marks.get(2 * group + 1)?)?))
    }
}

fn match_prefix(start: u16, digits: &[u8]) -> Option<Found> {
    let mut marks = [None; 4];
    let end = run(usize::from(start), digits, 0, &mut marks)?;
    Some(Found { end, marks })
}

/// Runs a program with backtracking. Programs have no loops, so this ends; the first alternative that matches wins.
fn run(mut at: usize, digits: &[u8], mut position: usize, marks: &mut [Option<usize>; 4]) -> Option<usize> {
    loop {
        let operation = *PROGRAMS.get(at)?;
        let (a, b) = ((operation >> 14 & 0x3fff) as usize, (operation & 0x3fff) as usize);
        match operation >> 28 {
            0 => {
                let digit = *digits.get(position)?;
                if a >> (digit - b'0') & 1 == 0 {
                    return None;
                }
                position += 1;
                at += 1;
            }
            1 => {
                let before = *marks;
                if let Some(end) = run(a, digits, position, marks) {
                    return Some(end);
                }
                *marks = before;
                at = b;
            }
            2 => at = a,
            3 => {
                *marks.get_mut(a)? = Some(position);
                at += 1;
            }
            4 if position != digits.len() => return None,
            4 => at += 1,
            _ => return Some(position),
        }
    }
}
