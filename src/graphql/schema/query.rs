//! The root of all queries.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};

use crate::domain::change::Missed;
use crate::domain::customer::{FoundCustomer, Include};
use crate::domain::identifier;
use crate::domain::node_id::NodeId;
use crate::domain::page::{DEFAULT_SIZE, PageArgs};
use crate::domain::scope::Scope;
use crate::error::{Error, FieldError};
use crate::graphql::admission::cost::BALANCE_FIELDS;
use crate::graphql::error::{failure, issuer_rejected, missed};
use crate::graphql::execution::card_holders::CardHolders;
use crate::graphql::execution::change_page::ChangePage;
use crate::graphql::execution::changed_customer::{named, request};
use crate::graphql::execution::customer_page::CustomerPage;
use crate::graphql::execution::list_total::ListTotal;
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::execution::request_context::RequestContext;
use crate::graphql::execution::viewer::Viewer;
use crate::graphql::schema::card_customer::{CARD_FIELDS, CardCustomer};
use crate::graphql::schema::card_customer_change_connection::CardCustomerChangeConnection;
use crate::graphql::schema::card_customer_connection::CardCustomerConnection;
use crate::graphql::schema::card_customer_filter::CardCustomerFilter;
use crate::graphql::schema::card_customers_summary::CardCustomersSummary;
use crate::graphql::schema::card_funding::CardFunding;
use crate::graphql::schema::card_transaction::CardHolder;
use crate::graphql::schema::card_transaction_connection::CardTransactionConnection;
use crate::graphql::schema::card_transaction_filter::CardTransactionFilter;
use crate::graphql::schema::enums::{CardCustomerOrder, CardCustomerStatus};
use crate::graphql::schema::node::{DirectNode, load};
use crate::graphql::schema::requires_scope::RequiresScope;
use crate::graphql::schema::source_of_funds::SourceOfFundsQuestions;
use crate::services::changes::{ChangeSlice, Changes};
use crate::services::customers::CustomerList;
use crate::services::transactions::Transactions;

/// Maximum number of objects that are looked up at once.
const MAX_NODES: usize = 50;

/// The root of all queries.
pub(super) struct Query;

/// All queries. A token gives access to the customers of its own program only.
#[Object]
impl Query {
    /// Lists the card customers of the caller's program, by page number (`page`, `perPage`) or by cursor (`first`, `after`, `last`, `before`): two ways through the same list; use one of them. Needs the scope `read`.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn card_customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page's number, from 1.")] page: Option<i64>,
        #[graphql(desc = "Items per page, 1 to 100. Default: 20.")] per_page: Option<i64>,
        #[graphql(desc = "Only customers in this onboarding stage.")] status: Option<
            CardCustomerStatus,
        >,
        #[graphql(desc = "Only customers of whom all of this holds.")] filter: Option<
            CardCustomerFilter,
        >,
        #[graphql(desc = "The first items after the cursor, 0 to 100. Default: 20.")] first: Option<
            i64,
        >,
        #[graphql(
            desc = "The cursor to continue after, from a list with the same filter and order."
        )]
        after: Option<String>,
        #[graphql(desc = "The last items before the cursor, 0 to 100.")] last: Option<i64>,
        #[graphql(desc = "The cursor to end before, from a list with the same filter and order.")]
        before: Option<String>,
        #[graphql(
            desc = "The order of the list.",
            default_with = "Some(CardCustomerOrder::CreatedAtDesc)"
        )]
        order_by: Option<CardCustomerOrder>,
    ) -> Result<CardCustomerConnection> {
        let viewer = &RequestContext::of(ctx)?.viewer;
        let filter = filter.map(CardCustomerFilter::checked).transpose().map_err(failure)?;
        let mut filter = filter.unwrap_or_default();
        if let Some(status) = status {
            filter = filter.and_stage(status.into());
        }
        let list = CustomerList { filter, order: order_by.map(Into::into).unwrap_or_default() };
        let id = list.id(&viewer.principal);
        let (after, before) = (after.as_deref(), before.as_deref());
        let window = PageArgs { page, per_page, first, after, last, before }.window(id);
        let window = window.map_err(failure)?;
        let slice = viewer.services.customers.list(&viewer.principal, &list, &window).await;
        let slice = slice.map_err(failure)?;
        let (counting, order, filter) = (Arc::clone(viewer), list.order, list.filter);
        let total = ListTotal::new(move || {
            let Viewer { principal, services } = &*counting;
            let (principal, services) = (Arc::clone(principal), Arc::clone(services));
            let filter = filter.clone();
            async move {
                let total = services.customers.count_list(&principal, &filter).await;
                total.map_err(Arc::new)
            }
        });
        Ok(CardCustomerConnection {
            page: Arc::new(CustomerPage::new(Arc::clone(viewer), slice.items)),
            has_next: slice.has_next,
            has_previous: slice.has_previous,
            window,
            list: id,
            order,
            total: Arc::new(total),
        })
    }

    /// Lists what has changed of the card customers of the caller's program, oldest first: from the oldest change that is kept, or from a cursor on. Changes are kept for some days, seven by default. If changes after the cursor are not kept any more, the answer is an error with the code `CHANGES_MISSED`: read the list of customers again, and begin anew. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn card_customer_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor to continue after: a change's, or `endCursor` of a page, also of an empty one."
        )]
        after: Option<String>,
        #[graphql(desc = "The first changes after the cursor, 0 to 100. Default: 20.")]
        first: Option<i64>,
    ) -> Result<CardCustomerChangeConnection> {
        let viewer = &RequestContext::of(ctx)?.viewer;
        let Viewer { principal, services } = &**viewer;
        let list = Changes::list_id(principal);
        let first = first.or(Some(DEFAULT_SIZE));
        let arguments = PageArgs { first, after: after.as_deref(), ..PageArgs::default() };
        let window = arguments.window(list).map_err(failure)?;
        let found = Box::pin(services.changes.page(principal, &window)).await.map_err(failure)?;
        let ChangeSlice { slice, end } = found.map_err(|Missed| missed())?;
        let counting = Arc::clone(viewer);
        let total = ListTotal::new(move || {
            let viewer = Arc::clone(&counting);
            async move {
                let Viewer { principal, services } = &*viewer;
                services.changes.count(principal).await.map_err(Arc::new)
            }
        });
        Ok(CardCustomerChangeConnection {
            page: Arc::new(ChangePage::new(Arc::clone(viewer), slice.items)),
            window,
            list,
            has_next: slice.has_next,
            has_previous: slice.has_previous,
            end,
            total: Arc::new(total),
        })
    }

    /// Lists the card transactions of all customers of the caller's program, newest first, by page number (`page`, `perPage`) or by cursor (`first`, `after`, `last`, `before`): two ways through the same list; use one of them. Needs the scope `read`.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn card_transactions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page's number, from 1.")] page: Option<i64>,
        #[graphql(desc = "Items per page, 1 to 100. Default: 20.")] per_page: Option<i64>,
        #[graphql(desc = "The first items after the cursor, 0 to 100. Default: 20.")] first: Option<
            i64,
        >,
        #[graphql(desc = "The cursor to continue after, from a list with the same filter.")]
        after: Option<String>,
        #[graphql(desc = "The last items before the cursor, 0 to 100.")] last: Option<i64>,
        #[graphql(desc = "The cursor to end before, from a list with the same filter.")]
        before: Option<String>,
        #[graphql(desc = "Only transactions of which all of this holds.")] filter: Option<
            CardTransactionFilter,
        >,
    ) -> Result<CardTransactionConnection> {
        let viewer = &RequestContext::of(ctx)?.viewer;
        let filter = filter.map(CardTransactionFilter::checked).transpose().map_err(failure)?;
        let filter = filter.unwrap_or_default();
        let list = Transactions::program_list_id(&viewer.principal, &filter);
        let (after, before) = (after.as_deref(), before.as_deref());
        let window = PageArgs { page, per_page, first, after, last, before }.window(list);
        let window = window.map_err(failure)?;
        let Viewer { principal, services } = &**viewer;
        let slice = Box::pin(services.transactions.list(principal, &filter, &window)).await;
        let slice = slice.map_err(failure)?;
        let holders = slice.items.iter().map(|one| one.customer_id.clone()).collect();
        let holders = CardHolders::new(Arc::clone(viewer), holders);
        let (counting, filter) = (Arc::clone(viewer), Arc::new(filter));
        let total = ListTotal::new(move || {
            let (viewer, filter) = (Arc::clone(&counting), Arc::clone(&filter));
            async move {
                let Viewer { principal, services } = &*viewer;
                services.transactions.count_list(principal, &filter).await.map_err(Arc::new)
            }
        });
        Ok(CardTransactionConnection {
            page: Arc::new(slice),
            holder: CardHolder::Each(Arc::new(holders)),
            window,
            list,
            total: Arc::new(total),
        })
    }

    /// Looks up one card customer. Null if the caller's program has no such customer. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn card_customer(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case)."
        )]
        identifier: ID,
    ) -> Result<Option<DirectObject<CardCustomer>>> {
        let identifier = named(&identifier)?;
        let context = RequestContext::of(ctx)?;
        let selected = ctx.look_ahead();
        let any = |names: &[&str]| names.iter().any(|name| selected.field(name).exists());
        let include = Include { balances: any(BALANCE_FIELDS), cards: any(CARD_FIELDS) };
        let found = context.look_ups().one(identifier, include).await.map_err(failure)?;
        let viewer = &context.viewer;
        let page = |found: Arc<FoundCustomer>| CustomerPage::of_one(Arc::clone(viewer), &found);
        Ok(found.map(|found| DirectObject(CardCustomer::first_of(page(found)))))
    }

    /// All card customers of the caller's program, taken together: how many there are, and what their wallets hold. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    #[expect(clippy::unused_async, reason = "the engine takes asynchronous resolvers only")]
    async fn card_customers_summary(&self, ctx: &Context<'_>) -> Result<CardCustomersSummary> {
        Ok(CardCustomersSummary(Arc::clone(&RequestContext::of(ctx)?.viewer)))
    }

    /// Looks up one payment to a customer, or from a customer's card, by its `id`. Null if the caller's program has no such payment. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn card_funding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payment's `id`.")] id: ID,
    ) -> Result<Option<DirectObject<CardFunding>>> {
        identifier::check(&id)
            .map_err(|what| failure(Error::invalid(vec![FieldError::new("id", what)])))?;
        let viewer = &RequestContext::of(ctx)?.viewer;
        let ids = [id.0];
        let found = viewer.services.funding.find(&viewer.principal, &ids).await;
        let found = found.map_err(failure)?.pop();
        Ok(found.and_then(CardFunding::of).map(DirectObject))
    }

    /// Looks up one object by its global identifier: a `CardCustomer`, `Card`, `CardTransaction` or `CardFunding` by its `id`. Null if the caller's program has no such object. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The object's `id`.")] id: ID,
    ) -> Result<Option<DirectNode>> {
        Ok(nodes(ctx, "id", &[id]).await?.pop().flatten())
    }

    /// Looks up several objects by their global identifiers, in the same order; null in the place of one that the caller's program does not have. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The objects' `id`s, at most 50.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<DirectNode>>> {
        nodes(ctx, "ids", &ids).await
    }

    /// Asks the card issuer for the questions about the source of a customer's funds, which are answered with `submitSourceOfFunds`. Needs the scope `read`.
    #[graphql(guard = "RequiresScope(Scope::Read)")]
    async fn source_of_funds_questions(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case)."
        )]
        identifier: ID,
        #[graphql(desc = "The language of the questions. Default: \"en\".")] locale: Option<String>,
    ) -> Result<Option<SourceOfFundsQuestions>> {
        let identifier = named(&identifier)?;
        let Viewer { principal, services } = &*RequestContext::of(ctx)?.viewer;
        let (actions, locale) = (&services.customer_actions, locale.as_deref());
        let asked = actions.source_of_funds(principal, &identifier, locale, request(ctx)?);
        let answer = Box::pin(asked).await.map_err(failure)?.map_err(issuer_rejected)?;
        Ok(Some(SourceOfFundsQuestions(answer)))
    }
}

/// The objects with these global identifiers, which are the values of an argument.
async fn nodes(
    ctx: &Context<'_>,
    argument: &'static str,
    ids: &[ID],
) -> Result<Vec<Option<DirectNode>>> {
    let invalid =
        |what: &'static str| failure(Error::invalid(vec![FieldError::new(argument, what)]));
    if ids.len() > MAX_NODES {
        return Err(invalid("must not have more than 50 items"));
    }
    let parsed = ids.iter().map(|id| NodeId::parse(id)).collect::<Result<Vec<_>, _>>();
    let ids = parsed.map_err(invalid)?;
    load(ctx, &ids).await
}
