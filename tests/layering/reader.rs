//! Reads the sources: their modules, and their code without comments, texts and tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// One file of `src`.
pub(crate) struct Source {
    /// `sync/ledger/mod` for `src/sync/ledger/mod.rs`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The module that the file is: `["sync", "ledger"]`; none for `lib.rs`.
    pub(crate) module: Vec<String>,
    /// Whether it is the face of a folder.
    pub(crate) is_face: bool,
    /// Whether it is compiled for tests alone.
    pub(crate) is_test: bool,
    pub(crate) text: String,
    /// The text with spaces in place of comments, texts and test modules, so that lines and columns stay.
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(name: &str, path: PathBuf, text: String) -> Self {
        let mut module: Vec<String> = name.split('/').map(str::to_owned).collect();
        let is_face = module.last().is_some_and(|last| last == "mod");
        if is_face || name == "lib" {
            module.pop();
        }
        let code = without_tests(&blank(&text)).0;
        Self { name: name.to_owned(), path, module, is_face, is_test: false, text, code }
    }

    /// The top-level module.
    pub(crate) fn top(&self) -> &str {
        self.module.first().map_or("lib", String::as_str)
    }

    /// The lines before the tests.
    pub(crate) fn lines(&self) -> usize {
        self.text.split("#[cfg(test)]\nmod ").next().unwrap().lines().count()
    }

    pub(crate) fn is_generated(&self) -> bool {
        self.text.lines().take(6).any(|line| line.starts_with("// Written by generate.py"))
    }
}

/// Every file of `src`, in order of name.
pub(crate) fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(read);
    &SOURCES
}

fn read() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let inner = path.strip_prefix(&root).unwrap().with_extension("");
                let parts: Vec<_> = inner.iter().map(|part| part.to_str().unwrap()).collect();
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source::new(&parts.join("/"), path, text));
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let tests: BTreeSet<Vec<String>> = found
        .iter()
        .flat_map(|source| {
            let inner = without_tests(&blank(&source.text)).1;
            inner.into_iter().map(|name| [&source.module[..], &[name]].concat())
        })
        .collect();
    for source in &mut found {
        source.is_test = tests.iter().any(|test| source.module.starts_with(test));
    }
    found
}

/// The source with spaces in place of comments and of what stands in quotes.
pub(crate) fn blank(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut code = bytes.to_vec();
    let (mut at, mut before) = (0, b' ');
    while at < bytes.len() {
        let rest = &source[at..];
        let (keep, len) = if rest.starts_with("//") {
            (0, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (0, comment(rest))
        } else if let Some((open, close)) =
            raw(rest).filter(|_| !(before.is_ascii_alphanumeric() || before == b'_'))
        {
            (0, rest[open..].find(&close).map_or(rest.len(), |len| open + len + close.len()))
        } else if rest.starts_with('"') {
            (1, quoted(rest))
        } else if rest.starts_with('\'') {
            (0, letter(rest))
        } else {
            (0, 0)
        };
        if len == 0 {
            before = bytes[at];
            at += rest.chars().next().unwrap().len_utf8();
            continue;
        }
        for byte in &mut code[at + keep..at + len - keep] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        (at, before) = (at + len, b' ');
    }
    String::from_utf8(code).unwrap()
}

fn comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest.as_bytes().get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of what opens a raw text, and what closes it.
fn raw(rest: &str) -> Option<(usize, String)> {
    let inner = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = inner.len() - inner.trim_start_matches('#').len();
    let open = rest.len() - inner.len() + hashes;
    rest[open..].starts_with('"').then(|| (open + 1, format!("\"{}", "#".repeat(hashes))))
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    rest.len()
}

/// The length of a letter in quotes; 0 for a lifetime.
fn letter(rest: &str) -> usize {
    let mut inner = rest[1..].chars();
    match inner.next() {
        Some('\\') => rest.get(3..).and_then(|rest| rest.find('\'')).map_or(0, |len| len + 4),
        Some(letter) if inner.next() == Some('\'') => 2 + letter.len_utf8(),
        _ => 0,
    }
}

/// The code with spaces in place of test modules, and the names of those that are files of their own.
pub(crate) fn without_tests(code: &str) -> (String, Vec<String>) {
    static MODULE: LazyLock<Regex> = LazyLock::new(|| {
        let attributes = r"#\[cfg\((?:all\()?test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*";
        Regex::new(&format!(r"{attributes}(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*([{{;])")).unwrap()
    });
    let (mut kept, mut at, mut files) = (code.as_bytes().to_vec(), 0, Vec::new());
    while let Some(found) = MODULE.captures_at(code, at) {
        let whole = found.get(0).unwrap();
        at = if &found[2] == ";" {
            files.push(found[1].to_owned());
            whole.end()
        } else {
            closing(code, whole.end() - 1)
        };
        kept[whole.start()..at].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    (String::from_utf8(kept).unwrap(), files)
}

/// Whether a list of words has this one.
pub(crate) fn has(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|other| other == word)
}

/// The place after the brace that closes the one at `at`.
pub(crate) fn closing(code: &str, at: usize) -> usize {
    let mut depth = 0;
    for (place, byte) in code.bytes().enumerate().skip(at) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return place + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn the_reader_sees_code_and_neither_comments_nor_texts_nor_tests() {
    let source = "a /* b /* c */ d */ e // f\n'{' r#\"g \" h\"# \"i \\\" j\" 'k: loop {} bar\"l\" '\\'' m";
    let words = |code: &str| code.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&blank(source)), ["a", "e", "\"", "\"", "'k:", "loop", "{}", "bar\"", "\"", "m"]);
    assert_eq!(blank(source).len(), source.len());

    let source = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { if c { 'ł' } } }\n#[cfg(test)]\nmod more;\nfn d() {}\n";
    let (code, files) = without_tests(source);
    assert_eq!(words(&code), ["fn", "a()", "{}", "fn", "d()", "{}"]);
    assert_eq!((code.len(), code.lines().count(), files), (source.len(), 6, vec!["more".to_owned()]));
}
