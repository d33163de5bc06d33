//! What a gateway leaves behind, for tests that nothing secret is in it.

use std::fs;

use super::{Database, Gateway};

/// Everything that the gateway writes down, each text with its place: the log, the metrics
/// and the files of an SQLite database.
pub(crate) fn written(database: &Database, gateway: &Gateway) -> Vec<(String, String)> {
    let mut all = vec![
        ("log".to_owned(), gateway.log_text()),
        ("metrics".to_owned(), gateway.get("", "/metrics").text),
    ];
    for file in fs::read_dir(database.folder.path()).expect("a folder") {
        let path = file.expect("a file").path();
        let bytes = fs::read(&path).expect("it can be read");
        all.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    all
}
