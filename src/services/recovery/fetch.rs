//! Fetches failed deliveries, and puts their events into the inbox.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::summary::{Outcome, Summary};
use crate::domain::identifier;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Noted, Result};
use crate::issuer::{IssuerError, ProgramClient, Reason};
use crate::services::inbox::Inbox;
use crate::store::{Program, Store, TriedDelivery};

/// Calls at the same time, and deliveries that are remembered together.
const AT_ONCE: usize = 4;
const CHUNK: usize = 32;

/// Where deliveries are fetched from, and where they go.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) store: &'a Store,
    pub(super) inbox: &'a Inbox,
    pub(super) client: &'a ProgramClient,
    pub(super) program: &'a Arc<Program>,
}

/// Fetches deliveries. What becomes of each is remembered and added to the summary.
///
/// # Errors
/// If the issuer or the store fails.
pub(super) async fn all(
    context: Context<'_>,
    ids: Vec<String>,
    tried: &HashMap<String, TriedDelivery>,
    summary: &mut Summary,
) -> Result<()> {
    let calls = stream::iter(ids).map(async |id| {
        let outcome = one(context, &id).await;
        (id, outcome)
    });
    // While calls wait for the budget, what has arrived is remembered.
    let mut arrived = std::pin::pin!(calls.buffered(AT_ONCE).ready_chunks(CHUNK));
    while let Some(chunk) = arrived.next().await {
        let (mut remembered, mut failure) = (Vec::new(), None);
        for (delivery_id, outcome) in chunk {
            match outcome {
                Ok(outcome) => {
                    summary.count(outcome);
                    let tries = tried.get(&delivery_id).map_or(0, |before| before.tries) + 1;
                    let (done, tried_at) = (outcome != Outcome::Unreadable, Timestamp::now());
                    remembered.push(TriedDelivery { delivery_id, done, tries, tried_at });
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        context.store.put_tried_deliveries(context.program.id, remembered).await?;
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Ok(())
}

async fn one(context: Context<'_>, id: &str) -> Result<Outcome> {
    let Context { inbox, client, program, .. } = context;
    let body = match client.delivery(id).await {
        Ok(Some(delivery)) => delivery.payload,
        Ok(None) => return Ok(Outcome::Gone),
        Err(error) if is_of_one(&error) => {
            let (program, error) = (program.name.as_str(), error.to_string());
            tracing::warn!(program, delivery_id = id, error, "a failed delivery cannot be read");
            None
        }
        Err(error) => return Err(not_read(program, error)),
    };
    let Some(body) = body else { return Ok(Outcome::Unreadable) };
    let id = Some(id).filter(|id| identifier::check(id).is_ok());
    let taken = inbox.take(Arc::clone(program), body.as_bytes(), id).await;
    let receipt = taken.map_err(|error| {
        let message = format!("an event of {} was not stored", program.name);
        let cause = error.private_source().unwrap_or_default();
        let failure = Error::new(Kind::Unavailable, message);
        if error.is_noted() {
            failure.because(Noted::around(cause))
        } else {
            failure.because(cause)
        }
    })?;
    if receipt.duplicate {
        return Ok(Outcome::Known);
    }
    metrics::counter!("webhook_events_recovered_total", "program" => program.name.clone())
        .increment(1);
    Ok(Outcome::Stored)
}

/// The error of a program whose failed deliveries were not all read.
pub(super) fn not_read(program: &Program, error: IssuerError) -> Error {
    let message = format!("the failed deliveries of {} were not all read", program.name);
    Error::new(Kind::Unavailable, message).because(error)
}

/// Whether the failure of a call can be that of one delivery, so that the others are
/// worth a call.
const fn is_of_one(error: &IssuerError) -> bool {
    match error.reason() {
        Reason::Invalid
        | Reason::Rejected
        | Reason::Unavailable
        | Reason::Timeout
        | Reason::TooLarge
        | Reason::Unreadable => true,
        Reason::Unauthorized
        | Reason::RateLimited
        | Reason::Unreachable
        | Reason::Redirected
        | Reason::CircuitOpen => false,
    }
}
