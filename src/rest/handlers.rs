//! One function a route.

use std::collections::HashMap;
use std::slice::from_ref;
use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use super::params::{
    CustomerListParams, CustomerPath, PageParams, Query, TransactionListParams, identifier,
};
use super::reply::{Caller, Failure, Request, json, response};
use super::responses::{CustomerNotFound, InvalidParameter, NotApproved};
use super::wire::{CustomerDetail, CustomerItem, CustomerList, Transaction, TransactionList};
use crate::domain::balance::{Balance, Outcome};
use crate::domain::customer::{FoundCustomer, Include};
use crate::domain::identifier::Identifier;
use crate::domain::principal::Principal;
use crate::error::{Error, FieldError, Result};
use crate::services::Services;

/// List customers
///
/// All customers of the program at any onboarding stage, newest first.
#[utoipa::path(
    get,
    path = "/customers",
    operation_id = "listCustomers",
    params(PageParams, CustomerListParams),
    responses(
        (status = 200, description = "A page of customers.", body = CustomerList<'static>),
        (status = 400, response = InvalidParameter),
        (status = 403, response = NotApproved),
    ),
)]
pub(super) async fn customers(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    RawQuery(query): RawQuery,
) -> Response {
    let answer = async {
        let mut query = Query::parse(query.as_deref());
        let page = PageParams::read(&mut query);
        let params = CustomerListParams::read(&mut query);
        if let Some(status) = params.unusual_status()
            && !services.customers.has_status(&principal, status).await?
        {
            query.unknown_status(&services.customers.statuses(&principal).await?);
        }
        query.finish()?;
        let (filter, balances_included) = (params.filter(), params.include_balances());
        let (found, total) = services
            .customers
            .list_with_holdings(&principal, filter.as_ref(), &page.window(), balances_included)
            .await?;
        let balances = if balances_included {
            let held = found.items.iter().map(|of| (Arc::clone(&of.customer), of.balance));
            shown(services.balances.judge(&principal, &held.collect::<Vec<_>>()).await)
        } else {
            vec![None; found.items.len()]
        };
        let items =
            found.items.iter().zip(&balances).map(|(of, balance)| {
                CustomerItem::of(&of.customer, balance.as_ref(), of.cards_count)
            });
        let customers = items.collect();
        let (page, limit) = (page.page(), page.limit());
        json(&CustomerList { customers, total, page, limit, balances_included })
    };
    response(answer.await, &request)
}

/// Show a customer
///
/// One customer with its balance and cards. If the identifier matches several customers,
/// the order `id`, `yativo_card_id`, `external_customer_id`, e-mail address decides; among
/// customers with the same e-mail address, the newest one is returned.
#[utoipa::path(
    get,
    path = "/customers/{customerId}",
    operation_id = "getCustomer",
    params(CustomerPath),
    responses(
        (
            status = 200,
            description = "The customer.",
            body = CustomerDetail<'static>,
            links(("listCardTransactions" = (
                operation_id = "listCardTransactions",
                parameters(("customerId" = "$response.body#/data/id")),
            ))),
        ),
        (status = 400, response = InvalidParameter),
        (status = 403, response = NotApproved),
        (status = 404, response = CustomerNotFound),
    ),
)]
pub(super) async fn customer(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    path: Result<Path<CustomerPath>, PathRejection>,
) -> Response {
    let answer = async {
        let include = Include { balances: true, cards: true };
        let found = find(&services, &principal, &customer_in(path.as_ref())?, include).await?;
        let held = (Arc::clone(&found.customer), found.balance);
        let balances = shown(services.balances.judge(&principal, from_ref(&held)).await);
        let balance = balances.first().and_then(Option::as_ref);
        json(&CustomerDetail::of(&found.customer, balance, &found.cards))
    };
    response(answer.await, &request)
}

/// List a customer's card transactions
///
/// The card transactions of one customer, newest first.
#[utoipa::path(
    get,
    path = "/customers/{customerId}/card-transactions",
    operation_id = "listCardTransactions",
    params(CustomerPath, PageParams, TransactionListParams),
    responses(
        (status = 200, description = "A page of card transactions.", body = TransactionList<'static>),
        (status = 400, response = InvalidParameter),
        (status = 403, response = NotApproved),
        (status = 404, response = CustomerNotFound),
    ),
)]
pub(super) async fn transactions(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    path: Result<Path<CustomerPath>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    let answer = async {
        let mut query = Query::parse(query.as_deref());
        let page = PageParams::read(&mut query);
        let status = TransactionListParams::read(&mut query).status;
        query.finish()?;
        let identifier = customer_in(path.as_ref())?;
        let found = find(&services, &principal, &identifier, Include::default()).await?;
        let customer = &found.customer;
        let (id, window, filter) = (from_ref(&customer.id), page.window(), status.into());
        let (mut lists, totals) = tokio::try_join!(
            services.transactions.of(&principal, id, &filter, &window),
            services.transactions.count(&principal, id, &filter),
        )?;
        let items = lists.remove(&customer.id).map(|list| list.items).unwrap_or_default();
        json(&TransactionList {
            customer_id: identifier.as_str(),
            currency: customer.currency.map(Into::into),
            transactions: items.iter().map(Transaction::of).collect(),
            total: totals.get(&customer.id).copied().unwrap_or(0),
            page: page.page(),
            limit: page.limit(),
        })
    };
    response(answer.await, &request)
}

/// The customer in a path.
fn customer_in(path: Result<&Path<CustomerPath>, &PathRejection>) -> Result<Identifier> {
    const NAME: &str = "customerId";
    match path {
        Ok(Path(path)) => identifier(NAME, &path.customer_id),
        Err(_) => Err(Error::invalid(vec![FieldError::new(NAME, "must be UTF-8")])),
    }
}

/// The customer with this identifier. A customer of another program is not found, like
/// one that does not exist.
pub(super) async fn find(
    services: &Services,
    principal: &Principal,
    identifier: &Identifier,
    include: Include,
) -> Result<Arc<FoundCustomer>, Failure> {
    let mut found: HashMap<_, _> =
        services.customers.find(principal, from_ref(identifier), include).await?;
    found.remove(identifier).ok_or_else(Failure::customer_not_found)
}

/// The balances to show: none without a wallet, and none if no source has one.
fn shown(outcomes: Vec<Outcome>) -> Vec<Option<Balance>> {
    let known = |outcome| match outcome {
        Outcome::Known(balance) => Some(balance),
        Outcome::None | Outcome::Unavailable => None,
    };
    outcomes.into_iter().map(known).collect()
}
