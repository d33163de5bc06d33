//! The issuer's list of failed deliveries.

use std::collections::HashSet;

use crate::domain::time::Timestamp;
use crate::issuer::{Delivery, DeliveryFilter, IssuerError, ProgramClient, Subscription};

/// Deliveries of one page: the most that the issuer gives.
const PAGE: u64 = 100;
/// The most pages that are read of a subscription.
const PAGES: u64 = 100;

const FAILED: DeliveryFilter<'static> = DeliveryFilter { status: Some("failed"), event_type: None };

/// The failed deliveries of subscriptions that were made at a moment or later, each once.
pub(super) async fn list(
    client: &ProgramClient,
    subscriptions: &[Subscription],
    since: Timestamp,
) -> Result<Vec<Delivery>, IssuerError> {
    let mut seen = HashSet::new();
    let mut failed = Vec::new();
    for Subscription { webhook_id, .. } in subscriptions {
        for page in 0..PAGES {
            let page = client.deliveries(webhook_id, PAGE, page * PAGE, FAILED).await?;
            // A delivery without a time may be a new one.
            let is_old = |of: &Delivery| of.created_at.is_some_and(|at| at < since);
            let is_last = page.items < PAGE || page.deliveries.iter().all(is_old);
            // The list moves while it is read: a delivery may be on two pages.
            let new = page.deliveries.into_iter().filter(|of| {
                let has_failed = of.status.as_deref().is_none_or(|status| status == "failed");
                has_failed && !is_old(of) && seen.insert(of.delivery_id.clone())
            });
            failed.extend(new);
            if is_last {
                break;
            }
        }
    }
    Ok(failed)
}
