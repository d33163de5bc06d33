//! The golden files.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A file, by where it is: the version of the contract, the type and the case.
pub(super) struct File {
    path: PathBuf,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) event_type: String,
}

/// One case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Golden {
    /// What the case shows.
    #[serde(rename = "shows")]
    _shows: String,
    /// What happens before the event.
    pub(super) before: Vec<Step>,
    /// The event as it is delivered.
    pub(super) body: Box<RawValue>,
    /// What the webhook answers.
    pub(super) state: String,
    /// Part of the reason that is listed with the event.
    pub(super) reason: Option<String>,
    /// What happens after it.
    #[serde(default)]
    pub(super) after: Vec<Step>,
    /// The customer in GraphQL in the end.
    pub(super) graphql: Value,
    pub(super) rest: Rest,
}

/// The customer in REST in the end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rest {
    pub(super) customer: Value,
    pub(super) transactions: Value,
}

/// Something that happens besides the event.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// The customer is imported, with these members besides those that each has.
    Import(Value),
    /// Another event comes, which does not fail.
    Event(Box<RawValue>),
    /// Another event comes, which fails.
    Wrong(Box<RawValue>),
}

impl Golden {
    /// The event's identifier.
    pub(super) fn id(&self) -> String {
        let body: Value = serde_json::from_str(self.body.get()).expect("JSON");
        body["id"].as_str().expect("a text").to_owned()
    }
}

impl File {
    fn of(root: &Path, path: PathBuf) -> Self {
        let name = path.strip_prefix(root).expect("below").display().to_string();
        let mut parts = name.split('/').map(str::to_owned);
        let (version, event_type) = (parts.next().expect("one"), parts.next().expect("another"));
        Self { path, name, version, event_type }
    }

    /// The case, with its times from this moment on: `{now-60s}` is a minute before it.
    pub(super) fn read(&self, now: DateTime<Utc>) -> Golden {
        let text = fs::read_to_string(&self.path).expect("a text");
        let golden: Golden = serde_json::from_str(&with_times(&text, now))
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let body: Value = serde_json::from_str(golden.body.get()).expect("JSON");
        assert_eq!(body["type"], self.event_type.as_str(), "{}", self.name);
        golden
    }
}

/// Every file.
pub(super) fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/events");
    let folders = ["v1", "v2"].iter().flat_map(|version| entries(&root.join(version)));
    let paths = folders.flat_map(|folder| entries(&folder));
    paths.map(|path| File::of(&root, path)).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut all: Vec<PathBuf> = all.map(|entry| entry.expect("an entry").path()).collect();
    all.sort();
    all
}

/// The text with a moment for each `{now+5s}`.
fn with_times(text: &str, now: DateTime<Utc>) -> String {
    let mut parts = text.split("{now");
    let mut whole = parts.next().expect("a text").to_owned();
    for part in parts {
        let (seconds, rest) = part.split_once("s}").expect("seconds");
        let at = now + Duration::seconds(seconds.parse().expect("a number"));
        whole.push_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true));
        whole.push_str(rest);
    }
    whole
}
