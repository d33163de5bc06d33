//! What only a serving process knows of the connections is noted in the database: so the
//! other replicas and `card-gateway status` know it too.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::issuer::{BreakerState, Issuer, Snapshot};
use crate::services::deliveries::Deliveries;
use crate::store::{CallHealth, Store};

/// How often changes are looked for.
const INTERVAL: Duration = Duration::from_secs(5);

/// What was noted last of a program.
#[derive(Default)]
struct Noted {
    /// When a call succeeded last, and when one failed last.
    calls: (Option<Timestamp>, Option<Timestamp>),
    failed_in_a_row: Option<u64>,
}

/// Notes how this process's calls and deliveries do, for as long as it runs. Nothing is
/// written where nothing was called or delivered.
pub async fn keep(store: Store, issuer: Issuer, deliveries: Deliveries) {
    let mut noted: HashMap<String, Noted> = HashMap::new();
    loop {
        for (name, client) in issuer.programs() {
            let failed = deliveries.programs().get(name).map(|of| of.failed_in_a_row);
            let last = noted.entry(name.to_owned()).or_default();
            if let Err(error) = note(&store, &client.snapshot(), failed, last).await {
                let cause = error.private_source().unwrap_or_default();
                tracing::debug!(program = name, cause, "the state of the issuer was not noted");
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn note(
    store: &Store,
    snapshot: &Snapshot,
    failed_in_a_row: Option<u64>,
    last: &mut Noted,
) -> Result<()> {
    let calls = (snapshot.last_success, snapshot.last_error.as_ref().map(|error| error.at));
    let is_called = calls != last.calls;
    let is_delivered = failed_in_a_row != last.failed_in_a_row;
    if !is_called && !is_delivered {
        return Ok(());
    }
    let Some(program) = store.program_named(&snapshot.program).await? else { return Ok(()) };
    let now = Timestamp::now();
    if is_called {
        store.put_call_health(program.id, &health(snapshot, now), now).await?;
        last.calls = calls;
    }
    if let (true, Some(failed)) = (is_delivered, failed_in_a_row) {
        store.put_failed_in_a_row(program.id, failed, now).await?;
        last.failed_in_a_row = failed_in_a_row;
    }
    Ok(())
}

fn health(snapshot: &Snapshot, now: Timestamp) -> CallHealth {
    CallHealth {
        open_until: match snapshot.breaker {
            BreakerState::Closed => None,
            BreakerState::Open(until) => Some(until),
            BreakerState::HalfOpen => Some(now),
        },
        calls_left: snapshot.issuer_calls_left,
        window_ends_at: snapshot.issuer_window_ends,
        budget_left: snapshot.budget_calls_left,
        failure: snapshot.last_error.as_ref().map(|error| (error.sentence.clone(), error.at)),
    }
}
