//! HTML entities, which web forms leave in names and places.

use std::borrow::Cow;

/// Ends of entities of letters, and the combining mark: `&uuml;`, `&Eacute;`.
const MARKS: [(&str, char); 8] = [
    ("acute", '\u{301}'),
    ("caron", '\u{30c}'),
    ("cedil", '\u{327}'),
    ("circ", '\u{302}'),
    ("grave", '\u{300}'),
    ("ring", '\u{30a}'),
    ("tilde", '\u{303}'),
    ("uml", '\u{308}'),
];

const OTHERS: [(&str, char); 20] = [
    ("AElig", 'Æ'),
    ("ETH", 'Ð'),
    ("Oslash", 'Ø'),
    ("THORN", 'Þ'),
    ("aelig", 'æ'),
    ("amp", '&'),
    ("apos", '\''),
    ("eth", 'ð'),
    ("gt", '>'),
    ("hyphen", '-'),
    ("lsquo", '\u{2018}'),
    ("lt", '<'),
    ("nbsp", ' '),
    ("ndash", '\u{2013}'),
    ("oelig", 'œ'),
    ("oslash", 'ø'),
    ("quot", '"'),
    ("rsquo", '\u{2019}'),
    ("szlig", 'ß'),
    ("thorn", 'þ'),
];

/// How often text is encoded at most: `&amp;apos;` was encoded twice.
const ROUNDS: usize = 2;

/// The text with its entities decoded; what is none stays.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    let mut decoded = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        let Some(next) = once(&decoded) else { break };
        decoded = Cow::Owned(next);
    }
    decoded
}

fn once(text: &str) -> Option<String> {
    let (mut out, mut rest, mut found) = (String::new(), text, false);
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let entity = after.split_once(';').and_then(|(name, after)| Some((letter(name)?, after)));
        match entity {
            Some(((base, mark), after)) => {
                out.push(base);
                out.extend(mark);
                rest = after;
                found = true;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    found.then_some(out)
}

fn letter(name: &str) -> Option<(char, Option<char>)> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return Some((code.ok().and_then(char::from_u32)?, None));
    }
    if let Some(&(_, c)) = OTHERS.iter().find(|(known, _)| *known == name) {
        return Some((c, None));
    }
    let base = name.chars().next().filter(char::is_ascii_alphabetic)?;
    let &(_, mark) = MARKS.iter().find(|(end, _)| *end == &name[1..])?;
    Some((base, Some(mark)))
}
