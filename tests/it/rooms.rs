//! The inside of the rooms: no circles between files, and the order of GraphQL's
//! folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module, by its path below `src`.
type Module = Vec<String>;

/// Rooms whose files have no circles. Add a room when its last circle is gone.
const WITHOUT_CIRCLES: &[&str] = &[
    "app",
    "chain",
    "cli",
    "config",
    "demo",
    "domain",
    "error",
    "export",
    "graphql",
    "http",
    "issuer",
    "openapi",
    "outage",
    "rest",
    "router",
    "services",
    "shared",
    "site",
    "store",
    "telemetry",
    "trace",
    "usage",
    "webhooks",
];

/// The folders and single files of `graphql`, from the bottom up. Each may use
/// those before it.
const GRAPHQL: &[&str] =
    &["error", "json", "admission", "engine_gaps", "execution", "schema", "endpoint", "transport"];

/// Every module with its file.
fn modules() -> BTreeMap<Module, PathBuf> {
    fn visit(folder: &Path, at: &Module, all: &mut BTreeMap<Module, PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let mut module = at.clone();
            if path.is_dir() {
                module.push(name);
                visit(&path, &module, all);
            } else if path.extension().is_some_and(|of| of == "rs")
                && name != "lib"
                && name != "main"
            {
                if name != "mod" {
                    module.push(name);
                }
                all.insert(module, path);
            }
        }
    }
    let mut all = BTreeMap::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &Vec::new(), &mut all);
    all
}

/// A file's code without comments and unit tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("text");
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths that begin at a place of the code, with what is in their braces.
fn paths(code: &str) -> Vec<Module> {
    let name: String = code.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if !name.is_empty() {
        let below = match code[name.len()..].strip_prefix("::") {
            Some(rest) => paths(rest),
            None => vec![Vec::new()],
        };
        let with_name = |path| std::iter::once(name.clone()).chain(path).collect();
        return below.into_iter().map(with_name).collect();
    }
    let Some(inside) = code.strip_prefix('{') else { return vec![Vec::new()] };
    let mut depth = 0;
    let mut all = Vec::new();
    let mut start = 0;
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                all.extend(paths(inside[start..at].trim()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    all
}

/// The modules that a module uses.
fn uses(module: &Module, path: &Path, all: &BTreeMap<Module, PathBuf>) -> BTreeSet<Module> {
    let code = code(path);
    let mut found: Vec<Module> = Vec::new();
    let begins = |at: usize| {
        let before = code[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'))
    };
    for (root, base) in [("crate::", Vec::new()), ("self::", module.clone())] {
        for (at, _) in code.match_indices(root).filter(|(at, _)| begins(*at)) {
            let paths = paths(&code[at + root.len()..]);
            found.extend(paths.into_iter().map(|path| [base.clone(), path].concat()));
        }
    }
    for (at, _) in code.match_indices("super::").filter(|(at, _)| begins(*at)) {
        let (mut base, mut rest) = (module.clone(), &code[at..]);
        while let Some(above) = rest.strip_prefix("super::") {
            base.pop();
            rest = above;
        }
        found.extend(paths(rest).into_iter().map(|path| [base.clone(), path].concat()));
    }
    // A module names those below it without a prefix.
    for below in all.keys().filter(|other| other.split_last().is_some_and(|(_, of)| of == module)) {
        let name = format!("{}::", below.last().expect("a name"));
        if code.match_indices(&name).any(|(at, _)| begins(at)) {
            found.push(below.clone());
        }
    }
    let known = |path: Module| {
        (1..=path.len())
            .rev()
            .map(|length| path[..length].to_vec())
            .find(|part| all.contains_key(part))
    };
    found.into_iter().filter_map(known).filter(|used| used != module).collect()
}

/// A circle that is reachable from a module, if any.
fn circle(
    from: &Module,
    arrows: &BTreeMap<Module, BTreeSet<Module>>,
    walk: &mut Vec<Module>,
    done: &mut BTreeSet<Module>,
) -> Option<Vec<Module>> {
    if let Some(start) = walk.iter().position(|module| module == from) {
        return Some(walk[start..].to_vec());
    }
    if !done.insert(from.clone()) {
        return None;
    }
    walk.push(from.clone());
    let found = arrows[from].iter().find_map(|to| circle(to, arrows, walk, done));
    walk.pop();
    found
}

#[test]
fn files_of_a_room_do_not_use_each_other_in_circles() {
    let all = modules();
    for room in WITHOUT_CIRCLES {
        let arrows: BTreeMap<Module, BTreeSet<Module>> = all
            .iter()
            .filter(|(module, _)| module[0] == *room)
            .map(|(module, path)| {
                let uses = uses(module, path, &all).into_iter().filter(|used| used[0] == *room);
                (module.clone(), uses.collect())
            })
            .collect();
        assert!(!arrows.is_empty(), "there is no room {room}");
        let mut done = BTreeSet::new();
        for module in arrows.keys() {
            let circle = circle(module, &arrows, &mut Vec::new(), &mut done);
            assert_eq!(circle, None, "{room}");
        }
    }
}

#[test]
fn folders_of_graphql_use_only_those_below() {
    let all = modules();
    let mut looked_at = 0;
    for (module, path) in
        all.iter().filter(|(module, _)| module[0] == "graphql" && module.len() > 1)
    {
        let place = |of: &str| GRAPHQL.iter().position(|name| *name == of);
        let from = place(&module[1]).unwrap_or_else(|| panic!("say where {module:?} stands"));
        for used in uses(module, path, &all).iter().filter(|used| used[0] == "graphql") {
            let to = used.get(1).and_then(|name| place(name));
            assert!(to.is_some_and(|to| to <= from), "{module:?} uses {used:?}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 60, "the scan has seen only {looked_at} arrows");
}

#[test]
fn graphql_starts_no_task_but_for_operations_of_a_websocket() {
    for (module, path) in modules().iter().filter(|(module, _)| module[0] == "graphql") {
        let spawns = code(path).contains("spawn(");
        let is_websocket = module.iter().any(|name| name == "websocket");
        assert!(!spawns || is_websocket, "{module:?}: what it starts would outlive its request");
    }
}
