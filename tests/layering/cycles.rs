//! Files inside a module form no circle: neither they nor the folders that they stand in name one another both ways.
//!
//! Read are the imports and the paths that begin with `crate`, `super`, `self`, a child or an imported module. A name that
//! a face hands on counts as the file that defines it. What a face only hands on is no dependency of the face.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::reader::{Source, closing, sources};

/// Files that may name one another, and why.
pub(crate) const MUTUAL: &[(&[&str], &str)] = &[(
    &["segment/language/ast/tree", "segment/language/ast/operand", "segment/language/ast/events"],
    "the syntax tree is one recursive data type",
)];

macro_rules! pattern {
    ($name:ident, $text:literal) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($text).unwrap());
    };
}

pattern!(INLINE, r"\bmod\s+(\w+)\s*\{");
pattern!(IMPORT, r"(?:\b(pub(?:\([^)]*\))?)\s+)?\buse\s+((?:[^;{}]|\{[^;]*\})+);");
pattern!(WITHIN, r"\bpub\(in [^)]*\)");
pattern!(ITEM, r"\b(?:fn|struct|enum|trait|union|type|const|static|macro_rules!)\s+(?:mut\s+|fn\s+)?(\w+)");
pattern!(WORD, r"\w+");
pattern!(PATH, r"\w+(?:\s*::\s*\w+)+");

type Path = Vec<String>;

/// What a module has: its own names, the names that it imports, its children.
#[derive(Default)]
struct Module {
    file: Option<usize>,
    items: BTreeSet<String>,
    uses: BTreeMap<String, Path>,
    children: BTreeSet<String>,
}

/// One `use`: where it stands, what it names and as what, and whether it hands it on.
struct Use {
    module: Path,
    path: Path,
    alias: String,
    public: bool,
}

/// Who names whom: file, file, and the items that tie them.
pub(crate) type Arrows = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

struct Reader {
    modules: BTreeMap<Path, Module>,
}

/// The arrows between the files.
pub(crate) fn arrows(sources: &[Source]) -> Arrows {
    let sources: Vec<&Source> = sources.iter().filter(|source| !source.is_test).collect();
    let mut reader = Reader { modules: BTreeMap::new() };
    let read: Vec<_> = sources.iter().enumerate().map(|(at, source)| reader.read(at, source)).collect();
    let mut arrows = Arrows::new();
    for ((at, source), (spans, uses, body)) in sources.iter().enumerate().zip(&read) {
        for (to, item) in reader.named(source, spans, uses, body) {
            if to != at {
                let ties = arrows.entry(source.name.clone()).or_default();
                ties.entry(sources[to].name.clone()).or_default().insert(item);
            }
        }
    }
    arrows
}

/// The module at each stretch of a file, innermost last.
type Spans = Vec<(usize, usize, Path)>;

fn module_at(spans: &Spans, at: usize) -> &Path {
    &spans.iter().rev().find(|(from, to, _)| (*from..*to).contains(&at)).unwrap_or(&spans[0]).2
}

impl Reader {
    /// Reads the names of a file; it gives its modules, its imports, and its code without them.
    fn read(&mut self, file: usize, source: &Source) -> (Spans, Vec<Use>, String) {
        let code = &source.code;
        let mut spans: Spans = vec![(0, code.len(), source.module.clone())];
        for found in INLINE.captures_iter(code) {
            let open = found.get(0).unwrap().end() - 1;
            let module = [&module_at(&spans, open)[..], &[found[1].to_owned()]].concat();
            spans.push((open, closing(code, open), module));
        }
        for (_, _, module) in &spans {
            self.modules.entry(module.clone()).or_default().file = Some(file);
            if let Some((name, parent)) = module.split_last() {
                self.modules.entry(parent.to_vec()).or_default().children.insert(name.clone());
            }
        }
        let mut depths = Vec::with_capacity(code.len());
        let mut depth = 0_usize;
        for byte in code.bytes() {
            depth -= usize::from(byte == b'}');
            depths.push(depth);
            depth += usize::from(byte == b'{');
        }
        // How deep a place is inside its module.
        let depth =
            |at: usize| depths[at] - spans[1..].iter().filter(|(from, to, _)| *from < at && at < *to).count();

        let mut uses = Vec::new();
        let mut body = code.clone().into_bytes();
        for found in IMPORT.captures_iter(code) {
            let whole = found.get(0).unwrap();
            let module = module_at(&spans, whole.start()).clone();
            for (path, alias) in tree(&found[2]) {
                if depth(whole.start()) == 0 {
                    self.modules
                        .get_mut(&module)
                        .unwrap()
                        .uses
                        .entry(alias.clone())
                        .or_insert_with(|| path.clone());
                }
                uses.push(Use { module: module.clone(), path, alias, public: found.get(1).is_some() });
            }
            body[whole.range()].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        for found in WITHIN.find_iter(code) {
            body[found.range()].fill(b' ');
        }
        for found in ITEM.captures_iter(code) {
            let at = found.get(0).unwrap().start();
            if depth(at) == 0 {
                let module = self.modules.get_mut(module_at(&spans, at)).unwrap();
                module.items.insert(found[1].to_owned());
            }
        }
        (spans, uses, String::from_utf8(body).unwrap())
    }

    /// The files that a file names, each with the item.
    fn named(&self, source: &Source, spans: &Spans, uses: &[Use], body: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut name = |hit: Option<(Path, Option<String>)>, item: &str| {
            if let Some(file) = hit.and_then(|(module, _)| self.modules.get(&module)?.file) {
                found.push((file, item.to_owned()));
            }
        };
        let spoken: BTreeSet<&str> = WORD.find_iter(body).map(|word| word.as_str()).collect();
        for Use { module, path, alias, public } in uses {
            let hit = self.resolve(module, path, 0);
            match &hit {
                Some((_, Some(item))) => {
                    let door = *public && source.is_face && !spoken.contains(alias.as_str());
                    if !door && source.name != "lib" {
                        let item = item.clone();
                        name(hit, &item);
                    }
                }
                // A plain file that is imported whole; of a folder, the items that are used count.
                Some((to, None)) if !*public && !to.is_empty() => {
                    let item = to.last().unwrap().clone();
                    let plain = self.modules[to].children.is_empty();
                    name(hit.filter(|_| plain), &item);
                }
                _ => {}
            }
        }
        for path in PATH.find_iter(body) {
            if body[..path.start()].ends_with([':', '.', '$']) {
                continue;
            }
            let parts: Path = path.as_str().split("::").map(|part| part.trim().to_owned()).collect();
            let module = module_at(spans, path.start());
            let rooted = ["crate", "super", "self"].contains(&parts[0].as_str());
            if rooted || self.modules[module].children.contains(&parts[0]) {
                let tie = parts.iter().find(|part| part.starts_with(char::is_uppercase)).or(parts.last());
                name(self.resolve(module, &parts, 0), tie.unwrap());
            } else if let Some(import) = uses.iter().find(|import| import.alias == parts[0]) {
                let base = self.resolve(&import.module, &import.path, 0);
                if let Some((base, None)) = base {
                    name(self.walk(base, &parts[1..], 0), &parts[1]);
                }
            }
        }
        found
    }

    /// The module that defines what a path names, and the item; no item for a module.
    fn resolve(&self, from: &Path, path: &[String], depth: usize) -> Option<(Path, Option<String>)> {
        let (mut module, mut rest) = (from.clone(), path);
        match rest.first()?.as_str() {
            "crate" => (module, rest) = (Path::new(), &rest[1..]),
            "self" | "super" => {
                while let Some((first @ ("self" | "super"), _)) =
                    rest.split_first().map(|(f, r)| (f.as_str(), r))
                {
                    if first == "super" {
                        module.pop();
                    }
                    rest = &rest[1..];
                }
            }
            first => {
                let own = self.modules.get(&module)?;
                if !own.children.contains(first) && !own.uses.contains_key(first) {
                    return None;
                }
            }
        }
        self.walk(module, rest, depth)
    }

    fn walk(&self, mut module: Path, mut rest: &[String], depth: usize) -> Option<(Path, Option<String>)> {
        while let Some((first, after)) = rest.split_first() {
            let own = self.modules.get(&module)?;
            if own.items.contains(first) && (after.is_empty() || !own.children.contains(first)) {
                return Some((module, Some(first.clone())));
            }
            if own.children.contains(first) {
                module.push(first.clone());
                rest = after;
            } else if let Some(import) = own.uses.get(first).filter(|_| depth < 8) {
                return self.resolve(&module, &[import, after].concat(), depth + 1);
            } else {
                // What a macro makes.
                return Some((module, Some(first.clone())));
            }
        }
        Some((module, None))
    }
}

/// The paths of one `use`, each with the name that it gets. A glob names its module.
fn tree(text: &str) -> Vec<(Path, String)> {
    let text = text.trim();
    let parts = |path: &str| -> Path {
        path.split("::")
            .map(str::trim)
            .filter(|part| !part.is_empty() && *part != "*")
            .map(str::to_owned)
            .collect()
    };
    let Some((head, group)) = text.split_once('{') else {
        let (path, alias) =
            text.split_once(" as ").map_or((text, None), |(path, alias)| (path, Some(alias.trim())));
        let path = parts(path);
        let alias = alias.or(path.last().map(String::as_str)).unwrap_or_default().to_owned();
        return if path.is_empty() { Vec::new() } else { vec![(path, alias)] };
    };
    let (head, group) = (parts(head), group.rsplit_once('}').map_or(group, |(group, _)| group));
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, byte) in group.bytes().chain([b',']).enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                for (path, alias) in tree(&group[start..at]) {
                    let whole = path == ["self"];
                    let path = if whole { head.clone() } else { [&head[..], &path[..]].concat() };
                    let alias = if alias == "self" { path.last().unwrap().clone() } else { alias };
                    found.push((path, alias));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// Each circle that is not allowed, as `a -[item]-> b -[item]-> a`: of files, and of the folders of one folder.
pub(crate) fn circles(arrows: &Arrows) -> Vec<String> {
    let mut found: Vec<String> = groups(arrows).iter().map(|group| shown(group, arrows)).collect();
    let names: BTreeSet<&String> = arrows.iter().flat_map(|(from, to)| to.keys().chain([from])).collect();
    let folders: BTreeSet<&str> =
        names.iter().flat_map(|name| name.match_indices('/').map(|(at, _)| &name[..at])).collect();
    for folder in &folders {
        // A file and the folder of its name are one.
        let room = |name: &str| {
            let inner = name.strip_prefix(folder)?.strip_prefix('/')?;
            let (first, deeper) = inner.split_once('/').map_or((inner, false), |(first, _)| (first, true));
            let room = format!("{folder}/{first}");
            Some(if deeper || folders.contains(room.as_str()) { room + "/" } else { room })
        };
        let mut lifted = Arrows::new();
        for (from, to) in arrows {
            for (to, items) in to {
                if let (Some(from), Some(to)) = (room(from), room(to))
                    && from != to
                {
                    lifted.entry(from).or_default().entry(to).or_default().extend(items.iter().cloned());
                }
            }
        }
        let rooms = groups(&lifted).into_iter().filter(|group| group.iter().any(|room| room.ends_with('/')));
        found.extend(rooms.map(|group| shown(&group, &lifted)));
    }
    found
}

/// The largest sets of files of which each reaches each other, without those that may.
fn groups(arrows: &Arrows) -> Vec<Vec<String>> {
    let reach = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(next) = open.pop() {
            for to in arrows.get(next).into_iter().flat_map(BTreeMap::keys) {
                if seen.insert(to.as_str()) {
                    open.push(to);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        arrows.keys().map(|name| (name.as_str(), reach(name))).collect();
    let mut groups: Vec<Vec<String>> = Vec::new();
    for (name, seen) in &reached {
        if seen.contains(name) && !groups.iter().flatten().any(|member| member == name) {
            let back = |other: &&str| reached.get(other).is_some_and(|back| back.contains(name));
            groups.push(seen.iter().filter(|other| back(other)).map(|&other| other.to_owned()).collect());
        }
    }
    groups
        .retain(|group| !MUTUAL.iter().any(|(may, _)| group.iter().all(|name| may.contains(&name.as_str()))));
    groups
}

/// A shortest circle of a group.
fn shown(group: &[String], arrows: &Arrows) -> String {
    let round = |start: &String| {
        let mut ways = vec![vec![start.clone()]];
        let mut seen = BTreeSet::new();
        let mut next = 0;
        while let Some(way) = ways.get(next).cloned() {
            for to in arrows[way.last().unwrap()].keys().filter(|to| group.contains(to)) {
                if to == start {
                    return [way, vec![start.clone()]].concat();
                }
                if seen.insert(to.clone()) {
                    ways.push([&way[..], std::slice::from_ref(to)].concat());
                }
            }
            next += 1;
        }
        unreachable!("{start} is in a circle")
    };
    let way = group.iter().map(round).min_by_key(Vec::len).unwrap();
    let mut line = way[0].clone();
    for pair in way.windows(2) {
        let items: Vec<_> = arrows[&pair[0]][&pair[1]].iter().take(3).map(String::as_str).collect();
        line += &format!(" -[{}]-> {}", items.join(", "), pair[1]);
    }
    if group.len() > way.len() - 1 {
        line += &format!("  (one circle of {}: {})", group.len(), group.join(", "));
    }
    line
}

fn drawn(files: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<_> =
        files.iter().map(|(name, text)| Source::new(name, (*name).into(), (*text).to_owned())).collect();
    circles(&arrows(&sources))
}

#[test]
fn files_and_folders_form_no_circle_inside_a_module() {
    let found = circles(&arrows(sources()));
    assert!(found.is_empty(), "files must not name one another in a circle:\n{}", found.join("\n"));
}

#[test]
fn files_that_may_name_one_another_exist_and_do() {
    let arrows = arrows(sources());
    for (files, reason) in MUTUAL {
        for file in *files {
            let named = arrows.get(*file).is_some_and(|to| to.keys().any(|to| files.contains(&to.as_str())));
            assert!(named, "{file} names none of {files:?}: take it off the list ({reason})");
        }
    }
}

#[test]
fn a_circle_is_shown_with_the_items_that_tie_it() {
    let found = drawn(&[
        ("sync/mod", "mod a; mod b; mod c; pub use a::A;"),
        ("sync/a", "use super::b::{B, other as o}; pub struct A;"),
        ("sync/b", "pub struct B; pub fn other() { crate::sync::c::f() }"),
        ("sync/c", "pub(super) fn f() -> super::A {}"),
    ]);
    assert_eq!(found, ["sync/a -[B, other]-> sync/b -[f]-> sync/c -[A]-> sync/a"]);
}

#[test]
fn faces_hand_on_and_comments_texts_tests_and_variants_tie_nothing() {
    let face = "mod a; mod b; pub use a::{A, Kind}; pub(crate) use b::B;";
    let quiet = "// crate::sync::b\n/// [`super::B`]\npub struct A; pub enum Kind { B } fn f() { Kind::B; \"super::B\" }\n\
                 #[cfg(test)]\nmod tests { use super::super::B; }\n";
    assert!(
        drawn(&[("sync/mod", face), ("sync/a", quiet), ("sync/b", "use super::{A, Kind}; pub struct B;")])
            .is_empty()
    );
    // A face that uses what it hands on depends on it, and who imports a module and calls into it depends on that.
    let face = "mod a; mod b; pub use a::A; pub struct F(A);";
    let found = drawn(&[
        ("sync/mod", face),
        ("sync/a", "use crate::sync; pub struct A; fn f(_: sync::F) {}"),
        ("sync/b", ""),
    ]);
    assert_eq!(found, ["sync/a -[F]-> sync/mod -[A]-> sync/a"]);
}

#[test]
fn folders_form_no_circle_either() {
    let found = drawn(&[
        ("sync/mod", "mod low; mod high;"),
        ("sync/low/mod", "pub mod a; pub mod b;"),
        ("sync/low/a", "use crate::sync::high::H;"),
        ("sync/low/b", "pub struct B;"),
        ("sync/high", "use super::low::b::B; pub struct H(B);"),
    ]);
    assert_eq!(found, ["sync/high -[B]-> sync/low/ -[H]-> sync/high"]);
}
