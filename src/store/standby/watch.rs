//! Looks at the standby again and again: so it is used again by itself once it is well.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use sea_orm::DbErr;
use tokio::time::{sleep, timeout};

use super::position::{self, Member, Position, Replay, member_in};
use super::progress::Progress;
use super::server::{Standby, cause_of};

/// How often it is looked at.
const PAUSE: Duration = Duration::from_millis(500);
/// How long each of the two servers may take to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// Looks at it until it is dropped.
pub(crate) async fn watch(standby: Weak<Standby>, max_lag: Duration) {
    let mut progress = Progress::default();
    while let Some(standby) = standby.upgrade() {
        look(&standby, &mut progress, max_lag).await;
        drop(standby);
        sleep(PAUSE).await;
    }
}

/// Looks at it once.
pub(crate) async fn look(standby: &Arc<Standby>, progress: &mut Progress, max_lag: Duration) {
    let at = Instant::now();
    // The primary first: what it has committed later, the standby need not have.
    let primary = timeout(ANSWER, ask_primary(standby)).await.ok().flatten();
    let answer = timeout(ANSWER, ask_standby(standby)).await;
    let answer = answer.unwrap_or_else(|_| Err(DbErr::Custom("it does not answer".to_owned())));
    let (member, replay) = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let cause = standby.unreachable().await.unwrap_or_else(|| cause_of(&error));
            return standby.lose(&cause);
        }
    };
    if !replay.is_standby {
        return standby.lose("it is no standby (any more): it follows no other server");
    }
    // Without the primary, nothing is known of what the standby lacks. No request is read
    // there meanwhile, because each asks the primary.
    let Some((primary, committed)) = primary else { return };
    if let Some(what) = difference(&primary, &member) {
        return standby.lose(what);
    }
    progress.primary_is_at(committed, at);
    standby.is_well(progress.lag(replay.position, Instant::now()), max_lag);
}

async fn ask_primary(standby: &Standby) -> Option<(Member, Position)> {
    let rows = standby.primary().own_rows(position::primary()).await.ok()?;
    Some((member_in(&rows).ok()?, standby.ask_primary().await?))
}

async fn ask_standby(standby: &Standby) -> Result<(Member, Replay), DbErr> {
    let rows = standby.reads().own_rows(position::standby()).await?;
    Ok((member_in(&rows)?, standby.replay().await?))
}

/// Why this is no standby of the primary.
fn difference(primary: &Member, standby: &Member) -> Option<&'static str> {
    if primary.system != standby.system {
        return Some("it is no copy of this database: it follows another server");
    }
    let differs = primary.timeline != standby.timeline;
    differs.then_some("it does not follow the primary: their timelines differ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standby_is_of_the_same_cluster_and_timeline() {
        let member = |system: &str, timeline| Member { system: system.to_owned(), timeline };
        let primary = member("7301", 2);
        assert_eq!(difference(&primary, &member("7301", 2)), None);
        let other = difference(&primary, &member("7302", 2)).expect("another database");
        assert!(other.contains("no copy"), "{other}");
        let left = difference(&primary, &member("7301", 1)).expect("left behind");
        assert!(left.contains("timelines"), "{left}");
    }
}
