//! The root of all subscriptions.

use std::sync::Arc;

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::stream::{self, Stream};

use crate::domain::customer::Include;
use crate::domain::identifier::Identifier;
use crate::domain::onboarding::FlowStatus;
use crate::domain::scope::Scope;
use crate::error::{Error, FieldError, Kind};
use crate::graphql::error::{failure, missed};
use crate::graphql::execution::customer_watch::CustomerWatch;
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::execution::request_context::RequestContext;
use crate::graphql::execution::viewer::Viewer;
use crate::graphql::schema::card_customer::CardCustomer;
use crate::graphql::schema::enums::CardCustomerStatus;
use crate::graphql::schema::requires_scope::RequiresScope;

/// The root of all subscriptions.
pub struct Subscription;

/// All subscriptions. A token gives access to the customers of its own program only.
#[Subscription]
impl Subscription {
    /// Watches one card customer: the current state, then the state after each change of its balance, cards, transactions or data. If a balance is selected, it is sent again also when the blockchain holds something else, or when a live balance has become too old. A client that reads too slowly skips to the current state. When the customer is gone, the subscription ends with an error with the code `NOT_FOUND`. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn card_customer_balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case)."
        )]
        identifier: ID,
    ) -> Result<impl Stream<Item = Result<DirectObject<CardCustomer>>> + use<>> {
        let identifier = Identifier::parse(&identifier)
            .map_err(|what| failure(Error::invalid(vec![FieldError::new("identifier", what)])))?;
        let viewer = viewer(ctx)?;
        let customers = &viewer.services.customers;
        // In boxes, here and below: the engine keeps room for all of this until the subscription
        // ends, and a subscriber waits for long.
        let names = [identifier];
        let found = Box::pin(customers.find(&viewer.principal, &names, Include::default())).await;
        let found = found.map_err(failure)?.into_values().next();
        let found = found
            .ok_or_else(|| failure(Error::new(Kind::NotFound, "There is no such customer")))?;
        let watch = Box::pin(CustomerWatch::begin(viewer, &found.customer.id)).await;
        let watch = watch.map_err(failure)?;
        Ok(stream::unfold(Some((watch, true)), move |watching| async move {
            let (mut watch, first) = watching?;
            match if first { Box::pin(watch.current()).await } else { watch.next().await? } {
                Ok(page) => {
                    let customer = CardCustomer::first_of(page);
                    Some((Ok(DirectObject(customer)), Some((watch, false))))
                }
                // Without the current state there is nothing to go on from.
                Err(error) => Some((Err(failure(error)), None)),
            }
        }))
    }

    /// Watches all card customers of the caller's program: each change of any of them. When a customer is gone, and when a client reads too slowly, it gets an error with the code `CHANGES_MISSED`, and the subscription ends: read the list again, then subscribe again. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn card_customers_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only customers in this onboarding stage after the change.")]
        status: Option<CardCustomerStatus>,
    ) -> Result<impl Stream<Item = Result<DirectObject<CardCustomer>>> + use<>> {
        let viewer = viewer(ctx)?;
        let status: Option<FlowStatus> = status.map(Into::into);
        let watcher = Box::pin(viewer.services.live.watch_all(&viewer.principal)).await;
        let watcher = watcher.map_err(failure)?;
        Ok(stream::unfold(Some((viewer, watcher)), move |watching| async move {
            let (viewer, mut watcher) = watching?;
            loop {
                match watcher.next().await? {
                    Ok(changed)
                        if status
                            .is_some_and(|only| changed.customer.onboarding.stage() != only) => {}
                    Ok(changed) => {
                        if let Some(page) = Box::pin(viewer.changed(changed)).await {
                            let customer = CardCustomer::first_of(page);
                            return Some((Ok(DirectObject(customer)), Some((viewer, watcher))));
                        }
                    }
                    Err(_) => return Some((Err(missed()), None)),
                }
            }
        }))
    }
}

fn viewer(ctx: &Context<'_>) -> Result<Arc<Viewer>> {
    Ok(Arc::clone(&RequestContext::of(ctx)?.viewer))
}
