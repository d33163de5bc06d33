//! The clock, against those of the database and of the issuer.

use std::time::Duration;

use super::Finding;
use crate::domain::time::Timestamp;
use crate::store::Store;

/// From this difference on, times of events and tokens no longer fit together.
const SUSPECT_MILLIS: i64 = 5_000;

const ADVICE: &str = "synchronise this machine's clock (NTP)";

/// How many milliseconds the database's clock is ahead of ours; none if both are the same
/// clock, or it does not answer.
pub async fn database_ahead(store: &Store) -> Option<i64> {
    let before = Timestamp::now().millis();
    let there = store.clock().await.ok()??;
    Some(there.millis() - before.midpoint(Timestamp::now().millis()))
}

/// Compares the clocks. `tolerance`: how old a webhook's signature may be.
pub fn compare(database: Option<i64>, issuer: Option<i64>, tolerance: Duration) -> Finding {
    let clocks = [("the database's", database), ("the issuer's", issuer)];
    let known: Vec<(&str, i64)> =
        clocks.into_iter().filter_map(|(whose, ahead)| Some((whose, ahead?))).collect();
    if known.is_empty() {
        return Finding::ok("clock", "there is no other clock to compare it with");
    }
    let tolerance = i64::try_from(tolerance.as_millis()).unwrap_or(i64::MAX);
    let wrong = known.iter().filter(|(_, ahead)| ahead.abs() >= SUSPECT_MILLIS);
    let worst = wrong.max_by_key(|(_, ahead)| ahead.abs());
    match worst {
        None => {
            let names: Vec<&str> = known.iter().map(|(whose, _)| *whose).collect();
            Finding::ok("clock", format!("it agrees with {}", names.join(" and ")))
        }
        Some((whose, ahead)) => {
            let (seconds, side) =
                (ahead.abs() / 1_000, if *ahead > 0 { "behind" } else { "ahead of" });
            let found = format!("it is {seconds} s {side} {whose}");
            if ahead.abs() >= tolerance {
                let found = format!("{found}: signatures of webhooks are refused");
                Finding::fail("clock", found, ADVICE)
            } else {
                Finding::warn("clock", found, ADVICE)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::doctor::Verdict;

    #[test]
    fn a_clock_is_judged_by_the_other_that_differs_most() {
        let tolerance = Duration::from_mins(5);
        for (database, issuer, verdict, found) in [
            (None, None, Verdict::Ok, "no other clock"),
            (Some(20), Some(-900), Verdict::Ok, "agrees with the database's and the issuer's"),
            (Some(6_000), None, Verdict::Warn, "6 s behind the database's"),
            (Some(1), Some(-400_000), Verdict::Fail, "400 s ahead of the issuer's: signatures"),
        ] {
            let finding = compare(database, issuer, tolerance);
            assert_eq!(finding.verdict, verdict, "{finding:?}");
            assert!(finding.found.contains(found), "{finding:?}");
        }
    }
}
