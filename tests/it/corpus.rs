//! What must be so whatever comes in: asked of the fuzz targets' corpus, and of
//! thousands of texts that are like it. The fuzzer itself needs time, and another
//! compiler; see `fuzz/README.md`.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use fastrand::Rng;

use crate::support::issuer::ACME;
use crate::support::{Line, on_both};

#[path = "../../fuzz/src/query.rs"]
#[expect(unreachable_pub, reason = "it is a part of a library where it comes from")]
mod query;
#[path = "../../fuzz/src/webhook.rs"]
#[expect(unreachable_pub, reason = "it is a part of a library where it comes from")]
mod webhook;

/// Texts that are made for each target.
const TEXTS: usize = 20_000;
/// A made text is no longer than a few of the corpus.
const LONGEST: usize = 16 * 1024;
/// Fragments that one of the parsers understands.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "\"\"\"",
    "\\",
    "\\u",
    "\\\"\"\"",
    "#",
    "\n",
    "\r",
    ":",
    ",",
    "@",
    "$",
    "...",
    "!",
    "=",
    "0",
    "-",
    "1e9",
    ".",
    "null",
    "true",
    "\u{feff}",
    "\u{0}",
    "🦊",
    "\"id\":",
    "\"data\":{",
];

#[test]
fn any_webhook_body_can_be_stored() {
    try_all("webhook", webhook::check);
}

#[test]
fn no_document_hides_brackets_from_the_limits() {
    try_all("query", query::check);
}

on_both! {
    fn the_gateway_answers_the_whole_corpus(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve_with(&[ACME]);
        for body in texts("webhook") {
            let answer = gateway.deliver(&body);
            assert_eq!(answer.status, 200, "{body}: {}", answer.text);
        }
        for query in texts("query") {
            let answer = gateway.query(&token, &query);
            assert!(answer.json().is_object() && answer.code() != "INTERNAL_SERVER_ERROR", "{query}: {}", answer.text);
        }
    }
}

/// The files of a corpus, in the same order each time.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).expect("a folder");
    let mut files: Vec<_> = files.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(files.len() >= 25, "{} files in {}", files.len(), folder.display());
    files.iter().map(|path| fs::read(path).expect("a file")).collect()
}

/// Those of them that are texts.
fn texts(target: &str) -> impl Iterator<Item = String> {
    corpus(target).into_iter().filter_map(|bytes| String::from_utf8(bytes).ok())
}

fn try_all(target: &str, check: fn(&[u8])) {
    let corpus = corpus(target);
    let check = |text: &[u8]| {
        let passed = catch_unwind(|| check(text));
        assert!(passed.is_ok(), "{target}, of {:?}", String::from_utf8_lossy(text));
    };
    for text in &corpus {
        check(text);
    }
    // The same texts on every machine.
    let mut rng = Rng::with_seed(1);
    for _ in 0..TEXTS {
        let mut text = one_of(&mut rng, &corpus).clone();
        for _ in 0..rng.usize(1..=4) {
            change(&mut rng, &mut text, &corpus);
        }
        text.truncate(LONGEST);
        check(&text);
    }
}

/// Changes a text in one place.
fn change(rng: &mut Rng, text: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let range = some_of(rng, text);
    let replacement = match rng.u8(..5) {
        0 => Vec::new(),
        1 => vec![rng.u8(..)],
        2 => rng.choice(PIECES).expect("some").repeat(rng.usize(1..40)).into_bytes(),
        3 => text[range.clone()].repeat(rng.usize(2..10)),
        _ => {
            let other = one_of(rng, corpus);
            other[some_of(rng, other)].to_vec()
        }
    };
    text.splice(range, replacement);
}

/// A part of a text, possibly empty.
fn some_of(rng: &mut Rng, text: &[u8]) -> std::ops::Range<usize> {
    let (one, other) = (rng.usize(..=text.len()), rng.usize(..=text.len()));
    one.min(other)..one.max(other)
}

fn one_of<'a>(rng: &mut Rng, corpus: &'a [Vec<u8>]) -> &'a Vec<u8> {
    &corpus[rng.usize(..corpus.len())]
}
