//! Files are small, few to a folder, and named for what they hold.

use std::collections::BTreeMap;

use crate::reader::{Source, has, sources};

/// Most lines of a source file, its tests apart.
const MOST_LINES: usize = 400;

/// Most files of a folder.
const MOST_FILES: usize = 15;

/// Names that hold anything: of drawers, and everyday words that say nothing of what the crate does.
const EMPTY_NAMES: &str = "\
    util utils common helper helpers types prelude misc stuff things step work once seen touch \
    people person book places pages older kept lot cut told hand room who whom against beforehand \
    perform";

fn wrong(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for Source { name, .. } in sources {
        *folders.entry(name.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default() += 1;
    }
    for (folder, files) in folders {
        if files > MOST_FILES {
            wrong.push(format!(
                "src/{folder}: {files} files, at most {MOST_FILES}; give them rooms of their own"
            ));
        }
    }
    for source in sources {
        if source.lines() > MOST_LINES && !source.is_generated() {
            wrong.push(format!("src/{}.rs: {} lines, at most {MOST_LINES}", source.name, source.lines()));
        }
        let stem = source.name.rsplit('/').next().unwrap();
        if has(EMPTY_NAMES, stem) {
            wrong.push(format!("src/{}.rs: a name that says nothing of what it holds", source.name));
        }
    }
    wrong
}

#[test]
fn files_are_small_few_to_a_folder_and_named_for_what_they_hold() {
    let wrong = wrong(sources());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_full_folder_a_long_file_and_an_empty_name_are_seen() {
    let file = |name: &str, text: &str| Source::new(name, name.into(), text.to_owned());
    let mut sources: Vec<_> = (0..16).map(|n| file(&format!("sync/file_{n}"), "")).collect();
    sources.push(file("sync/plan/long", &"\n".repeat(401)));
    sources.push(file(
        "sync/plan/tested",
        &format!("{}#[cfg(test)]\nmod tests {{\n{}}}", "\n".repeat(300), "\n".repeat(300)),
    ));
    sources.push(file("sync/plan/table", &format!("// Written by generate.py\n{}", "\n".repeat(500))));
    sources.push(file("sync/plan/person", ""));
    let wrong = wrong(&sources);
    assert_eq!(wrong.len(), 3, "{wrong:?}");
    for (line, start) in
        wrong.iter().zip(["src/sync: 16", "src/sync/plan/long.rs: 401", "src/sync/plan/person.rs: a"])
    {
        assert!(line.starts_with(start), "{line}");
    }
}
