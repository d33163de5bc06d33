//! The root of all subscriptions.

use std::sync::Arc;

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::stream::{self, Stream};

use crate::domain::customer::{Along, Holder};
use crate::domain::identifier::Identifier;
use crate::domain::onboarding::FlowStatus;
use crate::error::{Error, FieldError, Kind};
use crate::graphql::error::{failure, missed};
use crate::graphql::execution::customer_page::CustomerPage;
use crate::graphql::execution::page_writer::Row;
use crate::graphql::execution::request_context::{RequestContext, Viewer};
use crate::graphql::schema::card_customer::CardCustomer;
use crate::graphql::schema::enums::CardCustomerStatus;
use crate::services::live::{Changed, Watcher};

/// The root of all subscriptions.
pub struct Subscription;

/// What can be watched. A token sees the customers of its own program and nothing else.
#[Subscription]
impl Subscription {
    /// One card customer: as it is now, and then after each change of its balance, cards, transactions or data. Whoever reads too slowly to see each change gets the present state instead.
    async fn card_customer_balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case)."
        )]
        identifier: ID,
    ) -> Result<impl Stream<Item = Result<Row<CardCustomer>>> + use<>> {
        let identifier = Identifier::parse(&identifier)
            .map_err(|what| failure(Error::invalid(vec![FieldError::new("identifier", what)])))?;
        let seen = Seen::of(ctx)?;
        let customers = &seen.0.services.customers;
        let found = customers.find(&seen.0.principal, &[identifier], Along::default()).await;
        let found = found.map_err(failure)?.into_values().next();
        let found = found
            .ok_or_else(|| failure(Error::new(Kind::NotFound, "There is no such customer")))?;
        let id = found.customer.id.clone();
        let watcher =
            seen.0.services.live.watch_one(&seen.0.principal, &id).await.map_err(failure)?;
        let id = Identifier::parse(&id).map_err(|what| failure(Error::internal(what)))?;
        Ok(stream::unfold(Some((seen, watcher, true)), move |watching| {
            let id = id.clone();
            async move {
                let (seen, mut watcher, first) = watching?;
                // The present state comes first, and again where changes were missed.
                let changed = if first { None } else { watcher.next().await?.ok() };
                let next = match changed {
                    Some(changed) => Ok(seen.changed(changed)),
                    None => seen.present(&id, &mut watcher).await,
                };
                match next {
                    Ok(customer) => Some((Ok(Row(customer)), Some((seen, watcher, false)))),
                    // Whoever does not know the present state must ask anew.
                    Err(error) => Some((Err(failure(error)), None)),
                }
            }
        }))
    }

    /// Each change of any card customer of the caller's program. Whoever reads too slowly is told so by an error with the code `CHANGES_MISSED`, and the subscription ends: read the list again, and subscribe again.
    async fn card_customers_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only customers who are in this onboarding stage after the change.")]
        status: Option<CardCustomerStatus>,
    ) -> Result<impl Stream<Item = Result<Row<CardCustomer>>> + use<>> {
        let seen = Seen::of(ctx)?;
        let status: Option<FlowStatus> = status.map(Into::into);
        let watcher = seen.0.services.live.watch_all(&seen.0.principal).await.map_err(failure)?;
        Ok(stream::unfold(Some((seen, watcher)), move |watching| async move {
            let (seen, mut watcher) = watching?;
            loop {
                match watcher.next().await? {
                    Ok(changed)
                        if status.is_some_and(|only| changed.customer.flow_status != only) => {}
                    Ok(changed) => {
                        let customer = seen.changed(changed);
                        return Some((Ok(Row(customer)), Some((seen, watcher))));
                    }
                    Err(_) => return Some((Err(missed()), None)),
                }
            }
        }))
    }
}

/// Who watches, and how customers are shown.
struct Seen(Arc<Viewer>);

impl Seen {
    fn of(ctx: &Context<'_>) -> Result<Self> {
        Ok(Self(Arc::clone(&RequestContext::of(ctx)?.viewer)))
    }

    /// A page of its own for each message: what was loaded for one must not be
    /// shown in the next.
    fn show(&self, holder: &Holder) -> CardCustomer {
        CardCustomer::first_of(CustomerPage::of_one(Arc::clone(&self.0), holder))
    }

    fn changed(&self, changed: Changed) -> CardCustomer {
        let along = Along { balances: true, cards: false };
        let Changed { customer, live, .. } = changed;
        self.show(&Holder { customer, along, live, cards: Vec::new() })
    }

    /// A customer as it is now; changes that are in that already are skipped.
    async fn present(&self, id: &Identifier, watcher: &mut Watcher) -> Result<CardCustomer, Error> {
        let along = Along { balances: true, cards: false };
        loop {
            let before = self.0.services.live.last_change(&self.0.principal, id.as_str()).await?;
            let found = self
                .0
                .services
                .customers
                .find(&self.0.principal, std::slice::from_ref(id), along)
                .await?;
            let after = self.0.services.live.last_change(&self.0.principal, id.as_str()).await?;
            let Some(holder) = found.get(id) else {
                return Err(Error::new(Kind::NotFound, "There is no such customer"));
            };
            // Otherwise it has changed while it was read: nobody knows to which
            // change what was read belongs.
            if before == after {
                watcher.skip(after);
                return Ok(self.show(holder));
            }
        }
    }
}
