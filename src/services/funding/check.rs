//! What is checked before the issuer is asked: who, how much, in which currency.

use super::order::{FundRequest, SwapRequest, Who, WithdrawRequest};
use super::outcome::Refusal;
use crate::domain::customer::{Customer, FoundCustomer, Include};
use crate::domain::customer_names::CustomerNames;
use crate::domain::identifier::{Identifier, email_key};
use crate::domain::money::{Currency, Minor};
use crate::domain::payment::{Order, Payee, PaymentKind};
use crate::domain::principal::Principal;
use crate::error::{Error, FieldError, Result};
use crate::services::customers::Customers;
use crate::store::Store;

/// The least that can be funded, in cents of US dollars.
pub const LEAST_FUNDING: i64 = 500;

/// Why nothing is ordered.
pub(super) enum Stop {
    /// The issuer would refuse it.
    Refused(Refusal),
    /// Something else.
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

fn invalid(field: &'static str, what: &'static str) -> Error {
    Error::invalid(vec![FieldError::new(field, what)])
}

fn refuse(status: u16, code: &str, message: &str) -> Stop {
    Stop::Refused(Refusal::here(status, code, message, &[]))
}

fn not_found() -> Stop {
    refuse(404, "CUSTOMER_NOT_FOUND", "Customer not found")
}

/// The customer's wallet currency; a customer without a wallet cannot be paid.
fn wallet_currency(customer: &Customer) -> Result<Currency, Stop> {
    let currency = customer.currency.filter(|_| customer.safe_deployed);
    currency.ok_or_else(|| {
        refuse(400, "SAFE_NOT_DEPLOYED", "The customer's account wallet is not deployed")
    })
}

fn payee(customer: &Customer) -> Payee {
    Payee { id: customer.id.clone(), yativo_card_id: customer.yativo_card_id.clone() }
}

/// Checks what the request says of itself, without looking anything up.
pub(super) fn amount_to_fund(request: &FundRequest) -> Result<()> {
    if request.amount.get() < LEAST_FUNDING {
        return Err(invalid("amount", "must be at least 5"));
    }
    Ok(())
}

/// As [`amount_to_fund`], for amounts that must be positive.
pub(super) fn positive(amount: Minor) -> Result<()> {
    if amount.get() <= 0 {
        return Err(invalid("amount", "must be greater than 0"));
    }
    Ok(())
}

/// A swap is between two currencies.
pub(super) fn swap(request: &SwapRequest) -> Result<Order> {
    positive(request.amount)?;
    if request.from.currency == request.to.currency {
        return Err(invalid("to_token", "must be another currency than from_token"));
    }
    Ok(Order {
        kind: PaymentKind::Swap,
        payee: None,
        amount: request.amount,
        currency: request.from.currency,
        to_currency: Some(request.to.currency),
        source_chain: None,
        pricing_mode: None,
    })
}

/// The order that a request to fund a customer is.
pub(super) async fn funding(
    principal: &Principal,
    customers: &Customers,
    request: &FundRequest,
) -> Result<Order, Stop> {
    let found = match &request.who {
        Who::Named(name) => customers.look_up(principal, name).await?.map(|of| of.customer),
        Who::Any(identifier) => {
            let identifiers = std::slice::from_ref(identifier);
            let mut found = customers.find(principal, identifiers, Include::default()).await?;
            found.remove(identifier).map(|of| of.customer.clone())
        }
    };
    let customer = found.ok_or_else(not_found)?;
    let currency = wallet_currency(&customer)?;
    if let Some(wrong) = request.destination_token.filter(|wanted| *wanted != currency) {
        let (required, requested): (&str, &str) = (currency.into(), wrong.into());
        return Err(Stop::Refused(Refusal::here(
            400,
            "TOKEN_MISMATCH",
            &format!("The customer's card needs {required}"),
            &[("required_token", required), ("requested_token", requested)],
        )));
    }
    Ok(Order {
        kind: PaymentKind::Funding,
        payee: Some(payee(&customer)),
        amount: request.amount,
        currency: Currency::Usd,
        to_currency: None,
        source_chain: Some(request.source_chain),
        pricing_mode: Some(request.pricing_mode),
    })
}

/// The order that a request to withdraw from a card is.
pub(super) async fn withdrawal(
    principal: &Principal,
    store: &Store,
    request: &WithdrawRequest,
) -> Result<Order, Stop> {
    let include = Include { balances: false, cards: true };
    let who = std::slice::from_ref(&request.who);
    let found = store.customers_named(principal.program, who, include).await?;
    let meant = CustomerNames::new(found.iter().map(|of| &*of.customer)).find(&request.who);
    let found_one = meant.map(|at| &found[at]).ok_or_else(not_found)?;
    let customer = &found_one.customer;
    if is_by_email(customer, &request.who) {
        check_email(&found, found_one)?;
    }
    let currency = wallet_currency(customer)?;
    if usable_cards(found_one) == 0 {
        return Err(refuse(404, "CARD_NOT_FOUND", "The customer has no card"));
    }
    Ok(Order {
        kind: PaymentKind::Withdrawal,
        payee: Some(payee(customer)),
        amount: request.amount,
        currency,
        to_currency: None,
        source_chain: None,
        pricing_mode: None,
    })
}

fn usable_cards(of: &FoundCustomer) -> usize {
    of.cards.iter().filter(|card| !card.is_void()).count()
}

/// Whether only the e-mail address names the customer.
fn is_by_email(customer: &Customer, who: &Identifier) -> bool {
    let text = who.as_str();
    let is_id = who.as_customer_id().as_deref() == Some(customer.id.as_str());
    let other = [Some(&customer.yativo_card_id), customer.external_customer_id.as_ref()];
    !is_id && !other.into_iter().flatten().any(|name| name == text)
}

/// By e-mail address only a customer can be meant who has it alone, and has one card.
fn check_email(found: &[FoundCustomer], meant: &FoundCustomer) -> Result<(), Stop> {
    let email = email_key(&meant.customer.email);
    let others = found
        .iter()
        .filter(|of| of.customer.id != meant.customer.id && email_key(&of.customer.email) == email);
    if others.count() > 0 {
        return Err(refuse(422, "AMBIGUOUS_CUSTOMER", "Several customers have this name"));
    }
    if usable_cards(meant) > 1 {
        let message = "The customer has several cards; name it by yativo_card_id";
        return Err(refuse(422, "MULTIPLE_CARDS", message));
    }
    Ok(())
}
