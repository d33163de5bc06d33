//! What was found, beside what is promised.

use std::fmt::Write as _;

use crate::events::table::Waits;
use crate::options::Kind;
use crate::report::{markdown, millis, none};

/// How many times as long as alone 99 of 100 acknowledgements may take.
const LONGER: f64 = 3.0;

/// The quiet program's waits beside one neighbour, or alone.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) waits: Option<Waits>,
    /// What the neighbour did meanwhile.
    pub(super) did: String,
}

/// What was found on one database; the first row is alone.
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) rows: Vec<Row>,
    pub(super) problems: Vec<String>,
}

impl Found {
    pub(super) fn is_as_promised(&self) -> bool {
        self.problems.is_empty() && self.rows.iter().all(|row| self.is_kept(row))
    }

    fn is_kept(&self, row: &Row) -> bool {
        self.ratio(row).is_some_and(|ratio| ratio <= LONGER)
    }

    /// How many times as long as alone the 99th of 100 waits is.
    fn ratio(&self, row: &Row) -> Option<f64> {
        let alone = self.rows.first()?.waits?;
        Some(row.waits?.p99.as_secs_f64() / alone.p99.as_secs_f64())
    }

    fn lines(&self) -> impl Iterator<Item = Vec<String>> {
        self.rows.iter().map(|row| {
            let mut line = vec![self.kind.to_string(), row.name.clone()];
            line.extend(match row.waits {
                Some(Waits { p50, p99, max }) => {
                    [p50, p99, max].map(|wait| millis(wait.as_secs_f64() * 1_000.0))
                }
                None => [none(), none(), none()],
            });
            let ratio = self.ratio(row).map_or_else(none, |ratio| format!("{ratio:.1} x"));
            line.push(ratio);
            line.push(row.did.clone());
            line.push(if self.is_kept(row) { "kept" } else { "**not kept**" }.to_owned());
            line
        })
    }
}

/// All of it as markdown.
pub(super) fn text(found: &[Found]) -> String {
    let head = ["", "beside", "p50, ms", "p99", "max", "p99 ÷ alone", "neighbour", "promise"];
    let rows: Vec<_> = found.iter().flat_map(Found::lines).collect();
    let mut text = markdown(&head.map(str::to_owned), &rows);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\nPromised: a p99 of at most {LONGER} times the one alone.");
    let problems: Vec<&str> =
        found.iter().flat_map(|found| &found.problems).map(String::as_str).collect();
    if !problems.is_empty() {
        let _ = writeln!(text, "\n**What went wrong:**\n\n- {}", problems.join("\n- "));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_neighbour_may_make_it_three_times_as_slow() {
        let row = |millis| {
            let wait = Duration::from_millis(millis);
            let waits = Some(Waits { p50: wait, p99: wait, max: wait });
            Row { name: String::new(), waits, did: String::new() }
        };
        let found = |rows| Found { kind: Kind::Sqlite, rows, problems: Vec::new() };
        assert!(found(vec![row(5), row(15)]).is_as_promised());
        assert!(!found(vec![row(5), row(16)]).is_as_promised());
        let unanswered = Row { waits: None, ..row(1) };
        assert!(!found(vec![row(5), unanswered]).is_as_promised());
        assert!(text(&[found(vec![row(5), row(16)])]).contains("| 3.2 x |  | **not kept** |"));
    }
}
