//! The methods of a type stand in its own file and in at most two more.
//!
//! Counted are the files of a module, the type's own apart, that have an `impl` block of the type: its own methods, or a
//! trait of the crate. Traits of the standard library, serde and futures are not, since conversions, `Debug` and the
//! reading of JSON may well have files of their own. A method needs no import, so nothing else here sees what it ties.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::reader::{Source, has, sources};

/// Most files with `impl` blocks of one type besides its own.
const MOST_FILES: usize = 2;

/// Types that stand in more: module, type, files and why. The number may only go down.
pub(crate) const SPREAD: &[(&str, &str, usize, &str)] =
    &[("contact", "Contact", 7, "a file for each list that a contact keeps, and for each way in and out")];

const FOREIGN: &str = "\
    Debug Display Default Clone Copy PartialEq Eq PartialOrd Ord Hash From TryFrom Into FromStr \
    Iterator IntoIterator DoubleEndedIterator ExactSizeIterator FusedIterator Extend FromIterator \
    Deref DerefMut Drop AsRef Borrow Index IndexMut Add AddAssign Sub Sum Not Error Serialize \
    Deserialize Visitor DeserializeSeed Future Stream Read Write Hasher BuildHasher Zeroize";

/// Each type whose methods stand in too many files.
pub(crate) fn spread(sources: &[Source]) -> Vec<String> {
    static DEFINITION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum|union)\s+(\w+)").unwrap()
    });
    let mut homes: BTreeMap<(&str, String), BTreeSet<&str>> = BTreeMap::new();
    let mut blocks: BTreeMap<(&str, String), BTreeSet<&str>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.is_test) {
        for found in DEFINITION.captures_iter(&source.code) {
            homes.entry((source.top(), found[1].to_owned())).or_default().insert(&source.name);
        }
        for (of, name) in heads(&source.code) {
            if !of.is_some_and(|of| has(FOREIGN, &of)) {
                blocks.entry((source.top(), name)).or_default().insert(&source.name);
            }
        }
    }
    let mut wrong = Vec::new();
    for ((module, name), mut files) in blocks {
        let Some(home) = homes.get(&(module, name.clone())).filter(|home| home.len() == 1) else { continue };
        files.retain(|file| !home.contains(file));
        let allowed = SPREAD.iter().find(|(of, which, _, _)| (of, which) == (&module, &name.as_str()));
        if files.len() > allowed.map_or(MOST_FILES, |(_, _, most, _)| *most) {
            let names: Vec<_> = files.iter().copied().collect();
            wrong.push(format!(
                "{module}::{name}: {} files besides its own: {}",
                files.len(),
                names.join(", ")
            ));
        }
    }
    wrong
}

/// The trait, if any, and the type of each `impl` block.
fn heads(code: &str) -> Vec<(Option<String>, String)> {
    static START: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^\s*(?:unsafe\s+)?impl\b").unwrap());
    let last = |path: &str| {
        path.split(|c: char| !c.is_alphanumeric() && c != '_')
            .rfind(|word| !word.is_empty())
            .unwrap_or("")
            .to_owned()
    };
    let mut heads = Vec::new();
    for found in START.find_iter(code) {
        let head = code[found.end()..].split('{').next().unwrap();
        // What stands in angle brackets is no part of a name.
        let (mut flat, mut depth, mut before) = (String::new(), 0, ' ');
        for c in head.chars() {
            match c {
                '<' => depth += 1,
                '>' if before != '-' => depth -= 1,
                _ if depth == 0 => flat.push(c),
                _ => {}
            }
            before = c;
        }
        let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
        let flat = flat.split(" where ").next().unwrap();
        match flat.split_once(" for ") {
            Some((of, name)) => heads.push((Some(last(of)), last(name))),
            None => heads.push((None, last(flat))),
        }
    }
    heads
}

#[test]
fn the_methods_of_a_type_stand_together() {
    let found = spread(sources());
    assert!(found.is_empty(), "methods stand in more than {MOST_FILES} files:\n{}", found.join("\n"));
}

#[test]
fn the_reader_of_impl_blocks_sees_their_types() {
    let code = "impl A { fn f(&self) -> impl Iterator<Item = u8> {} }\nimpl<T: Into<B>> super::B<T>\nwhere\n    T: C,\n{}\n\
                impl<S> fmt::Debug for C<S> {}\n    impl crate::D for &mut E {}\n";
    let heads: Vec<_> =
        heads(code).into_iter().map(|(of, name)| format!("{} {name}", of.unwrap_or_default())).collect();
    assert_eq!(heads, [" A", " B", "Debug C", "D E"]);

    let file = |name: &str, text: &str| Source::new(name, name.into(), text.to_owned());
    let mut sources = vec![file("sync/a", "pub struct A;\nimpl A {}\n"), file("audience/a", "impl A {}\n")];
    for name in ["b", "c"] {
        sources.push(file(&format!("sync/{name}"), "impl A {}\nimpl crate::D for A {}\n"));
    }
    sources.push(file("sync/e", "impl fmt::Debug for A {}\n"));
    assert_eq!(spread(&sources), [""; 0]);
    sources.push(file("sync/f", "impl crate::D for A {}\n"));
    assert_eq!(spread(&sources), ["sync::A: 3 files besides its own: sync/b, sync/c, sync/f"]);
}
