//! `fundings list` and `fundings resolve`: payments that clients have ordered.

use std::collections::HashMap;

use serde_json::json;
use strum::VariantArray as _;

use super::arguments::FundingCommand;
use super::lookup::program_named;
use super::output::out;
use crate::domain::money::Currency;
use crate::domain::payment::{Payment, PaymentState};
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::funding::{self, Resolution};
use crate::store::Store;

/// Number of payments of one read.
const PAGE: u64 = 500;
/// The longest name of an operator, in characters.
const LONGEST_NAME: usize = 100;

pub(super) async fn run(command: FundingCommand, store: &Store) -> Result<()> {
    match command {
        FundingCommand::List { program, unknown, json } => {
            list(store, program, unknown, json).await
        }
        FundingCommand::Resolve { id, paid, never_sent: _, issuer_id, by } => {
            let by = operator(by)?;
            let found = if paid { Resolution::Paid { issuer_id } } else { Resolution::NeverSent };
            let payment = funding::resolve(store, &id, found, &by).await?;
            let state: &str = payment.state.into();
            out(&format!("{id} is {state}, by {by}\n"))
        }
    }
}

/// Who settles a payment: as stated, or the user who has become another one, or the user.
fn operator(stated: Option<String>) -> Result<String> {
    let named = |name| std::env::var(name).ok();
    let mut names = [stated, named("SUDO_USER"), named("USER"), named("LOGNAME")].into_iter();
    let name = names.find_map(|name| name.filter(|name| !name.trim().is_empty()));
    let missing = || Error::new(Kind::Invalid, "say who has found it out: --by NAME");
    // It is printed in lists.
    let name = name.ok_or_else(missing)?.trim().to_owned();
    if name.chars().any(char::is_control) || name.chars().count() > LONGEST_NAME {
        let message = "--by must be a name of at most 100 characters";
        return Err(Error::new(Kind::Invalid, message));
    }
    Ok(name)
}

async fn list(store: &Store, program: Option<String>, unknown: bool, json: bool) -> Result<()> {
    let program = match program {
        Some(name) => Some(program_named(store, &name).await?.id),
        None => None,
    };
    let states = if unknown { &[PaymentState::Unknown][..] } else { PaymentState::VARIANTS };
    let names: HashMap<_, _> =
        store.programs().await?.into_iter().map(|program| (program.id, program.name)).collect();
    let mut after = None;
    loop {
        let page = store.payments_in(program, states, after.take(), PAGE).await?;
        let is_whole = page.len() as u64 == PAGE;
        for (program, payment) in page {
            let name = names.get(&program).map_or("-", String::as_str);
            out(&if json { object(name, &payment) } else { line(name, &payment) })?;
            after = Some((payment.created_at, payment.id));
        }
        if !is_whole {
            return Ok(());
        }
    }
}

fn amount(payment: &Payment) -> String {
    payment.order.amount.decimal(Currency::DECIMALS).as_str().to_owned()
}

fn line(program: &str, payment: &Payment) -> String {
    let Payment { id, order, state, issuer_id, created_at, .. } = payment;
    let (kind, state): (&str, &str) = (order.kind.into(), (*state).into());
    let customer = order.payee.as_ref().map_or("-", |payee| payee.id.as_str());
    let (amount, currency): (String, &str) = (amount(payment), order.currency.into());
    let issuer_id = issuer_id.as_deref().unwrap_or("-");
    let more = payment.note.as_ref().or(payment.issuer_code.as_ref());
    let more = more.or(payment.issuer_status.as_ref()).map_or("", String::as_str);
    let by = payment.resolved_by.as_ref().map(|by| format!(" (by {by})")).unwrap_or_default();
    let text = format!(
        "{created_at}  {state:<10}  {id}  {program}  {kind}  {customer}  {amount} {currency}  \
         {issuer_id}  {more}{by}"
    );
    format!("{}\n", text.trim_end())
}

fn object(program: &str, payment: &Payment) -> String {
    let Payment { order, .. } = payment;
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let object = json!({
        "id": payment.id,
        "program": program,
        "kind": order.kind.as_ref(),
        "state": payment.state.as_ref(),
        "customer_id": order.payee.as_ref().map(|payee| &payee.id),
        "amount_minor": order.amount.get(),
        "currency": order.currency.as_ref(),
        "to_currency": order.to_currency.map(Into::<&str>::into),
        "source_chain": order.source_chain.map(Into::<&str>::into),
        "pricing_mode": order.pricing_mode.map(Into::<&str>::into),
        "issuer_id": payment.issuer_id,
        "issuer_status": payment.issuer_status,
        "issuer_code": payment.issuer_code,
        "note": payment.note,
        "created_at": payment.created_at.to_string(),
        "sent_at": time(payment.sent_at),
        "ended_at": time(payment.ended_at),
        "resolved_by": payment.resolved_by,
    });
    format!("{object}\n")
}
