//! The rows of card transactions: their columns, their order, and what they say.

use std::sync::LazyLock;

use card_gateway_entity::card_transaction::{Column, Entity, Model};
use sea_orm::QueryResult;

use super::keyset::Sorting;
use super::sql;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::domain::transaction::{Billing, Transaction};
use crate::error::Result;

/// How lists of transactions `t` are sorted.
pub(super) fn sorting() -> Sorting {
    Sorting::by("t.created_at", "t.transaction_id", true)
}

/// The first column that [`transaction`] reads.
pub(super) const FIRST: usize = Column::TransactionId as usize;

/// The columns of a transaction `t`.
pub(super) static COLUMNS: LazyLock<String> =
    LazyLock::new(|| sql::select_list::<Entity>("t", FIRST));

/// The transaction of a row whose columns begin at `start`.
pub(super) fn transaction(row: &QueryResult, start: usize) -> Result<Transaction> {
    let at = |column: Column| start + column as usize - FIRST;
    let kind = sql::column(row, at(Column::TransactionType))?;
    let status = sql::column(row, at(Column::Status))?;
    Ok(Transaction {
        transaction_id: sql::column(row, at(Column::TransactionId))?,
        customer_id: sql::column(row, at(Column::CustomerId))?,
        card_id: sql::column(row, at(Column::CardId))?,
        transaction_type: sql::named("a transaction type", kind)?,
        amount: sql::money(sql::column(row, at(Column::AmountMinor))?)?,
        currency: sql::column(row, at(Column::Currency))?,
        billing: billing(row, at(Column::BillingAmountMinor), at(Column::BillingCurrency))?,
        fx_rate: sql::column(row, at(Column::FxRate))?,
        status: sql::named("a transaction status", status)?,
        merchant: sql::column(row, at(Column::Merchant))?,
        merchant_category: sql::column(row, at(Column::MerchantCategory))?,
        merchant_city: sql::column(row, at(Column::MerchantCity))?,
        merchant_country: sql::column(row, at(Column::MerchantCountry))?,
        authorized_at: sql::maybe_time(sql::column(row, at(Column::AuthorizedAt))?)?,
        settled_at: sql::maybe_time(sql::column(row, at(Column::SettledAt))?)?,
        created_at: sql::time(sql::column(row, at(Column::CreatedAt))?)?,
    })
}

/// What a transaction costs the wallet, by the positions of its columns.
fn billing(row: &QueryResult, amount: usize, currency: usize) -> Result<Option<Billing>> {
    let amount: Option<i64> = sql::column(row, amount)?;
    let currency: Option<&str> = sql::column(row, currency)?;
    let billing = |(amount, currency)| {
        let currency = sql::named("a currency", currency)?;
        Ok(Billing { amount: sql::money(amount)?, currency })
    };
    amount.zip(currency).map(billing).transpose()
}

/// The row of a program's transaction.
pub(super) fn row(program: ProgramId, of: Transaction) -> Model {
    Model {
        program_id: program.0,
        merchant_key: of.merchant.as_deref().map(str::to_lowercase),
        transaction_id: of.transaction_id,
        customer_id: of.customer_id,
        card_id: of.card_id,
        transaction_type: of.transaction_type.as_ref().to_owned(),
        amount_minor: of.amount.get(),
        currency: of.currency,
        billing_amount_minor: of.billing.map(|billing| billing.amount.get()),
        billing_currency: of.billing.map(|billing| billing.currency.as_ref().to_owned()),
        fx_rate: of.fx_rate,
        status: of.status.as_ref().to_owned(),
        merchant: of.merchant,
        merchant_category: of.merchant_category,
        merchant_city: of.merchant_city,
        merchant_country: of.merchant_country,
        authorized_at: of.authorized_at.map(Timestamp::millis),
        settled_at: of.settled_at.map(Timestamp::millis),
        created_at: of.created_at.millis(),
    }
}
