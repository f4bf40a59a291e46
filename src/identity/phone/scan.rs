//! The text of a cell as a phone number: what counts, what is an extension, what cannot be one.
//!
//! It follows libphonenumber's grammar, so that the two agree on what a cell says.

use crate::identity::normalize::text::digit_value;

/// Longest text that is looked at.
pub(super) const MAX_TEXT: usize = 250;

/// A cell in one byte per character: digits, small letters and punctuation as they are, everything else as one of
/// the marks below.
pub(super) struct Scan {
    bytes: [u8; MAX_TEXT],
    start: usize,
    end: usize,
    extension: bool,
}

const OTHER_LETTER: u8 = 0x80;
const OTHER: u8 = 0x81;

/// Why there is no number in a cell.
pub(super) enum NoNumber {
    TooLong,
    NotANumber,
}

impl Scan {
    /// Reads a cell that has been cleaned.
    pub(super) fn new(text: &str) -> Result<Self, NoNumber> {
        let mut scan = Self { bytes: [0; MAX_TEXT], start: 0, end: 0, extension: false };
        for c in text.chars() {
            *scan.bytes.get_mut(scan.end).ok_or(NoNumber::TooLong)? = byte_of(c);
            scan.end += 1;
        }
        scan.cut_to_number();
        // The Russian label of an extension is three letters as the Latin one is.
        let extension = scan.find_extension();
        let core = |end: usize| is_viable(&scan.bytes[scan.start..end]);
        let viable = core(scan.end) || extension.is_some_and(core) || scan.any_extension(core);
        if !viable {
            return Err(NoNumber::NotANumber);
        }
        if let Some(end) = extension.filter(|&end| core(end)) {
            scan.end = end;
            scan.extension = true;
        }
        Ok(scan)
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// True when an extension was cut off.
    pub(super) fn had_extension(&self) -> bool {
        self.extension
    }

    /// Cuts what stands before a number and after it.
    fn cut_to_number(&mut self) {
        let begins = |&b: &u8| b == b'+' || b.is_ascii_digit();
        self.start = self.bytes[..self.end].iter().position(begins).unwrap_or(self.end);
        let ends = |&b: &u8| b.is_ascii_alphanumeric() || b == b'#' || b == OTHER_LETTER;
        self.end = self.text().iter().rposition(ends).map_or(self.start, |at| self.start + at + 1);
        // "(530) 583-6985 x302/x2303": what follows the slash is a second number.
        let slash = self.text().iter().enumerate().position(|(at, &b)| {
            b == b'/' && self.text()[at + 1..].iter().find(|&&next| next != b' ') == Some(&b'x')
        });
        self.end = slash.map_or(self.end, |at| self.start + at);
        if let Some(at) = find(self.text(), b";isub=").filter(|&at| at > 0) {
            self.end = self.start + at;
        }
    }

    /// Where the first thing begins that reads as an extension up to the end.
    fn find_extension(&self) -> Option<usize> {
        self.extensions().next()
    }

    fn any_extension(&self, core: impl Fn(usize) -> bool) -> bool {
        self.extensions().any(core)
    }

    fn extensions(&self) -> impl Iterator<Item = usize> {
        let text = self.text();
        let hash = text.last() == Some(&b'#');
        let without_hash = if hash { &text[..text.len() - 1] } else { text };
        let digits = without_hash.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let label_end = without_hash.len() - digits;
        let label = &text[..label_end];
        // Only punctuation that a label may have can stand before the digits.
        let possible = digits > 0
            && digits <= 20
            && (hash || label.iter().any(|b| b",;~#:".contains(b) || b.is_ascii_alphabetic()));
        let range = if possible { 0..label_end } else { 0..0 };
        range.filter(move |&at| is_label(&label[at..], digits, hash)).map(|at| self.start + at)
    }
}

fn byte_of(c: char) -> u8 {
    match c {
        // No mark of libphonenumber's, yet people part numbers with them.
        '_' | '\'' | '\u{2019}' | '\u{b7}' | '\u{2022}' | '\u{2219}' | '\u{22c5}' => b'-',
        ' '..='~' => (c as u8).to_ascii_lowercase(),
        '\t' => b'\t',
        '\n' | '\r' => OTHER,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' => b'-',
        '\u{2053}' | '\u{223c}' => b'~',
        'д' | 'Д' => b'e',
        'о' | 'О' => b'x',
        'б' | 'Б' => b't',
        'ó' | 'Ó' => b'o',
        _ if c.is_whitespace() => b' ',
        _ => match digit_value(c) {
            Some(value) => b'0' + value,
            None if c.is_alphanumeric() => OTHER_LETTER,
            None => OTHER,
        },
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn is_punctuation(b: u8) -> bool {
    matches!(b, b'-' | b'x' | b' ' | b'(' | b')' | b'.' | b'[' | b']' | b'/' | b'~' | b'*')
}

/// At least three digits with nothing but punctuation between, or exactly two; then letters may follow too.
fn is_viable(text: &[u8]) -> bool {
    if text.len() == 2 && text.iter().all(u8::is_ascii_digit) {
        return true;
    }
    let pluses = text.iter().take_while(|&&b| b == b'+').count();
    let mut digits = 0;
    for &b in &text[pluses..] {
        let fits = b.is_ascii_digit() || is_punctuation(b) || (digits >= 3 && b.is_ascii_lowercase());
        if !fits {
            return false;
        }
        digits += usize::from(b.is_ascii_digit());
    }
    digits >= 3
}

/// True for the text between a number and the digits of its extension.
fn is_label(text: &[u8], digits: usize, hash: bool) -> bool {
    if text == b";ext=" {
        return !hash;
    }
    if hash && digits <= 6 && !text.is_empty() && text.iter().all(|b| b"- ".contains(b)) {
        return true;
    }
    let label = skip(text, b" \t,");
    let explicit = after_word(label).is_some_and(is_gap);
    let ambiguous = || {
        let rest = match label {
            [b'x' | b'#' | b'~', rest @ ..] => Some(rest),
            _ => label.strip_prefix(b"int"),
        };
        digits <= 9 && rest.is_some_and(is_gap)
    };
    let dialled = || {
        let label = skip(text, b" \t");
        let rest = label.strip_prefix(b",,").or_else(|| label.strip_prefix(b";"));
        digits <= 15 && rest.is_some_and(is_gap)
    };
    let commas = || {
        let label = skip(text, b" \t");
        let rest = skip(label, b",");
        digits <= 9 && rest.len() < label.len() && is_gap(rest)
    };
    explicit || ambiguous() || dialled() || commas()
}

/// What follows `ext`, `extn`, `extension`, `xt`, `anexo` and the like.
fn after_word(label: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = label.strip_prefix(b"anexo") {
        return Some(rest);
    }
    let label = label.strip_prefix(b"e").unwrap_or(label).strip_prefix(b"xt")?;
    let label = match label.strip_prefix(b"ensi") {
        Some(rest) => rest.strip_prefix(b"o").unwrap_or(rest),
        None => label,
    };
    Some(label.strip_prefix(b"n").unwrap_or(label))
}

/// Nothing but a stop or colon and blanks.
fn is_gap(text: &[u8]) -> bool {
    let text = text.strip_prefix(b":").or_else(|| text.strip_prefix(b".")).unwrap_or(text);
    skip(text, b" \t,-").is_empty()
}

fn skip<'a>(text: &'a [u8], of: &[u8]) -> &'a [u8] {
    let count = text.iter().take_while(|b| of.contains(b)).count();
    &text[count..]
}
