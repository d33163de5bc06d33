//! `fundings list` and `fundings resolve`: payments that clients have ordered.

use std::collections::HashMap;

use serde::Serialize;
use strum::VariantArray as _;

use super::arguments::FundingCommand;
use super::list::{List, Row};
use super::lookup::maybe_program;
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
            list(store, program.as_deref(), unknown, json).await
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

async fn list(store: &Store, program: Option<&str>, unknown: bool, json: bool) -> Result<()> {
    let program = maybe_program(store, program).await?;
    let states = if unknown { &[PaymentState::Unknown][..] } else { PaymentState::VARIANTS };
    let names: HashMap<_, _> =
        store.programs().await?.into_iter().map(|program| (program.id, program.name)).collect();
    let mut list = List::new(json);
    let mut after = None;
    loop {
        let page = store.payments_in(program, states, after.take(), PAGE).await?;
        let is_whole = page.len() as u64 == PAGE;
        after = page.last().map(|(_, payment)| (payment.created_at, payment.id.clone()));
        let rows = page.iter().map(|(program, payment)| {
            PaymentRow::of(names.get(program).map_or("-", String::as_str), payment)
        });
        let rows: Vec<PaymentRow> = rows.collect();
        if !list.rows(&rows)? || !is_whole {
            break;
        }
    }
    list.end::<PaymentRow>();
    Ok(())
}

#[derive(Serialize)]
struct PaymentRow<'a> {
    id: &'a str,
    program: &'a str,
    kind: &'a str,
    state: &'a str,
    customer_id: Option<&'a str>,
    amount_minor: i64,
    currency: &'a str,
    to_currency: Option<&'static str>,
    source_chain: Option<&'static str>,
    pricing_mode: Option<&'static str>,
    issuer_id: Option<&'a str>,
    issuer_status: Option<&'a str>,
    issuer_code: Option<&'a str>,
    note: Option<&'a str>,
    created_at: Timestamp,
    sent_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    resolved_by: Option<&'a str>,
    /// The amount in the currency's major unit.
    #[serde(skip)]
    amount: String,
}

impl<'a> PaymentRow<'a> {
    fn of(program: &'a str, payment: &'a Payment) -> Self {
        let Payment { order, .. } = payment;
        Self {
            id: &payment.id,
            program,
            kind: order.kind.as_ref(),
            state: payment.state.as_ref(),
            customer_id: order.payee.as_ref().map(|payee| payee.id.as_str()),
            amount_minor: order.amount.get(),
            currency: order.currency.as_ref(),
            to_currency: order.to_currency.map(Into::into),
            source_chain: order.source_chain.map(Into::into),
            pricing_mode: order.pricing_mode.map(Into::into),
            issuer_id: payment.issuer_id.as_deref(),
            issuer_status: payment.issuer_status.as_deref(),
            issuer_code: payment.issuer_code.as_deref(),
            note: payment.note.as_deref(),
            created_at: payment.created_at,
            sent_at: payment.sent_at,
            ended_at: payment.ended_at,
            resolved_by: payment.resolved_by.as_deref(),
            amount: order.amount.decimal(Currency::DECIMALS).as_str().to_owned(),
        }
    }
}

impl Row for PaymentRow<'_> {
    const NAME: &'static str = "payments";
    const HEADINGS: &'static [&'static str] =
        &["CREATED", "STATE", "ID", "PROGRAM", "KIND", "CUSTOMER", "AMOUNT", "ISSUER'S ID", "WHY"];

    fn cells(&self) -> Vec<String> {
        let why = self.note.or(self.issuer_code).or(self.issuer_status).unwrap_or_default();
        let by = self.resolved_by.map(|by| format!(" (by {by})")).unwrap_or_default();
        vec![
            self.created_at.to_string(),
            format!("{:<10}", self.state),
            self.id.to_owned(),
            self.program.to_owned(),
            self.kind.to_owned(),
            self.customer_id.unwrap_or("-").to_owned(),
            format!("{} {}", self.amount, self.currency),
            self.issuer_id.unwrap_or("-").to_owned(),
            format!("{why}{by}"),
        ]
    }
}
