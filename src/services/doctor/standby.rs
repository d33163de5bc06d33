//! The standby: whether it could answer reads.

use std::time::Duration;

use super::Finding;
use crate::error::Result;
use crate::store::{StandbyState, StandbyStatus};

const CHECK: &str = "standby";

/// What is said of a standby that was looked at. `max_lag`: further behind, it is not used.
pub fn of(looked: Result<StandbyStatus>, max_lag: Duration) -> Finding {
    let StandbyStatus { place, state, lag } = match looked {
        Ok(status) => status,
        Err(error) => return Finding::failed(CHECK, &error),
    };
    let seconds = lag.as_secs();
    match state {
        StandbyState::Used => Finding::ok(CHECK, format!("{place} follows the primary")),
        StandbyState::Behind => Finding::warn(
            CHECK,
            format!("{place} is {seconds} s behind, so that the primary answers all reads"),
            format!("see why it is slow, or raise CARD_GATEWAY__DATABASE__READ_LAG ({max_lag:?})"),
        ),
        StandbyState::Lost(cause) => Finding::warn(
            CHECK,
            format!("{place} is not used, so that the primary answers all reads: {cause}"),
            "repair it, or take DATABASE_READ_URL away",
        ),
        StandbyState::Unknown => Finding::warn(
            CHECK,
            format!("{place} answers, but the primary does not say where it is"),
            "see the finding about the database",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Kind};
    use crate::services::doctor::Verdict;

    #[test]
    fn each_state_has_a_sentence_and_none_but_an_unreadable_address_is_a_failure() {
        let status = |state| {
            let place = "postgres://me@db.example:5432/cards".to_owned();
            Ok(StandbyStatus { place, state, lag: Duration::from_secs(12) })
        };
        for (looked, verdict, found) in [
            (status(StandbyState::Used), Verdict::Ok, "cards follows the primary"),
            (status(StandbyState::Behind), Verdict::Warn, "cards is 12 s behind, so that"),
            (status(StandbyState::Lost("refused".to_owned())), Verdict::Warn, "reads: refused"),
            (status(StandbyState::Unknown), Verdict::Warn, "does not say where it is"),
            (Err(Error::new(Kind::Invalid, "no address")), Verdict::Fail, "no address"),
        ] {
            let finding = of(looked, Duration::from_secs(10));
            assert_eq!(finding.verdict, verdict, "{finding:?}");
            assert!(finding.found.contains(found), "{finding:?}");
            assert_eq!(finding.advice.is_some(), verdict == Verdict::Warn, "{finding:?}");
        }
    }
}
