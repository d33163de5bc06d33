//! What became of events, and how long their sender waited.

use std::time::Duration;

use crate::failure::Result;

#[derive(Default)]
pub(crate) struct Tally {
    /// Of those that were acknowledged.
    waits: Vec<Duration>,
    failures: usize,
    /// Why the first of the others was not.
    reason: Option<String>,
}

impl Tally {
    /// Only one status says that an event is safe.
    pub(crate) fn add(&mut self, answer: Result<(u16, &[u8])>, wait: Duration) {
        let reason = match answer {
            Ok((200, _)) => return self.waits.push(wait),
            Ok((status, body)) => format!("status {status}: {}", String::from_utf8_lossy(body)),
            Err(error) => error.to_string(),
        };
        self.failures += 1;
        self.reason.get_or_insert(reason);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.waits.extend(other.waits);
        self.failures += other.failures;
        self.reason = self.reason.take().or(other.reason);
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.waits.len()
    }

    pub(crate) fn refused(&self) -> usize {
        self.failures
    }

    /// What went wrong, in one line.
    pub(crate) fn problem(&self) -> Option<String> {
        let Self { waits, failures, reason } = self;
        let reason = reason.as_ref()?;
        Some(format!("{failures} of {} not acknowledged; one: {reason}", failures + waits.len()))
    }

    /// From the shortest to the longest.
    pub(crate) fn sorted(self) -> Vec<Duration> {
        let mut waits = self.waits;
        waits.sort_unstable();
        waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_acknowledged_counts() {
        let wait = Duration::from_millis;
        let (mut one, mut other) = (Tally::default(), Tally::default());
        one.add(Ok((200, b"")), wait(2));
        other.add(Ok((503, b"later")), wait(9));
        other.add(Err("gone".into()), wait(9));
        other.add(Ok((200, b"")), wait(1));
        assert_eq!(one.problem(), None);
        one.merge(other);
        assert_eq!(one.acknowledged(), 2);
        let problem = "2 of 4 not acknowledged; one: status 503: later";
        assert_eq!(one.problem().as_deref(), Some(problem));
        assert_eq!(one.sorted(), [wait(1), wait(2)]);
    }
}
