//! The docs speak plainly: a function's first line begins with a verb, and examples are many.

use std::sync::LazyLock;

use regex::Regex;

use crate::reader::{Source, has, sources};

/// Least share of public functions whose first line begins with a verb, in percent.
const LEAST_VERBS: usize = 80;

/// Fewest examples that run, for a hundred public items.
const LEAST_EXAMPLES: usize = 40;

/// Words that end like a verb in the third person and are none.
const NO_VERBS: &str = "\
    this its is as whether perhaps always has does was yes across besides rows contacts members \
    fields keys days columns events options audiences numbers letters items kilometres metres \
    seconds milliseconds hours minutes weeks months years bytes texts people others units digests \
    outcomes problems tags rules workflows conditions cells records errors sums entries accounts \
    aggregates settings sessions tokens segments purchases characters sizes addresses ids codes \
    persons";

/// Words that are verbs before what they act on, and nouns elsewhere.
const PERHAPS_VERBS: &str = "\
    names values limits counts groups lists times totals orders files pages calls lines words marks \
    uses needs parts steps results changes shares figures rates dates states";

/// What a verb may act on.
const OBJECTS: &str = "\
    a an the this these those each every all any one its it which what how whether when out both no \
    only another many some new";

/// A public item: where it is, what it is, its name and the first line of its docs.
struct Item {
    place: String,
    kind: String,
    name: String,
    first: String,
}

#[derive(Default)]
pub(crate) struct Docs {
    items: Vec<Item>,
    /// Examples that run.
    examples: usize,
    /// Words in place of which docs say contact, member, caller or application.
    unsaid: Vec<String>,
}

/// The docs of every file, in order.
pub(crate) fn docs(sources: &[Source]) -> Docs {
    let mut docs = Docs::default();
    for source in sources.iter().filter(|source| !source.is_test) {
        read(source, &mut docs);
    }
    docs
}

fn read(source: &Source, docs: &mut Docs) {
    static PUBLIC: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\s*pub (?:(?:async|const|unsafe) )*(fn|struct|enum|trait)\s+(\w+)").unwrap()
    });
    static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`[^`]*`|\[[^\]]*\]").unwrap());
    static UNSAID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?i)\b(?:whom|nobody|somebody|everybody|the host)\b").unwrap());
    let (mut first, mut fence, mut open) = (String::new(), false, 0);
    let lines = source.text.lines().zip(source.code.lines()).take(source.lines());
    for (number, (line, code)) in lines.enumerate() {
        let (line, place) = (line.trim(), format!("src/{}.rs:{}", source.name, number + 1));
        let own = line.strip_prefix("///").filter(|rest| !rest.starts_with('/'));
        if let Some(doc) = own.or_else(|| line.strip_prefix("//!")).map(str::trim) {
            if let Some(tags) = doc.strip_prefix("```") {
                let mut tags =
                    tags.split(|c: char| c == ',' || c.is_whitespace()).filter(|tag| !tag.is_empty());
                let runs = tags.all(|tag| ["rust", "should_panic", "no_run", "compile_fail"].contains(&tag));
                docs.examples += usize::from(!fence && runs);
                fence = !fence;
            } else if !fence {
                docs.unsaid.extend(
                    UNSAID
                        .find_iter(&QUOTED.replace_all(doc, ""))
                        .map(|word| format!("{place}: {}", word.as_str())),
                );
                if first.is_empty() && own.is_some() {
                    doc.clone_into(&mut first);
                }
            }
            continue;
        }
        fence = false;
        // Attributes stand between an item and its docs.
        if open > 0 || line.starts_with("#[") {
            open += code.matches(['[', '(']).count();
            open -= open.min(code.matches([']', ')']).count());
            continue;
        }
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if let Some(found) = PUBLIC.captures(code) {
            let [kind, name] = [1, 2].map(|group| found[group].to_owned());
            docs.items.push(Item { place, kind, name, first: std::mem::take(&mut first) });
        }
        first.clear();
    }
}

/// Whether a first line begins with a verb in the third person.
fn is_verb(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let Some(first) = words.next().map(|word| word.trim_end_matches(',').to_lowercase()) else {
        return false;
    };
    let next = words.next().unwrap_or_default().trim_end_matches([',', ';', ':', '.']).to_lowercase();
    let plain = first.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !plain || !first.ends_with('s') || first.ends_with("ss") || first.ends_with("us") {
        return false;
    }
    match first.as_str() {
        noun if has(NO_VERBS, noun) => false,
        either if has(PERHAPS_VERBS, either) => has(OBJECTS, &next) || next.starts_with(['`', '[']),
        _ => !["of", "that", "which", "who", "whose", "whom", "is", "are"].contains(&next.as_str()),
    }
}

impl Docs {
    fn functions(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.kind == "fn")
    }

    /// The share of functions whose first line begins with a verb, in percent, and the others.
    pub(crate) fn verbs(&self) -> (usize, Vec<String>) {
        let all = self.functions().count().max(1);
        let others: Vec<_> = self.functions().filter(|item| !is_verb(&item.first)).map(Item::shown).collect();
        (100 * (all - others.len().min(all)) / all, others)
    }

    /// Functions whose first line has three words or fewer.
    pub(crate) fn terse(&self) -> Vec<String> {
        self.functions().filter(|item| item.first.split_whitespace().count() <= 3).map(Item::shown).collect()
    }

    /// Examples for a hundred public items.
    pub(crate) fn examples(&self) -> usize {
        100 * self.examples / self.items.len().max(1)
    }

    /// Words that docs do not use, where they stand.
    pub(crate) fn unsaid(&self) -> &[String] {
        &self.unsaid
    }
}

impl Item {
    fn shown(&self) -> String {
        format!("{} {}: {}", self.place, self.name, self.first)
    }
}

#[test]
fn public_functions_begin_with_a_verb_and_say_more_than_their_name() {
    let docs = docs(sources());
    let (share, others) = docs.verbs();
    let shown = others[..others.len().min(40)].join("\n");
    assert!(share >= LEAST_VERBS, "{share} % begin with a verb, at least {LEAST_VERBS}:\n{shown}");
    assert!(docs.terse().is_empty(), "three words or fewer:\n{}", docs.terse().join("\n"));
    assert!(
        docs.unsaid().is_empty(),
        "say contact, member, caller, application:\n{}",
        docs.unsaid().join("\n")
    );
}

#[test]
fn examples_are_many() {
    let examples = docs(sources()).examples();
    assert!(
        examples >= LEAST_EXAMPLES,
        "{examples} examples for 100 public items, at least {LEAST_EXAMPLES}"
    );
}

#[test]
fn a_first_line_begins_with_a_verb_or_does_not() {
    for verb in [
        "Returns `true` if it is empty.",
        "Sets the name.",
        "Reads, selects and hashes.",
        "Counts the rows.",
        "Names `key` anew.",
        "Re-evaluates all.",
    ] {
        assert!(is_verb(verb), "{verb}");
    }
    for other in [
        "The name.",
        "Rows of a call.",
        "Counts of rows.",
        "This many.",
        "As `new`.",
        "Pass over.",
        "`A` s.",
        "",
        "Makers that make.",
        "Bus rides.",
    ] {
        assert!(!is_verb(other), "{other}");
    }
}

#[test]
fn the_reader_of_docs_sees_items_examples_and_words() {
    let text = "//! The Host and [`nobody`].\n\n/// Returns it.\n///\n/// ```\n/// let whom = 1;\n/// ```\n#[must_use = \"a\n  b\"]\n\
                #[cfg(all(a,\n    b))]\npub const fn get() {}\n\n/// The `whom`.\n/// ```text\n/// no\n/// ```\npub struct A;\n\n\
                /// Hidden.\npub(crate) fn b() {}\npub enum C {}\n#[cfg(test)]\nmod tests { pub fn d() {} }\n";
    let docs = docs(&[Source::new("sync/a", "a".into(), text.to_owned())]);
    let items: Vec<_> = docs.items.iter().map(|item| (&*item.kind, &*item.name, &*item.first)).collect();
    assert_eq!(items, [("fn", "get", "Returns it."), ("struct", "A", "The `whom`."), ("enum", "C", "")]);
    assert_eq!(
        (docs.examples, docs.examples(), docs.unsaid()),
        (1, 33, &["src/sync/a.rs:1: The Host".to_owned()][..])
    );
    assert_eq!(docs.verbs(), (100, vec![]));
    assert_eq!(docs.terse(), ["src/sync/a.rs:12 get: Returns it."]);
}
