//! What is known of the caller's program.

use std::time::Duration;

use moka::future::Cache;

use crate::domain::principal::{Principal, ProgramId};
use crate::domain::program::ProgramStatus;
use crate::error::Result;
use crate::store::Store;

/// How many programs are remembered at once.
const REMEMBERED: u64 = 10_000;

/// The callers' programs.
#[derive(Clone)]
pub struct Programs {
    store: Store,
    statuses: Cache<ProgramId, Option<ProgramStatus>>,
}

impl Programs {
    /// Over a store. What it says of a program is remembered for `ttl`.
    pub fn new(store: Store, ttl: Duration) -> Self {
        let statuses = Cache::builder().max_capacity(REMEMBERED).time_to_live(ttl).build();
        Self { store, statuses }
    }

    /// Whether the issuer has approved the caller's program, as it said when the program was
    /// last synchronised. A program of which nothing is known counts as approved.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn is_approved(&self, principal: &Principal) -> Result<bool> {
        let program = principal.program;
        let status = if let Some(status) = self.statuses.get(&program).await {
            status
        } else {
            let status = self.store.program_status(program).await?;
            self.statuses.insert(program, status.clone()).await;
            status
        };
        Ok(status.is_none_or(|status| status.is_approved()))
    }
}
