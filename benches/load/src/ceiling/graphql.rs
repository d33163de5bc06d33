//! The JSON that the measured GraphQL queries get: `front` has the queries.

#![expect(
    clippy::option_option,
    clippy::struct_field_names,
    reason = "what is not selected is not null, and the members have the schema's names"
)]

use serde::Serialize;

use super::PAGE;
use super::source::Columns;
use crate::text::{Decimal, Time, Upper};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// The envelope of every answer.
#[derive(Serialize)]
pub(super) struct Data<T> {
    data: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lists<'a> {
    card_customers: Connection<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Connection<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    total_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<Vec<Customer<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_info: Option<PageInfo>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ones<'a> {
    card_customer: Option<Customer<'a>>,
}

/// A customer; what was not selected is none, what is null some none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Customer<'a> {
    id: &'a str,
    email: &'a str,
    flow_status: Upper<'a>,
    safe_deployed: bool,
    currency: Option<&'a str>,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger_balance: Option<Option<Decimal>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_balance: Option<Option<Decimal>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_balance: Option<Option<Decimal>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance_freshness: Option<Option<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kyc_status: Option<Option<Upper<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cards: Option<Vec<Card<'a>>>,
}

impl<'a> Customer<'a> {
    fn of(row: &'a impl Columns) -> Result<Self> {
        Ok(Self {
            id: row.text(0)?,
            email: row.text(1)?,
            flow_status: Upper(row.text(2)?),
            safe_deployed: row.flag(3)?,
            currency: row.maybe_text(4)?,
            created_at: Time(row.long(5)?),
            ledger_balance: None,
            available_balance: None,
            pending_balance: None,
            balance_freshness: None,
            kyc_status: None,
            cards: None,
        })
    }

    /// With the balance whose columns begin at `at`.
    fn with_balance(mut self, row: &impl Columns, at: usize) -> Result<Self> {
        let ledger = row.maybe_long(at)?.map(Decimal);
        self.balance_freshness = Some(ledger.map(|_| "REALTIME"));
        self.ledger_balance = Some(ledger);
        self.available_balance = Some(row.maybe_long(at + 1)?.map(Decimal));
        self.pending_balance = Some(row.maybe_long(at + 2)?.map(Decimal));
        Ok(self)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Card<'a> {
    card_id: &'a str,
    last_four: &'a str,
    card_type: Upper<'a>,
    status: Upper<'a>,
    is_void: bool,
    activated_at: Option<Time>,
    created_at: Time,
}

pub(super) fn list<R: Columns>(
    rows: &[R],
    balances: bool,
    total: Option<i64>,
) -> Result<Data<Lists<'_>>> {
    let nodes = rows.iter().take(PAGE).map(|row| {
        let customer = Customer::of(row)?;
        if balances { customer.with_balance(row, 6) } else { Ok(customer) }
    });
    let page_info = PageInfo { has_next_page: rows.len() > PAGE };
    let card_customers = Connection {
        total_count: total,
        nodes: Some(nodes.collect::<Result<_>>()?),
        page_info: Some(page_info),
    };
    Ok(Data { data: Lists { card_customers } })
}

pub(super) const fn total(total: i64) -> Data<Lists<'static>> {
    let card_customers = Connection { total_count: Some(total), nodes: None, page_info: None };
    Data { data: Lists { card_customers } }
}

pub(super) fn one<R: Columns>(rows: &[R]) -> Result<Data<Ones<'_>>> {
    let Some(first) = rows.first() else {
        return Ok(Data { data: Ones { card_customer: None } });
    };
    let mut customer = Customer::of(first)?.with_balance(first, 7)?;
    customer.kyc_status = Some(first.maybe_text(6)?.map(Upper));
    let mut cards = Vec::with_capacity(rows.len());
    for row in rows {
        // An address may be a former customer's, too: the first is meant.
        if row.text(0)? != customer.id {
            break;
        }
        let Some(card_id) = row.maybe_text(10)? else { break };
        let status = row.text(13)?;
        cards.push(Card {
            card_id,
            last_four: row.text(11)?,
            card_type: Upper(row.text(12)?),
            status: Upper(status),
            is_void: row.flag(14)? || status == "voided",
            activated_at: row.maybe_long(15)?.map(Time),
            created_at: Time(row.long(16)?),
        });
    }
    customer.cards = Some(cards);
    Ok(Data { data: Ones { card_customer: Some(customer) } })
}
