//! `events replay`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use super::row::EventRow;
use crate::cli::interrupt;
use crate::cli::list::List;
use crate::cli::lookup::maybe_program;
use crate::cli::output::out;
use crate::domain::principal::ProgramId;
use crate::error::{Error, Kind, Result};
use crate::services::inbox::{self, Replayed};
use crate::store::Store;

/// Takes up one event again, or all that were not applied.
pub(super) async fn run(
    store: &Store,
    id: Option<&str>,
    program: Option<&str>,
) -> Result<ExitCode> {
    let program = maybe_program(store, program).await?;
    if let Some(id) = id {
        return one(store, program, id).await;
    }
    let replayed = AtomicU64::new(0);
    let kept = || {
        let replayed = replayed.load(Ordering::Relaxed);
        format!("{replayed} events were replayed, which is kept; run it again for the others")
    };
    interrupt::or(Box::pin(all(store, program, &replayed)), kept).await
}

async fn one(store: &Store, program: Option<ProgramId>, id: &str) -> Result<ExitCode> {
    let programs = store.programs().await?;
    let mut rows = Vec::new();
    for (program, _) in store.events_with_id(program, id).await? {
        for event in inbox::replay(store, program, vec![id.to_owned()]).await? {
            let name = programs.iter().find(|of| of.id == program);
            rows.push(EventRow::of(name.map_or("-", |of| of.name.as_str()), event));
        }
    }
    if rows.is_empty() {
        let message = format!(
            "there is no event {id} to replay in {}; see: card-gateway events list --failed",
            store.place()
        );
        return Err(Error::new(Kind::NotFound, message));
    }
    List::new(false).all(&rows)?;
    Ok(ExitCode::SUCCESS)
}

async fn all(store: &Store, program: Option<ProgramId>, replayed: &AtomicU64) -> Result<ExitCode> {
    let progress = |so_far: Replayed| replayed.store(so_far.events, Ordering::Relaxed);
    let Replayed { events, applied } = inbox::replay_all(store, program, progress).await?;
    out(&format!("replayed {events} events, {applied} of them are applied now\n"))?;
    Ok(ExitCode::SUCCESS)
}
