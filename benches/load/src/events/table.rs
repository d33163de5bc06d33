//! What was found, beside what is promised.

use std::fmt::Write as _;
use std::time::Duration;

use super::sender::PACE;
use super::tally::Tally;
use crate::options::Kind;
use crate::report::{markdown, millis, none, thousands};

/// Events a second that are acknowledged at least.
const LEAST: u32 = 2_000;
/// What 99 of 100 events wait less than, at a steady pace.
const LONGEST: Duration = Duration::from_millis(250);

/// How long senders waited.
#[derive(Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) max: Duration,
}

impl Waits {
    /// None if nothing was acknowledged.
    pub(crate) fn of(tally: Tally) -> Option<Self> {
        let sorted = tally.sorted();
        // The shortest wait that so many of a hundred are not longer than.
        let part = |of_hundred: usize| {
            let place = (sorted.len() * of_hundred).div_ceil(100);
            sorted.get(place.checked_sub(1)?).copied()
        };
        Some(Self { p50: part(50)?, p99: part(99)?, max: part(100)? })
    }
}

/// What was found on one database.
pub(crate) struct Found {
    pub(crate) kind: Kind,
    /// Acknowledged, with as many sent as can be.
    pub(crate) per_second: f64,
    pub(crate) flood: Option<Waits>,
    pub(crate) pace: Option<Waits>,
    pub(crate) problems: Vec<String>,
}

impl Found {
    pub(crate) fn is_as_promised(&self) -> bool {
        self.per_second >= f64::from(LEAST)
            && self.pace.as_ref().is_some_and(|waits| waits.p99 < LONGEST)
            && self.problems.is_empty()
    }

    fn row(&self) -> Vec<String> {
        let mut row =
            vec![self.kind.to_string(), thousands(&format!("{:.0}", self.per_second.floor()))];
        for waits in [&self.flood, &self.pace] {
            let waits = waits.as_ref().map(|Waits { p50, p99, max }| [p50, p99, max]);
            row.extend(match waits {
                Some(waits) => waits.map(|wait| millis(wait.as_secs_f64() * 1_000.0)),
                None => [none(), none(), none()],
            });
        }
        row.push(if self.is_as_promised() { "kept" } else { "**not kept**" }.to_owned());
        row
    }
}

/// All of it as markdown.
pub(crate) fn text(found: &[Found]) -> String {
    let paced = format!("at {PACE} a second: p50, ms");
    let head =
        ["", "acknowledged a second", "p50, ms", "p99", "max", &paced, "p99", "max", "promise"];
    let rows: Vec<_> = found.iter().map(Found::row).collect();
    let mut text = markdown(&head.map(str::to_owned), &rows);
    let least = thousands(&LEAST.to_string());
    let longest = LONGEST.as_millis();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "\nPromised: at least {least} a second, and at {PACE} a second a p99 below {longest} ms."
    );
    let problems: Vec<&str> =
        found.iter().flat_map(|found| &found.problems).map(String::as_str).collect();
    if !problems.is_empty() {
        let _ = writeln!(text, "\n**What went wrong:**\n\n- {}", problems.join("\n- "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(millis: impl Iterator<Item = u64>) -> Option<Waits> {
        let mut tally = Tally::default();
        for wait in millis {
            tally.add(Ok((200, b"")), Duration::from_millis(wait));
        }
        Waits::of(tally)
    }

    #[test]
    fn a_promise_is_kept_or_not() {
        let found = |per_second, p99: u64, problems| {
            let (flood, pace) = (waits(1..=100), waits((1..=98).chain([p99, 400])));
            Found { kind: Kind::Sqlite, per_second, flood, pace, problems }
        };
        let good = found(2_000.0, 249, Vec::new());
        let row = "| SQLite | 2,000 | 50 | 99 | 100 | 50 | 249 | 400 | kept |";
        assert!(text(&[good]).contains(row));
        let none = Found { pace: waits(0..0), ..found(2_000.0, 249, Vec::new()) };
        let wrong = found(2_000.0, 249, vec!["it".to_owned()]);
        for bad in [found(1_999.9, 249, Vec::new()), found(2_000.0, 250, Vec::new()), none, wrong] {
            assert!(text(&[bad]).contains("**not kept**"));
        }
    }
}
