//! One function a route.

use std::collections::HashMap;
use std::slice::from_ref;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::Serialize;

use super::error::refused;
use super::params::Params;
use super::wire::{
    CustomerDetail, CustomerItem, CustomerList, Success, Transaction, TransactionList,
};
use crate::domain::balance::{Balance, Outcome};
use crate::domain::customer::Customer;
use crate::domain::identifier::Identifier;
use crate::domain::money::Currency;
use crate::domain::page::{Order, Window};
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{Error, FieldError, Kind, Result};
use crate::services::Services;
use crate::services::customers;

type Caller = Extension<Arc<Principal>>;
type Request = Extension<RequestId>;

/// Lists the card customers of the caller's program.
pub(super) async fn customers(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    RawQuery(query): RawQuery,
) -> Response {
    let answer = async {
        let mut params = Params::parse(query.as_deref());
        let (page, limit) = params.page();
        let window = Window::Numbered { page, per_page: limit };
        let list =
            customers::CustomerList { status: params.flow_status(), order: Order::NewestFirst };
        let balances_included = params.include_balances();
        params.finish()?;
        let (found, total) = tokio::try_join!(
            services.customers.list(&principal, list, &window),
            services.customers.count(&principal, list.status),
        )?;
        let found = found.items;
        let ids: Vec<String> = found.iter().map(|customer| customer.id.clone()).collect();
        let (balances, cards) = tokio::try_join!(
            balances(&services, &principal, &found, balances_included),
            services.cards.count(&principal, &ids),
        )?;
        let items = found.iter().zip(&balances).map(|(customer, balance)| {
            let cards = cards.get(&customer.id).copied().unwrap_or(0);
            CustomerItem::of(customer, balance.as_ref(), cards)
        });
        let list =
            CustomerList { customers: items.collect(), total, page, limit, balances_included };
        Ok(Json(Success::of(list)).into_response())
    };
    answer.await.unwrap_or_else(|error| refused(&error, &request))
}

/// Shows one card customer.
pub(super) async fn customer(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let answer = async {
        let customer = named(&services, &principal, &identifier(path.as_ref())?).await?;
        let (balances, cards) = tokio::try_join!(
            balances(&services, &principal, from_ref(&customer), true),
            services.cards.of(&principal, from_ref(&customer.id)),
        )?;
        let cards = cards.get(&customer.id).map_or(&[][..], Vec::as_slice);
        let balance = balances.first().and_then(Option::as_ref);
        Ok(json(&CustomerDetail::of(&customer, balance, cards)))
    };
    answer.await.unwrap_or_else(|error| refused(&error, &request))
}

/// Lists the card transactions of one customer.
pub(super) async fn transactions(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    let answer = async {
        let mut params = Params::parse(query.as_deref());
        let (page, limit) = params.page();
        let window = Window::Numbered { page, per_page: limit };
        let status = params.transaction_status();
        params.finish()?;
        let identifier = identifier(path.as_ref())?;
        let customer = named(&services, &principal, &identifier).await?;
        let id = from_ref(&customer.id);
        let (mut lists, totals) = tokio::try_join!(
            services.transactions.of(&principal, id, status, &window),
            services.transactions.count(&principal, id, status),
        )?;
        let list = lists.remove(&customer.id).unwrap_or_default();
        Ok(json(&TransactionList {
            customer_id: identifier.as_str(),
            currency: customer.currency.map(Currency::as_str),
            transactions: list.items.iter().map(Transaction::of).collect(),
            total: totals.get(&customer.id).copied().unwrap_or(0),
            page,
            limit,
        }))
    };
    answer.await.unwrap_or_else(|error| refused(&error, &request))
}

fn json(data: &impl Serialize) -> Response {
    Json(Success::of(data)).into_response()
}

fn identifier(path: Result<&Path<String>, &PathRejection>) -> Result<Identifier> {
    let text = match path {
        Ok(Path(text)) => Identifier::parse(text),
        Err(_) => Err("must be UTF-8"),
    };
    text.map_err(|what| Error::invalid(vec![FieldError::new("customerId", what)]))
}

/// The customer of this name in the caller's program; another program's is
/// not found, just as one that does not exist.
async fn named(
    services: &Services,
    principal: &Principal,
    identifier: &Identifier,
) -> Result<Arc<Customer>> {
    let mut found: HashMap<_, _> = services.customers.find(principal, from_ref(identifier)).await?;
    found.remove(identifier).ok_or_else(|| Error::new(Kind::NotFound, "Customer not found"))
}

/// The balance of each customer, in their order: none where none is asked
/// for, where there is no wallet, and where nobody could say.
async fn balances(
    services: &Services,
    principal: &Principal,
    customers: &[Arc<Customer>],
    included: bool,
) -> Result<Vec<Option<Balance>>> {
    if !included {
        return Ok(vec![None; customers.len()]);
    }
    let outcomes = services.balances.of(principal, customers).await?;
    let known = |outcome| match outcome {
        Outcome::Known(balance) => Some(balance),
        Outcome::None | Outcome::Unavailable => None,
    };
    Ok(outcomes.into_iter().map(known).collect())
}
