//! The card transactions of a whole program.

use std::slice::from_ref;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::handlers::find;
use super::params::{PageParams, Query, TransactionListParams, identifier};
use super::reply::{Caller, Request, json, response};
use super::responses::{CustomerNotFound, InvalidParameter, NotApproved};
use super::wire::Transaction;
use crate::domain::customer::Include;
use crate::domain::transaction::ListedTransaction;
use crate::services::Services;

/// Whose transactions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the parameter")]
pub(super) struct CustomerFilter {
    /// Only transactions of this customer: the `yativo_card_id`, or any other identifier.
    #[param(max_length = 320, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    customer_id: Option<String>,
}

/// One page of the program's card transactions.
#[derive(Serialize, ToSchema)]
pub(super) struct ProgramTransactionList<'a> {
    /// Newest first; empty after the last page.
    transactions: Vec<ProgramTransaction<'a>>,
    /// The number of items on all pages.
    #[schema(minimum = 0)]
    total: i64,
    /// The number of this page.
    #[schema(minimum = 1)]
    page: i64,
    /// The number of items on a page.
    #[schema(minimum = 1, maximum = 100)]
    limit: i64,
}

/// A card transaction of any customer of the program.
#[derive(Serialize, ToSchema)]
struct ProgramTransaction<'a> {
    #[serde(flatten)]
    transaction: Transaction<'a>,
    /// The card issuer's identifier of the customer.
    yativo_card_id: &'a str,
    /// The card, as the issuer names it here: by the card network's token. Null if unknown.
    card_id: Option<&'a str>,
    /// The card's `card_id` in the customer's list of cards; null as long as it is not known
    /// which card that is.
    card_uuid: Option<String>,
}

impl<'a> ProgramTransaction<'a> {
    fn of((listed, card_uuid): (&'a ListedTransaction, Option<String>)) -> Self {
        Self {
            transaction: Transaction::of(&listed.transaction),
            yativo_card_id: &listed.yativo_card_id,
            card_id: listed.transaction.card_id.as_deref(),
            card_uuid,
        }
    }
}

/// List card transactions
///
/// The card transactions of all customers of the program, newest first.
#[utoipa::path(
    get,
    path = "/card-transactions",
    operation_id = "listProgramTransactions",
    params(PageParams, TransactionListParams, CustomerFilter),
    responses(
        (
            status = 200,
            description = "A page of card transactions.",
            body = ProgramTransactionList<'static>,
        ),
        (status = 400, response = InvalidParameter),
        (status = 403, response = NotApproved),
        (status = 404, response = CustomerNotFound),
    ),
)]
pub(super) async fn list(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    RawQuery(query): RawQuery,
) -> Response {
    const CUSTOMER: &str = "customer_id";
    let answer = async {
        let mut query = Query::parse(query.as_deref());
        let page = PageParams::read(&mut query);
        let status = TransactionListParams::read(&mut query).status;
        let customer = query.value(CUSTOMER);
        query.finish()?;
        let transactions = &services.transactions;
        let window = page.window();
        let (listed, total) = if let Some(name) = customer {
            let name = identifier(CUSTOMER, &name)?;
            let customer = &find(&services, &principal, &name, Include::default()).await?.customer;
            let (id, filter) = (from_ref(&customer.id), status.into());
            let (mut lists, totals) = tokio::try_join!(
                transactions.of(&principal, id, &filter, &window),
                transactions.count(&principal, id, &filter),
            )?;
            let listed = |transaction| ListedTransaction {
                transaction,
                yativo_card_id: customer.yativo_card_id.clone(),
            };
            let part = lists.remove(&customer.id).map(|list| list.items).unwrap_or_default();
            let total = totals.get(&customer.id).copied().unwrap_or(0);
            (part.into_iter().map(listed).collect(), total)
        } else {
            transactions.of_program(&principal, status, &window).await?
        };
        let made: Vec<_> = listed.iter().map(|of| &of.transaction).collect();
        let cards = services.cards.used_by(&principal, &made).await?;
        json(&ProgramTransactionList {
            transactions: listed.iter().zip(cards).map(ProgramTransaction::of).collect(),
            total,
            page: page.page(),
            limit: page.limit(),
        })
    };
    response(answer.await, &request)
}
