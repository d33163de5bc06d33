//! Acknowledged events are stored, despite any fault of the database.

mod clients;
mod database;
mod disk;
mod file;
mod import;

use std::time::{Duration, Instant};

use crate::support::history::Target;

/// How long the gateway may take to be well again. The promise is a second; the
/// rest is for a machine that runs other tests as well.
const HEALED: Duration = Duration::from_secs(3);

/// Waits until events are acknowledged again, and the gateway says so.
fn healed(target: &Target<'_>, what: &str) -> Duration {
    let began = Instant::now();
    let before = target.acknowledged();
    while (!target.is_done() && target.acknowledged() == before) || !is_ready(target) {
        assert!(began.elapsed() < HEALED, "{what} is over, and nothing is acknowledged");
        std::thread::sleep(Duration::from_millis(5));
    }
    began.elapsed()
}

fn is_ready(target: &Target<'_>) -> bool {
    target.with(|gateway| gateway.get("", "/readyz").status) == 200
}

/// Waits until the gateway says that it cannot write.
fn noticed(target: &Target<'_>, what: &str) -> Duration {
    let began = Instant::now();
    while is_ready(target) {
        assert!(began.elapsed() < HEALED, "{what} is not noticed");
        std::thread::sleep(Duration::from_millis(5));
    }
    began.elapsed()
}
