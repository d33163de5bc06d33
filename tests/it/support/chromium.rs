//! The browser, for tests of what people see.

use std::path::{Path, PathBuf};

use super::missing;

/// The tests in a browser, as they are named when they are skipped.
const TESTS: &str = "THAT NEED A BROWSER";

/// Where Chromium is: what `CHROMIUM` names, or what is on the path. `None` where
/// there is none or only the fast tests run, which has been printed to standard error.
pub(crate) fn chromium() -> Option<PathBuf> {
    if missing::left_out(TESTS) {
        return None;
    }
    if let Some(named) = std::env::var_os("CHROMIUM") {
        let named = PathBuf::from(named);
        assert!(named.is_file(), "CHROMIUM names {}, which is no program", named.display());
        return Some(named);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut all = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = all.find(|program: &PathBuf| Path::is_file(program));
    if found.is_none() {
        missing::skip(TESTS, "Chromium was not found (Debian: apt install chromium)");
    }
    found
}
