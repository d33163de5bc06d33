//! Inserting or updating customers with all that belongs to them, in bulk.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use card_gateway_entity::{card, card_customer, card_transaction, wallet_balance};
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, IntoIden, OnConflict};
use sea_orm::{ActiveModelTrait, ConnectionTrait as _};
use sea_orm::{EntityTrait, IdenStatic as _, QueryTrait as _};
use sea_orm::{IntoActiveModel, Iterable as _, PrimaryKeyToColumn};

use super::db_tx::{DbTx, FRESH_PLANS};
use super::write_tx::WriteTx;
use super::{Store, sql};
use crate::domain::balance::LiveBalance;
use crate::domain::card::Card;
use crate::domain::customer::Customer;
use crate::domain::identifier::email_key;
use crate::domain::principal::ProgramId;
use crate::domain::time::{CLOCK_TOLERANCE_MILLIS, Timestamp};
use crate::domain::transaction::Transaction;
use crate::error::Result;

/// Rows of one statement: well under what either database takes as parameters.
const CHUNK: usize = 1_000;

/// A customer with what is known besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The customer.
    pub customer: Customer,
    /// The last live notification, if any.
    pub balance: Option<LiveBalance>,
    /// Some or all of the customer's cards.
    pub cards: Vec<Card>,
}

impl WriteTx {
    /// Inserts or updates the records, which say how things were at `at`; says
    /// which customers are not as they were. A balance that is older than the
    /// newest known one changes nothing, unless that one's time is in the future;
    /// a stolen card stays so.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_records(&self, records: Vec<Record>, at: Timestamp) -> Result<Vec<String>> {
        let program = self.program;
        let mut customers = Vec::with_capacity(records.len());
        let mut balances = Vec::new();
        let mut cards = Vec::new();
        for record in records {
            if let Some(balance) = record.balance {
                balances.push(balance_row(program, &record.customer.id, balance));
            }
            cards.extend(record.cards.into_iter().map(|card| card_row(program, card, at)));
            customers.push(customer_row(program, record.customer));
        }
        let customers = one_of_each(customers, |row| row.id.clone(), |_, _| true);
        // The same rules as those of `replace_balance` and `replace_card`.
        let newer =
            |row: &wallet_balance::Model, old: &wallet_balance::Model| row.base_at >= old.base_at;
        let balances = one_of_each(balances, |row| row.customer_id.clone(), newer);
        let at_large = |_: &card::Model, old: &card::Model| !old.is_stolen;
        let cards = one_of_each(cards, |row| row.card_id.clone(), at_large);
        let write = &self.write;
        let mut altered = BTreeSet::new();
        let replace_customer = replace::<card_customer::Entity>()
            .action_and_where(is_other::<card_customer::Entity>(&[]))
            .to_owned();
        altered.extend(put(write, customers, replace_customer, "id").await?);
        altered.extend(put(write, balances, replace_balance(), "customer_id").await?);
        let ids = cards.iter().map(|row| row.card_id.clone()).collect();
        altered.extend(put(write, cards, replace_card(), "customer_id").await?);
        self.confirm_cards(ids, at).await?;
        Ok(altered.into_iter().collect())
    }

    /// Notes of cards which are still as they were that this was imported.
    async fn confirm_cards(&self, ids: Vec<String>, at: Timestamp) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let text = format!(
            "UPDATE cards SET imported_at = $3 WHERE program_id = $1 AND {} \
             AND (imported_at IS NULL OR imported_at < $3)",
            sql::one_of(self.backend(), "card_id", 2)
        );
        self.execute(text, [sql::list(self.backend(), ids), at.millis().into()]).await
    }
}

impl Store {
    /// Inserts or updates transactions of known customers, all or none.
    ///
    /// # Errors
    /// If the database fails; nothing was changed then.
    pub async fn put_transactions(
        &self,
        program: ProgramId,
        transactions: Vec<Transaction>,
    ) -> Result<()> {
        let rows = transactions.into_iter().map(|row| transaction_row(program, row)).collect();
        let write = self.begin(FRESH_PLANS).await?;
        let key = |row: &card_transaction::Model| row.transaction_id.clone();
        let rows = one_of_each(rows, key, |_, _| true);
        put(&write, rows, replace::<card_transaction::Entity>(), "customer_id").await?;
        write.commit().await
    }
}

/// A statement may touch a row once only; where a batch names one twice, what
/// `replaces` says counts, as if the two had come one after the other. The rows come
/// back in the order of their keys: writers that lock the same rows in the
/// same order wait for each other, and do not deadlock.
fn one_of_each<R, K: Ord>(
    rows: Vec<R>,
    key: impl Fn(&R) -> K,
    replaces: impl Fn(&R, &R) -> bool,
) -> Vec<R> {
    let mut kept: BTreeMap<K, R> = BTreeMap::new();
    for row in rows {
        match kept.entry(key(&row)) {
            Entry::Vacant(place) => {
                place.insert(row);
            }
            Entry::Occupied(mut place) => {
                if replaces(&row, place.get()) {
                    place.insert(row);
                }
            }
        }
    }
    kept.into_values().collect()
}

/// Returns the column `told` of each row that was inserted or replaced.
async fn put<M, A>(
    write: &DbTx,
    rows: Vec<M>,
    conflict: OnConflict,
    told: &'static str,
) -> Result<Vec<String>>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait,
{
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    let mut altered = Vec::new();
    while rows.peek().is_some() {
        let chunk: Vec<A> = rows.by_ref().take(CHUNK).collect();
        let insert = A::Entity::insert_many(chunk).on_conflict(conflict.clone());
        let insert = insert.into_query().returning_col(told).to_owned();
        let rows = write.query_all(&insert).await.map_err(sql::failed)?;
        for row in &rows {
            altered.push(sql::column(row, 0)?);
        }
    }
    Ok(altered)
}

/// On a row that exists: take over every column but those of the key.
fn replace<E: EntityTrait>() -> OnConflict {
    let key: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let in_key = |column: &E::Column| key.iter().any(|part| part.as_str() == column.as_str());
    let rest: Vec<E::Column> = E::Column::iter().filter(|column| !in_key(column)).collect();
    OnConflict::columns(key).update_columns(rest).to_owned()
}

/// A column of the row that should have been inserted.
fn excluded(column: impl IntoIden) -> Expr {
    Expr::col((Alias::new("excluded"), column.into_iden()))
}

/// Whether the row that should be inserted is another than the one that exists,
/// whatever these columns hold.
fn is_other<E: EntityTrait>(but: &[&str]) -> Expr {
    let key: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let in_key = |column: &E::Column| key.iter().any(|part| part.as_str() == column.as_str());
    let table = E::default().table_name().to_owned();
    let differs = |column: E::Column| {
        let name = column.as_str();
        format!("{table}.{name} IS DISTINCT FROM excluded.{name}")
    };
    let compared = |column: &E::Column| !in_key(column) && !but.contains(&column.as_str());
    let all = E::Column::iter().filter(compared).map(differs);
    Expr::cust(format!("({})", all.collect::<Vec<_>>().join(" OR ")))
}

/// As [`replace`], but not by an older balance, unless the known one's time is
/// in the future: it would be the newest until then.
fn replace_balance() -> OnConflict {
    use wallet_balance::{Column, Entity};
    let known = || Expr::col((Entity, Column::BaseAt));
    let latest = Timestamp::now().plus_millis(CLOCK_TOLERANCE_MILLIS);
    let newer = excluded(Column::BaseAt).gte(known()).or(known().gt(latest.millis()));
    replace::<Entity>().action_and_where(newer.and(is_other::<Entity>(&[]))).to_owned()
}

/// As [`replace`], but a stolen card stays as it is.
fn replace_card() -> OnConflict {
    use card::{Column, Entity};
    let at_large = Expr::col((Entity, Column::IsStolen)).eq(false);
    replace::<Entity>()
        .action_and_where(at_large.and(is_other::<Entity>(&["imported_at"])))
        .to_owned()
}

fn customer_row(program: ProgramId, customer: Customer) -> card_customer::Model {
    card_customer::Model {
        program_id: program.0,
        id: customer.id,
        yativo_card_id: customer.yativo_card_id,
        external_customer_id: customer.external_customer_id,
        email_key: email_key(&customer.email),
        email: customer.email,
        flow_status: customer.flow_status.as_ref().to_owned(),
        kyc_status: customer.kyc_status.map(|status| status.as_ref().to_owned()),
        currency: customer.currency.map(|currency| currency.as_ref().to_owned()),
        safe_deployed: customer.safe_deployed,
        wallet_address: customer.wallet_address,
        created_at: customer.created_at.millis(),
    }
}

fn balance_row(program: ProgramId, customer: &str, live: LiveBalance) -> wallet_balance::Model {
    wallet_balance::Model {
        program_id: program.0,
        customer_id: customer.to_owned(),
        ledger_minor: live.ledger.get(),
        available_minor: live.available.get(),
        pending_minor: live.pending.get(),
        updated_at: live.updated_at.millis(),
        base_ledger_minor: live.ledger.get(),
        base_available_minor: live.available.get(),
        base_pending_minor: live.pending.get(),
        base_at: live.updated_at.millis(),
        base_event: String::new(),
    }
}

fn card_row(program: ProgramId, card: Card, at: Timestamp) -> card::Model {
    card::Model {
        program_id: program.0,
        card_id: card.card_id,
        customer_id: card.customer_id,
        last_four: card.last_four,
        card_type: card.card_type.as_ref().to_owned(),
        status: card.status.as_ref().to_owned(),
        is_stolen: card.is_stolen,
        activated_at: card.activated_at.map(Timestamp::millis),
        created_at: card.created_at.millis(),
        imported_at: Some(at.millis()),
    }
}

fn transaction_row(program: ProgramId, row: Transaction) -> card_transaction::Model {
    card_transaction::Model {
        program_id: program.0,
        transaction_id: row.transaction_id,
        customer_id: row.customer_id,
        card_id: row.card_id,
        transaction_type: row.transaction_type.as_ref().to_owned(),
        amount_minor: row.amount.get(),
        currency: row.currency,
        status: row.status.as_ref().to_owned(),
        merchant: row.merchant,
        merchant_category: row.merchant_category,
        merchant_city: row.merchant_city,
        merchant_country: row.merchant_country,
        authorized_at: row.authorized_at.map(Timestamp::millis),
        settled_at: row.settled_at.map(Timestamp::millis),
        created_at: row.created_at.millis(),
    }
}
