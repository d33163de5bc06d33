//! The root of all queries.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};

use crate::domain::customer::{Along, Holder};
use crate::domain::identifier::Identifier;
use crate::domain::page::PageArgs;
use crate::error::{Error, FieldError};
use crate::graphql::admission::cost::BALANCE_FIELDS;
use crate::graphql::error::failure;
use crate::graphql::execution::customer_page::CustomerPage;
use crate::graphql::execution::page_writer::Row;
use crate::graphql::execution::request_context::{RequestContext, Viewer};
use crate::graphql::schema::card_customer::{CARD_FIELDS, CardCustomer, CardCustomerConnection};
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
        let viewer = &RequestContext::of(ctx)?.viewer;
        let list = CustomerList {
            status: status.map(Into::into),
            order: order_by.map(Into::into).unwrap_or_default(),
        };
        let id = list.id(&viewer.principal);
        let window = PageArgs { page, per_page, first, after: after.as_deref() }.window(id);
        let window = window.map_err(failure)?;
        let slice = viewer.services.customers.list(&viewer.principal, list, &window).await;
        let slice = slice.map_err(failure)?;
        let counting = Arc::clone(viewer);
        let total = Total::new(move || {
            let Viewer { principal, services } = &*counting;
            let (principal, services) = (Arc::clone(principal), Arc::clone(services));
            async move { services.customers.count(&principal, list.status).await.map_err(Arc::new) }
        });
        Ok(CardCustomerConnection {
            page: Arc::new(CustomerPage::new(Arc::clone(viewer), slice.items)),
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
        let context = RequestContext::of(ctx)?;
        let selected = ctx.look_ahead();
        let any = |names: &[&str]| names.iter().any(|name| selected.field(name).exists());
        let along = Along { balances: any(BALANCE_FIELDS), cards: any(CARD_FIELDS) };
        let found = context.look_ups().one(identifier, along).await.map_err(failure)?;
        let viewer = &context.viewer;
        let page = |holder: Arc<Holder>| CustomerPage::of_one(Arc::clone(viewer), &holder);
        Ok(found.map(|holder| Row(CardCustomer::first_of(page(holder)))))
    }
}
