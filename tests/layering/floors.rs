//! Imports point down: the floors of the house, read out of `src` and held against the table.

use std::collections::{BTreeMap, BTreeSet};

use crate::reader::{Source, blank, sources, without_tests};

/// Each module, and what it may import of the crate. A module may always import itself.
const FLOORS: &[(&str, &[&str])] = &[
    ("_documentation", &[]),
    ("error", &[]),
    ("clock", &["error"]),
    ("contact", &["clock", "error"]),
    ("store", &["clock", "error"]),
    ("identity", &["contact", "clock", "error"]),
    ("segment", &["contact", "clock", "error"]),
    ("source", &["segment", "contact", "clock", "error"]),
    ("facebook", &["identity", "clock", "error"]),
    ("audience", &["segment", "identity", "facebook", "clock", "error"]),
    (
        "sync",
        &["store", "source", "segment", "identity", "facebook", "audience", "contact", "clock", "error"],
    ),
    ("automation", &["store", "audience", "sync", "segment", "contact", "clock", "error"]),
    (
        "testing",
        &[
            "automation",
            "store",
            "sync",
            "audience",
            "facebook",
            "source",
            "segment",
            "identity",
            "contact",
            "clock",
            "error",
        ],
    ),
];

/// The names that follow `crate::` in `code`, groups in braces spread out, each with the second name if there is one.
fn crate_paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = code[at + "crate::".len()..].trim_start();
        match rest.strip_prefix('{') {
            None => found.push(name(rest)),
            Some(group) => {
                let (mut depth, mut item) = (0, String::new());
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => found.push(name(&std::mem::take(&mut item))),
                        _ => {}
                    }
                    item.push(c);
                }
                found.push(name(item.trim_start_matches(',')));
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn name(path: &str) -> String {
    path.trim_start_matches([',', ' ', '\n'])
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// Which module each name at the crate's root comes from.
fn root_names(sources: &[Source]) -> BTreeMap<String, String> {
    let lib = sources.iter().find(|source| source.name == "lib").unwrap();
    let mut names = BTreeMap::new();
    for statement in lib.code.split(';') {
        let Some((_, path)) = statement.split_once("pub use ") else { continue };
        let Some((module, rest)) = path.split_once("::") else { continue };
        for item in rest.split([',', '{', '}', '\n']).map(str::trim).filter(|item| !item.is_empty()) {
            names.insert(item.rsplit("::").next().unwrap().to_owned(), module.trim().to_owned());
        }
    }
    assert!(names.contains_key("Contact"), "{names:?}");
    names
}

#[test]
fn imports_point_down_and_facebook_cannot_name_a_contact() {
    let floors: BTreeMap<&str, &[&str]> = FLOORS.iter().copied().collect();
    let sources = sources();
    let roots = root_names(sources);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources.iter().filter(|source| source.name != "lib") {
        let module = source.top();
        let Some(allowed) = floors.get(module) else {
            wrong.push(format!("{}: module {module:?} is on no floor", source.path.display()));
            continue;
        };
        for name in crate_paths(&source.code) {
            let target = roots.get(&name).unwrap_or(&name).as_str();
            seen.insert((module.to_owned(), target.to_owned()));
            if target != module && !allowed.contains(&target) {
                wrong.push(format!("{} imports {target} ({name})", source.path.display()));
            }
        }
        let out = "super::".repeat(source.module.len());
        if source.code.contains(&out) {
            wrong.push(format!("{} leaves its module by {out}: name it by crate::", source.path.display()));
        }
    }
    assert!(
        seen.contains(&("identity".to_owned(), "contact".to_owned())),
        "the reader sees no imports: {seen:?}"
    );
    assert!(wrong.is_empty(), "imports must point down:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_itself_has_no_circle_and_keeps_facebook_blind() {
    let floors: BTreeMap<&str, &[&str]> = FLOORS.iter().copied().collect();
    for (at, (module, allowed)) in FLOORS.iter().enumerate() {
        for target in *allowed {
            let below = FLOORS.iter().position(|(name, _)| name == target).unwrap();
            assert!(below < at, "{module} may import {target}, which stands above it");
        }
    }
    for blind in ["contact", "source", "segment"] {
        assert!(!floors["facebook"].contains(&blind), "facebook must not be able to name {blind}");
    }
}

#[test]
fn the_reader_of_imports_sees_groups_and_root_names() {
    let bare = |text: &str| without_tests(&blank(text)).0;
    let code = bare(
        "use crate::{error::{Error, Result}, contact::Contact};\nlet x: crate::Value; // crate::hidden\n",
    );
    assert_eq!(crate_paths(&code), ["error", "contact", "Value"]);
    assert!(crate_paths(&bare("a \"crate::text\" b")).is_empty());
    assert!(crate_paths(&bare("#[cfg(test)]\nmod tests { use crate::sync; }")).is_empty());
}
