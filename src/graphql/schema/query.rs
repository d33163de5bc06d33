//! The root of all queries.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};

use crate::domain::identifier::Identifier;
use crate::domain::page::PageArgs;
use crate::error::{Error, FieldError};
use crate::graphql::error::failure;
use crate::graphql::execution::loaders::Caller;
use crate::graphql::execution::page_writer::Row;
use crate::graphql::execution::siblings::Siblings;
use crate::graphql::schema::card_customer::{CardCustomer, CardCustomerConnection};
use crate::graphql::schema::enums::{CardCustomerOrder, CardCustomerStatus};
use crate::graphql::schema::page_info::Total;
use crate::services::customers::CustomerList;

/// The root of all queries.
pub struct Query;

/// Everything that can be asked. A token sees the customers of its own program and nothing else.
#[Object]
impl Query {
    /// The card customers of the caller's program. By page number (`page`, `perPage`) or by cursor (`first`, `after`): two doors to one list, not to be mixed.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn card_customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page's number, from 1.")] page: Option<i64>,
        #[graphql(desc = "How many a page has: 1 to 100, otherwise 20.")] per_page: Option<i64>,
        #[graphql(desc = "Only those in this onboarding stage.")] status: Option<
            CardCustomerStatus,
        >,
        #[graphql(desc = "How many to take from the cursor on: 0 to 100, otherwise 20.")]
        first: Option<i64>,
        #[graphql(desc = "The cursor to start behind, of a list with the same status and order.")]
        after: Option<String>,
        #[graphql(
            desc = "The order of the list.",
            default_with = "Some(CardCustomerOrder::CreatedAtDesc)"
        )]
        order_by: Option<CardCustomerOrder>,
    ) -> Result<CardCustomerConnection> {
        let Caller { principal, services, arrivals, .. } = Caller::of(ctx)?;
        let expected = arrivals.expect().await;
        let list = CustomerList {
            status: status.map(Into::into),
            order: order_by.map(Into::into).unwrap_or_default(),
        };
        let id = list.id(principal);
        let window = PageArgs { page, per_page, first, after: after.as_deref() }.window(id);
        let window = window.map_err(failure)?;
        let slice = services.customers.list(principal, list, &window).await.map_err(failure)?;
        let siblings = Siblings::new(slice.items);
        let below = ctx.look_ahead();
        siblings.announce(arrivals, &[below.field("nodes"), below.field("edges").field("node")]);
        drop(expected);
        let total = Total::new(Box::new(move |ctx| {
            Box::pin(async move {
                let Caller { principal, services, .. } = Caller::of(ctx)?;
                services.customers.count(principal, list.status).await.map_err(failure)
            })
        }));
        Ok(CardCustomerConnection {
            siblings,
            has_next: slice.has_next,
            window,
            list: id,
            total: Arc::new(total),
        })
    }

    /// One card customer; null where the caller's program has none by that name.
    async fn card_customer(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case)."
        )]
        identifier: ID,
    ) -> Result<Option<Row<CardCustomer>>> {
        let identifier = Identifier::parse(&identifier)
            .map_err(|what| failure(Error::invalid(vec![FieldError::new("identifier", what)])))?;
        let caller = Caller::of(ctx)?;
        let expected = caller.arrivals.expect().await;
        caller.look_ups.want(Siblings::along(ctx.look_ahead()));
        let holder = caller.customers().one(identifier).await.map_err(failure)?;
        let Some(holder) = holder else { return Ok(None) };
        let siblings = Siblings::holder(&holder);
        siblings.announce(&caller.arrivals, &[ctx.look_ahead()]);
        drop(expected);
        Ok(Some(Row(CardCustomer::alone(siblings))))
    }
}
