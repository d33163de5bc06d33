//! One function a route.

use std::collections::HashMap;
use std::slice::from_ref;
use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::params::Params;
use super::wire::{
    CustomerDetail, CustomerItem, CustomerList, Success, Transaction, TransactionList,
};
use crate::domain::balance::{Balance, Outcome};
use crate::domain::customer::{Along, Holder};
use crate::domain::identifier::Identifier;
use crate::domain::money::Currency;
use crate::domain::page::{Order, Window};
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{Error, FieldError, Kind, Result};
use crate::http::problem;
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
        let (found, total) = services
            .customers
            .list_with_holdings(&principal, list, &window, balances_included)
            .await?;
        let balances = if balances_included {
            let held = found.items.iter().map(|of| (Arc::clone(&of.customer), of.live));
            shown(services.balances.judge(&principal, &held.collect::<Vec<_>>()).await)
        } else {
            vec![None; found.items.len()]
        };
        let items =
            found.items.iter().zip(&balances).map(|(of, balance)| {
                CustomerItem::of(&of.customer, balance.as_ref(), of.cards_count)
            });
        let customers = items.collect();
        json(&CustomerList { customers, total, page, limit, balances_included })
    };
    answer.await.unwrap_or_else(|error| problem::response(&error, &request))
}

/// Shows one card customer.
pub(super) async fn customer(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let answer = async {
        let along = Along { balances: true, cards: true };
        let holder = named(&services, &principal, &identifier(path.as_ref())?, along).await?;
        let held = (Arc::clone(&holder.customer), holder.live);
        let balances = shown(services.balances.judge(&principal, from_ref(&held)).await);
        let balance = balances.first().and_then(Option::as_ref);
        json(&CustomerDetail::of(&holder.customer, balance, &holder.cards))
    };
    answer.await.unwrap_or_else(|error| problem::response(&error, &request))
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
        let holder = named(&services, &principal, &identifier, Along::default()).await?;
        let customer = &holder.customer;
        let id = from_ref(&customer.id);
        let (mut lists, totals) = tokio::try_join!(
            services.transactions.of(&principal, id, status, &window),
            services.transactions.count(&principal, id, status),
        )?;
        let list = lists.remove(&customer.id).unwrap_or_default();
        json(&TransactionList {
            customer_id: identifier.as_str(),
            currency: customer.currency.map(Currency::as_str),
            transactions: list.items.iter().map(Transaction::of).collect(),
            total: totals.get(&customer.id).copied().unwrap_or(0),
            page,
            limit,
        })
    };
    answer.await.unwrap_or_else(|error| problem::response(&error, &request))
}

fn json(data: &impl Serialize) -> Result<Response> {
    // Most answers fit, so that the text is not moved while it grows.
    let mut body = Vec::with_capacity(8 * 1024);
    serde_json::to_writer(&mut body, &Success::of(data)).map_err(Error::internal)?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], body).into_response())
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
    along: Along,
) -> Result<Arc<Holder>> {
    let mut found: HashMap<_, _> =
        services.customers.find(principal, from_ref(identifier), along).await?;
    found.remove(identifier).ok_or_else(|| Error::new(Kind::NotFound, "Customer not found"))
}

/// The balances that can be shown: none where there is no wallet, and where
/// nobody could say.
fn shown(outcomes: Vec<Outcome>) -> Vec<Option<Balance>> {
    let known = |outcome| match outcome {
        Outcome::Known(balance) => Some(balance),
        Outcome::None | Outcome::Unavailable => None,
    };
    outcomes.into_iter().map(known).collect()
}
