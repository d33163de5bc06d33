//! Fetches from the issuer the events that it could not deliver, and puts them into the
//! inbox, where each is applied once, like any other.
//!
//! - [`Recovery`]: does so for a program. `background`: in a server.
//! - `subscriptions`: which subscriptions are the program's, and whether they are on.
//! - `failed`: the list of failed deliveries. `fetch`: their events.
//! - `summary`: what was done, as a sentence.

mod background;
mod failed;
mod fetch;
mod subscriptions;
mod summary;

use std::sync::Arc;

pub use self::summary::Summary;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::issuer::ProgramClient;
use crate::services::inbox::Inbox;
use crate::store::{Program, Store};

/// Fetches failed deliveries.
#[derive(Clone)]
pub struct Recovery {
    store: Store,
    inbox: Inbox,
}

/// Which failed deliveries are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Those that were made at this moment or later.
    pub since: Timestamp,
    /// Not those that could not be read so often; none: any.
    pub tries: Option<u64>,
    /// At most so many; none: all.
    pub limit: Option<usize>,
}

impl Recovery {
    /// Puts events into this inbox, and remembers in this store what was fetched.
    pub const fn new(store: Store, inbox: Inbox) -> Self {
        Self { store, inbox }
    }

    /// Fetches the failed deliveries of a program that were not fetched before, the
    /// oldest first, and puts their events into the inbox. Notes whether the issuer has
    /// switched the subscription off.
    ///
    /// # Errors
    /// If the issuer or the store fails. What was fetched until then is stored and
    /// remembered. One delivery that cannot be read is no error.
    pub async fn run(
        &self,
        client: &ProgramClient,
        program: &Arc<Program>,
        extent: &Extent,
    ) -> Result<Summary> {
        let not_read = |error| fetch::not_read(program, error);
        let all = client.webhook_subscriptions().await.map_err(not_read)?;
        let ours = subscriptions::ours(all, &program.name);
        let subscription = subscriptions::note(&self.store, program, &ours).await?;
        let failed = failed::list(client, &ours, extent.since).await.map_err(not_read)?;
        let mut summary = Summary::new(extent.since, subscription);
        summary.failed = failed.len() as u64;
        let ids = failed.iter().map(|delivery| delivery.delivery_id.clone()).collect();
        let tried = self.store.tried_deliveries(program.id, ids).await?;
        let mut open = Vec::new();
        for delivery in failed {
            let before = tried.get(&delivery.delivery_id);
            let tries = before.map_or(0, |before| before.tries);
            if before.is_some_and(|before| before.done) {
                summary.known += 1;
            } else if extent.tries.is_some_and(|most| tries >= most) {
                summary.unreadable += 1;
            } else {
                open.push((tries, delivery.created_at, delivery.delivery_id));
            }
        }
        // One that cannot be read must not keep the others waiting.
        open.sort();
        let fetched = open.len().min(extent.limit.unwrap_or(usize::MAX));
        summary.left = (open.len() - fetched) as u64;
        let ids = open.into_iter().take(fetched).map(|(.., id)| id).collect();
        let Self { store, inbox } = self;
        let context = fetch::Context { store, inbox, client, program };
        fetch::all(context, ids, &tried, &mut summary).await?;
        Ok(summary)
    }
}
