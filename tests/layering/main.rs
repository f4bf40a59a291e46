//! Imports point down: the floors of the house, read out of `src` and held against the table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and what it may import of the crate. A module may always import itself.
const FLOORS: &[(&str, &[&str])] = &[
    ("_documentation", &[]),
    ("error", &[]),
    ("clock", &["error"]),
    ("contact", &["clock", "error"]),
    ("identity", &["contact", "clock", "error"]),
    ("segment", &["contact", "clock", "error"]),
    ("source", &["segment", "contact", "clock", "error"]),
    ("facebook", &["identity", "clock", "error"]),
    ("audience", &["segment", "identity", "facebook", "clock", "error"]),
    ("sync", &["source", "segment", "identity", "facebook", "audience", "contact", "clock", "error"]),
    ("automation", &["audience", "sync", "segment", "contact", "clock", "error"]),
    (
        "testing",
        &[
            "automation",
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

/// Most lines of a source file, its tests apart.
const MOST_LINES: usize = 400;

struct Source {
    path: PathBuf,
    /// The top-level module it belongs to.
    module: String,
    /// How many modules deep it is: 1 for `error.rs` and `contact/mod.rs`.
    depth: usize,
    /// The code without comments, texts and tests.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && path != root.join("lib.rs") {
                let inner = path.strip_prefix(&root).unwrap().with_extension("");
                let parts: Vec<_> = inner.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
                let depth = if parts.last().unwrap() == "mod" { parts.len() - 1 } else { parts.len() };
                let code = bare(&fs::read_to_string(&path).unwrap());
                found.push(Source { module: parts[0].clone(), depth, code, path });
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found
}

/// Code alone: no comments, no texts, nothing from the first `#[cfg(test)]` on.
fn bare(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap();
    let mut code = String::new();
    for line in source.lines() {
        let mut rest = line;
        let mut kept = String::new();
        while let Some(start) = rest.find('"') {
            let Some(len) = rest[start + 1..].find('"') else { break };
            kept.push_str(&rest[..start]);
            rest = &rest[start + 1 + len + 1..];
        }
        kept.push_str(rest);
        code.push_str(kept.split("//").next().unwrap());
        code.push('\n');
    }
    code
}

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
fn root_names() -> BTreeMap<String, String> {
    let lib = bare(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap());
    let mut names = BTreeMap::new();
    for statement in lib.split(';') {
        let Some((_, path)) = statement.split_once("pub use ") else { continue };
        let (module, rest) = path.split_once("::").unwrap();
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
    let roots = root_names();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources() {
        let Some(allowed) = floors.get(source.module.as_str()) else {
            wrong.push(format!("{}: module {:?} is on no floor", source.path.display(), source.module));
            continue;
        };
        for name in crate_paths(&source.code) {
            let target = roots.get(&name).unwrap_or(&name).as_str();
            seen.insert((source.module.clone(), target.to_owned()));
            if target != source.module && !allowed.contains(&target) {
                wrong.push(format!("{} imports {target} ({name})", source.path.display()));
            }
        }
        let out = "super::".repeat(source.depth);
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
    let code = bare(
        "use crate::{error::{Error, Result}, contact::Contact};\nlet x: crate::Value; // crate::hidden\n",
    );
    assert_eq!(crate_paths(&code), ["error", "contact", "Value"]);
    assert!(bare("a \"crate::text\" b\n#[cfg(test)]\nmod tests { use crate::sync; }").contains("a  b"));
    assert!(crate_paths(&bare("#[cfg(test)]\nmod tests { use crate::sync; }")).is_empty());
}

#[test]
fn files_are_small_and_named_for_what_they_hold() {
    let mut wrong = Vec::new();
    for source in sources() {
        let text = fs::read_to_string(&source.path).unwrap();
        let lines = text.split("#[cfg(test)]\nmod ").next().unwrap().lines().count();
        let generated = text.lines().take(6).any(|line| line.starts_with("// Written by generate.py"));
        if lines > MOST_LINES && !generated {
            wrong.push(format!("{}: {lines} lines, at most {MOST_LINES}", source.path.display()));
        }
        let stem = source.path.file_stem().unwrap().to_str().unwrap();
        if ["utils", "util", "common", "helpers", "helper", "types", "prelude", "misc"].contains(&stem) {
            wrong.push(format!("{}: a name that says nothing", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
