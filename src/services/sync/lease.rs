//! The right to synchronise a program: one process at a time has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::store::{Store, WriteTx};

/// The right to synchronise a program. It is renewed in the background for as long as
/// this lives; another process takes it over when this one dies.
pub(super) struct Lease {
    store: Store,
    program: ProgramId,
    holder: String,
    renewing: JoinHandle<()>,
    is_lost: Arc<AtomicBool>,
}

impl Lease {
    /// Takes the right, unless another process has it. It ends `time` after it was
    /// renewed last.
    pub(super) async fn take(
        store: &Store,
        program: ProgramId,
        holder: &str,
        time: Duration,
    ) -> Result<Option<Self>> {
        if !renew(store, program, holder, time).await? {
            return Ok(None);
        }
        let is_lost = Arc::new(AtomicBool::new(false));
        let renewing = {
            let (store, holder, is_lost) = (store.clone(), holder.to_owned(), Arc::clone(&is_lost));
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(time / 3).await;
                    // A database that is away for a moment is asked again.
                    if let Ok(false) = renew(&store, program, &holder, time).await {
                        return is_lost.store(true, Ordering::Relaxed);
                    }
                }
            })
        };
        let holder = holder.to_owned();
        Ok(Some(Self { store: store.clone(), program, holder, renewing, is_lost }))
    }

    /// Whether another process has taken the right over.
    pub(super) fn check(&self) -> Result<()> {
        if self.is_lost.load(Ordering::Relaxed) { Err(lost()) } else { Ok(()) }
    }

    /// As [`Lease::check`], in the transaction that writes.
    pub(super) async fn check_in(&self, tx: &WriteTx) -> Result<()> {
        if tx.has_sync_lease(&self.holder).await? { Ok(()) } else { Err(lost()) }
    }

    /// Gives the right back.
    pub(super) async fn release(self) -> Result<()> {
        self.renewing.abort();
        self.store.end_sync_lease(self.program, &self.holder).await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

async fn renew(store: &Store, program: ProgramId, holder: &str, time: Duration) -> Result<bool> {
    let now = Timestamp::now();
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    store.take_sync_lease(program, holder, now, now.plus_millis(millis)).await
}

fn lost() -> Error {
    Error::new(Kind::Conflict, "another process synchronises the program now")
}
