//! The server's and the client's programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Where Debian and its relatives keep the server's programs, by version.
pub(super) const INSTALLED: &str = "/usr/lib/postgresql";

/// The folder that holds the server's programs: on PATH, else the newest installed.
pub(super) fn find_programs() -> Option<PathBuf> {
    let on_path = search_path().into_iter().filter_map(|folder| {
        // What is on PATH may be a link; the programs it calls are where it leads.
        let initdb = folder.join("initdb").canonicalize().ok()?;
        Some(initdb.parent()?.to_owned())
    });
    on_path
        .chain(installed())
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// `psql`, best from where the server is: what is on PATH can be a slow wrapper.
pub(super) fn find_psql(programs: Option<&Path>) -> Option<PathBuf> {
    let programs = programs.map(Path::to_owned);
    programs
        .into_iter()
        .chain(installed())
        .chain(search_path())
        .map(|folder| folder.join("psql"))
        .find(|psql| psql.is_file())
}

fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH").map_or_else(Vec::new, |path| env::split_paths(&path).collect())
}

/// The folders of the installed versions, the newest first.
fn installed() -> Vec<PathBuf> {
    let mut versions: Vec<(Vec<u32>, PathBuf)> = fs::read_dir(INSTALLED)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let numbers = name.to_str()?.split('.').map(str::parse);
            let version = numbers.collect::<Result<_, _>>().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// Removes variables that change what the programs do or print: `PG*` and the locale.
pub(super) fn without_settings(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C")
}
