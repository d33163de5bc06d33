//! The root of all subscriptions.

use std::sync::Arc;

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::stream::{self, Stream};

use crate::domain::customer::Include;
use crate::domain::identifier::Identifier;
use crate::domain::onboarding::FlowStatus;
use crate::domain::scope::Scope;
use crate::error::{Error, FieldError, Kind};
use crate::graphql::admission::cost::BALANCE_FIELDS;
use crate::graphql::error::{failure, missed};
use crate::graphql::execution::after_change::INCLUDE;
use crate::graphql::execution::change_watch::{ChangeSource, ChangeWatch};
use crate::graphql::execution::customer_watch::{CustomerWatch, Message};
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::execution::request_context::RequestContext;
use crate::graphql::execution::stream_place::PlaceInChanges;
use crate::graphql::execution::viewer::Viewer;
use crate::graphql::schema::card_customer::CardCustomer;
use crate::graphql::schema::card_customer_change::CardCustomerChange;
use crate::graphql::schema::enums::CardCustomerStatus;
use crate::graphql::schema::requires_scope::RequiresScope;
use crate::services::live::Changed;

/// The root of all subscriptions.
pub struct Subscription;

/// All subscriptions. A token gives access to the customers of its own program only.
#[Subscription]
impl Subscription {
    /// Watches one card customer: the current state, then the state after each change of its balance, cards, transactions or data. If a balance is selected, it is sent again also when the blockchain holds something else, or when a live balance has become too old. A client that reads too slowly skips to the current state. With `after`, it begins with the changes after that cursor instead, each with the balance after it, and leaves none out. When the customer is gone, the subscription ends with an error with the code `NOT_FOUND`; if changes after the cursor are not kept any more, with `CHANGES_MISSED`. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn card_customer_balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case)."
        )]
        identifier: ID,
        #[graphql(
            desc = "The cursor to continue after, of `cardCustomerChanges`. Over server-sent events the header `Last-Event-ID` goes before it."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<DirectObject<CardCustomer>>> + use<>> {
        let identifier = Identifier::parse(&identifier)
            .map_err(|what| failure(Error::invalid(vec![FieldError::new("identifier", what)])))?;
        let place = PlaceInChanges::of(ctx, after)?;
        let viewer = viewer(ctx)?;
        let customers = &viewer.services.customers;
        // In boxes, here and below: the engine keeps room for all of this until the subscription
        // ends, and a subscriber waits for long.
        let names = [identifier];
        let include = if place.after.is_some() { INCLUDE } else { Include::default() };
        let found = Box::pin(customers.find(&viewer.principal, &names, include)).await;
        let found = found.map_err(failure)?.into_values().next();
        let found = found
            .ok_or_else(|| failure(Error::new(Kind::NotFound, "There is no such customer")))?;
        let selected = ctx.look_ahead();
        let shows_balance = BALANCE_FIELDS.iter().any(|name| selected.field(name).exists());
        let watch = CustomerWatch::begin(viewer, &found, place.after, shows_balance);
        let watch = Box::pin(watch).await.map_err(failure)?;
        let first = place.after.is_none();
        Ok(stream::unfold(Some((watch, place, first)), move |watching| async move {
            let (mut watch, place, first) = watching?;
            match if first { Box::pin(watch.current()).await } else { watch.next().await? } {
                Ok(Message { page, seq }) => {
                    if let Some(seq) = seq {
                        place.reaches(seq);
                    }
                    let customer = CardCustomer::first_of(page);
                    Some((Ok(DirectObject(customer)), Some((watch, place, false))))
                }
                // Without the current state there is nothing to go on from.
                Err(gap) => Some((Err(gap.into()), None)),
            }
        }))
    }

    /// Follows the changes of all card customers of the caller's program: each change once and in order, from now on, or from a cursor on. A client that was away goes on after the last cursor that it has got, without a gap; one that reads slowly gets everything later. If changes after the cursor are not kept any more, the subscription ends with an error with the code `CHANGES_MISSED`: read the list again, and begin anew. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn card_customer_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor to continue after, of a change or of a page of changes. Over server-sent events the header `Last-Event-ID` goes before it."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<DirectObject<CardCustomerChange>>> + use<>> {
        let place = PlaceInChanges::of(ctx, after)?;
        let watch = Box::pin(ChangeWatch::begin(viewer(ctx)?, None, place.after)).await;
        let watch = watch.map_err(failure)?;
        Ok(stream::unfold(Some((watch, place)), move |watching| async move {
            let (mut watch, place) = watching?;
            match watch.next().await? {
                Ok((page, at)) => {
                    place.reaches(page.change(at).seq);
                    let change = CardCustomerChange::at(page, at);
                    Some((Ok(DirectObject(change)), Some((watch, place))))
                }
                Err(gap) => Some((Err(gap.into()), None)),
            }
        }))
    }

    /// Watches all card customers of the caller's program: each change of any of them. With `after`, the changes after that cursor come first, and none is left out. When a customer is gone, and when a client without `after` reads too slowly, it gets an error with the code `CHANGES_MISSED`, and the subscription ends: read the list again, then subscribe again without `after`. The same error says that changes after the cursor are not kept any more. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn card_customers_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor to continue after, of `cardCustomerChanges`. Over server-sent events the header `Last-Event-ID` goes before it."
        )]
        after: Option<String>,
        #[graphql(desc = "Only customers in this onboarding stage after the change.")]
        status: Option<CardCustomerStatus>,
    ) -> Result<impl Stream<Item = Result<DirectObject<CardCustomer>>> + use<>> {
        let place = PlaceInChanges::of(ctx, after)?;
        let viewer = viewer(ctx)?;
        let status: Option<FlowStatus> = status.map(Into::into);
        let source = Box::pin(ChangeSource::begin(&viewer, None, place.after)).await;
        let source = source.map_err(failure)?;
        Ok(stream::unfold(Some((viewer, source, place)), move |watching| async move {
            let (viewer, mut source, place) = watching?;
            loop {
                let Changed { change, customer } = match source.next().await? {
                    Ok(changed) => changed,
                    Err(gap) => return Some((Err(gap.into()), None)),
                };
                // Gone: the list has to be read again.
                let Some(customer) = customer else { return Some((Err(missed()), None)) };
                if status.is_some_and(|only| customer.onboarding.stage() != only) {
                    continue;
                }
                if let Some(page) = Box::pin(viewer.after_change(&change, customer)).await {
                    place.reaches(change.seq);
                    let customer = CardCustomer::first_of(page);
                    return Some((Ok(DirectObject(customer)), Some((viewer, source, place))));
                }
            }
        }))
    }
}

fn viewer(ctx: &Context<'_>) -> Result<Arc<Viewer>> {
    Ok(Arc::clone(&RequestContext::of(ctx)?.viewer))
}
