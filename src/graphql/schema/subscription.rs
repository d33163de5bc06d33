//! The root of all subscriptions.

use std::sync::Arc;

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::stream::{self, Stream};

use crate::domain::customer::{FoundCustomer, Include};
use crate::domain::identifier::Identifier;
use crate::domain::onboarding::FlowStatus;
use crate::error::{Error, FieldError, Kind};
use crate::graphql::error::{failure, missed};
use crate::graphql::execution::customer_page::CustomerPage;
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::execution::request_context::RequestContext;
use crate::graphql::execution::viewer::Viewer;
use crate::graphql::schema::card_customer::CardCustomer;
use crate::graphql::schema::enums::CardCustomerStatus;
use crate::services::live::{Changed, Watcher};

/// The root of all subscriptions.
pub struct Subscription;

/// All subscriptions. A token gives access to the customers of its own program only.
#[Subscription]
impl Subscription {
    /// Watches one card customer: the current state, then the state after each change of its balance, cards, transactions or data. A client that reads too slowly skips to the current state.
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
        let messages = Messages::of(ctx)?;
        let customers = &messages.0.services.customers;
        let found = customers.find(&messages.0.principal, &[identifier], Include::default()).await;
        let found = found.map_err(failure)?.into_values().next();
        let found = found
            .ok_or_else(|| failure(Error::new(Kind::NotFound, "There is no such customer")))?;
        let id = found.customer.id.clone();
        let watcher = messages
            .0
            .services
            .live
            .watch_one(&messages.0.principal, &id)
            .await
            .map_err(failure)?;
        let id = Identifier::parse(&id).map_err(|what| failure(Error::internal(what)))?;
        Ok(stream::unfold(Some((messages, watcher, true)), move |watching| {
            let id = id.clone();
            async move {
                let (messages, mut watcher, first) = watching?;
                // The current state comes first, and again where changes were missed.
                let changed = if first { None } else { watcher.next().await?.ok() };
                let next = match changed {
                    Some(changed) => Ok(messages.changed(changed)),
                    None => messages.current(&id, &mut watcher).await,
                };
                match next {
                    Ok(customer) => {
                        Some((Ok(DirectObject(customer)), Some((messages, watcher, false))))
                    }
                    // Without the current state there is nothing to go on from.
                    Err(error) => Some((Err(failure(error)), None)),
                }
            }
        }))
    }

    /// Watches all card customers of the caller's program: each change of any of them. A client that reads too slowly gets an error with the code `CHANGES_MISSED`, and the subscription ends: read the list again, then subscribe again.
    async fn card_customers_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only customers in this onboarding stage after the change.")]
        status: Option<CardCustomerStatus>,
    ) -> Result<impl Stream<Item = Result<DirectObject<CardCustomer>>> + use<>> {
        let messages = Messages::of(ctx)?;
        let status: Option<FlowStatus> = status.map(Into::into);
        let watcher =
            messages.0.services.live.watch_all(&messages.0.principal).await.map_err(failure)?;
        Ok(stream::unfold(Some((messages, watcher)), move |watching| async move {
            let (messages, mut watcher) = watching?;
            loop {
                match watcher.next().await? {
                    Ok(changed)
                        if status
                            .is_some_and(|only| changed.customer.onboarding.stage() != only) => {}
                    Ok(changed) => {
                        let customer = messages.changed(changed);
                        return Some((Ok(DirectObject(customer)), Some((messages, watcher))));
                    }
                    Err(_) => return Some((Err(missed()), None)),
                }
            }
        }))
    }
}

/// Makes the messages of a subscription.
struct Messages(Arc<Viewer>);

impl Messages {
    fn of(ctx: &Context<'_>) -> Result<Self> {
        Ok(Self(Arc::clone(&RequestContext::of(ctx)?.viewer)))
    }

    /// A customer on a page of its own: each message must load anew.
    fn customer(&self, found: &FoundCustomer) -> CardCustomer {
        CardCustomer::first_of(CustomerPage::of_one(Arc::clone(&self.0), found))
    }

    fn changed(&self, changed: Changed) -> CardCustomer {
        let included = Include { balances: true, cards: false };
        let Changed { customer, live, .. } = changed;
        self.customer(&FoundCustomer { customer, included, live, cards: Vec::new() })
    }

    /// The current state of a customer; changes that it includes are skipped.
    async fn current(&self, id: &Identifier, watcher: &mut Watcher) -> Result<CardCustomer, Error> {
        let include = Include { balances: true, cards: false };
        loop {
            let before = self.0.services.live.last_change(&self.0.principal, id.as_str()).await?;
            let found = self
                .0
                .services
                .customers
                .find(&self.0.principal, std::slice::from_ref(id), include)
                .await?;
            let after = self.0.services.live.last_change(&self.0.principal, id.as_str()).await?;
            let Some(found) = found.get(id) else {
                return Err(Error::new(Kind::NotFound, "There is no such customer"));
            };
            // Otherwise the customer has changed in between, and it is not known
            // which changes were read.
            if before == after {
                watcher.skip(after);
                return Ok(self.customer(found));
            }
        }
    }
}
