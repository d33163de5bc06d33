//! Acknowledged events are stored once, however often the server is killed.

use crate::support::history::survive;
use crate::support::{Database, on_both};

/// Kills the gateway at moments that are spread over the events.
fn survive_kills(database: &Database, events: usize, kills: usize) {
    survive(database, events, u64::from(std::process::id()), |target| {
        for kill in 1..=kills {
            target.wait_for(1_000 * kill / (kills + 1));
            target.restart("KILL");
        }
        println!("{kills} kills");
    });
}

on_both! {
    fn acknowledged_events_survive_a_kill(database) {
        survive_kills(&database, 200, 5);
    }

    #[ignore = "takes minutes; run with: cargo test --test it killed -- --ignored --nocapture"]
    fn acknowledged_events_survive_fifty_kills(database) {
        survive_kills(&database, 2_000, 50);
    }
}
