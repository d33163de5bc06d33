//! What events are applied to: who is meant, wallets, transactions and cards.

use std::collections::HashMap;

use card_gateway_entity::card_transaction;
use sea_orm::FromQueryResult as _;
use serde::Serialize;

use super::write_tx::WriteTx;
use super::{cards, sql, transactions};
use crate::domain::balance::LiveBalance;
use crate::domain::card::Card;
use crate::domain::identifier::Identifier;
use crate::domain::ledger::projection::KnownCard;
use crate::domain::ledger::wallet::Wallet;
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::domain::transaction::Transaction;
use crate::error::Result;

/// A customer by all names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The canonical identifier.
    pub id: String,
    /// The issuer's own name.
    pub yativo_card_id: String,
    /// The program's own name.
    pub external_customer_id: Option<String>,
    /// The e-mail address in lower case.
    pub email_key: String,
    /// The wallet's currency.
    pub currency: Option<Currency>,
    /// When the customer was onboarded.
    pub created_at: Timestamp,
}

#[derive(Serialize)]
struct WalletRow<'a> {
    customer_id: &'a str,
    ledger_minor: i64,
    available_minor: i64,
    pending_minor: i64,
    updated_at: i64,
    base_ledger_minor: i64,
    base_available_minor: i64,
    base_pending_minor: i64,
    base_at: i64,
    base_event: &'a str,
}

const WALLET: [(&str, &str); 10] = [
    ("customer_id", "text"),
    ("ledger_minor", "bigint"),
    ("available_minor", "bigint"),
    ("pending_minor", "bigint"),
    ("updated_at", "bigint"),
    ("base_ledger_minor", "bigint"),
    ("base_available_minor", "bigint"),
    ("base_pending_minor", "bigint"),
    ("base_at", "bigint"),
    ("base_event", "text"),
];

#[derive(Serialize)]
struct TransactionRow<'a> {
    transaction_id: &'a str,
    customer_id: &'a str,
    card_id: Option<&'a str>,
    transaction_type: &'static str,
    amount_minor: i64,
    currency: &'a str,
    status: &'static str,
    merchant: Option<&'a str>,
    merchant_category: Option<&'a str>,
    merchant_city: Option<&'a str>,
    merchant_country: Option<&'a str>,
    authorized_at: Option<i64>,
    settled_at: Option<i64>,
    created_at: i64,
}

const TRANSACTION: [(&str, &str); 14] = [
    ("transaction_id", "text"),
    ("customer_id", "text"),
    ("card_id", "text"),
    ("transaction_type", "text"),
    ("amount_minor", "bigint"),
    ("currency", "text"),
    ("status", "text"),
    ("merchant", "text"),
    ("merchant_category", "text"),
    ("merchant_city", "text"),
    ("merchant_country", "text"),
    ("authorized_at", "bigint"),
    ("settled_at", "bigint"),
    ("created_at", "bigint"),
];

#[derive(Serialize)]
struct CardRow<'a> {
    card_id: &'a str,
    customer_id: &'a str,
    last_four: &'a str,
    card_type: &'static str,
    status: &'static str,
    is_stolen: bool,
    activated_at: Option<i64>,
    created_at: i64,
}

const CARD: [(&str, &str); 8] = [
    ("card_id", "text"),
    ("customer_id", "text"),
    ("last_four", "text"),
    ("card_type", "text"),
    ("status", "text"),
    ("is_stolen", "boolean"),
    ("activated_at", "bigint"),
    ("created_at", "bigint"),
];

impl WriteTx {
    /// Every customer that any of the identifiers names, some perhaps twice.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_named(&self, names: &[Identifier]) -> Result<Vec<Named>> {
        let texts: Vec<String> = names.iter().map(|name| name.as_str().to_owned()).collect();
        let ids = names.iter().filter_map(Identifier::as_customer_id).collect();
        let emails = names.iter().filter_map(Identifier::as_email_key).collect();
        // A union, each branch with an index of its own.
        let branches: Vec<String> =
            [("id", 2), ("yativo_card_id", 3), ("external_customer_id", 3), ("email_key", 4)]
                .iter()
                .map(|(column, parameter)| {
                    let any = sql::one_of(self.backend(), &format!("c.{column}"), *parameter);
                    format!(
                        "SELECT c.id, c.yativo_card_id, c.external_customer_id, c.email_key, \
                         c.currency, c.created_at FROM card_customers AS c \
                         WHERE c.program_id = $1 AND {any}"
                    )
                })
                .collect();
        let list = |texts| sql::list(self.backend(), texts);
        let values = [list(ids), list(texts), list(emails)];
        let rows = self.rows(branches.join(" UNION ALL "), values).await?;
        let named = |row| {
            let currency: Option<&str> = sql::column(row, 4)?;
            let currency = currency.map(|text| sql::named("a currency", text));
            Ok(Named {
                id: sql::column(row, 0)?,
                yativo_card_id: sql::column(row, 1)?,
                external_customer_id: sql::column(row, 2)?,
                email_key: sql::column(row, 3)?,
                currency: currency.transpose()?,
                created_at: sql::time(sql::column(row, 5)?)?,
            })
        };
        rows.iter().map(named).collect()
    }

    /// The wallets of customers; who has had no balance yet is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn wallets(&self, customers: Vec<String>) -> Result<HashMap<String, Wallet>> {
        let text = format!(
            "SELECT b.customer_id, b.ledger_minor, b.available_minor, b.pending_minor, \
             b.updated_at, b.base_ledger_minor, b.base_available_minor, b.base_pending_minor, \
             b.base_at, b.base_event FROM wallet_balances AS b WHERE b.program_id = $1 AND {}",
            sql::one_of(self.backend(), "b.customer_id", 2)
        );
        let rows = self.rows(text, [sql::list(self.backend(), customers)]).await?;
        let balance = |row, at: usize| {
            Ok(LiveBalance {
                ledger: sql::money(sql::column(row, at)?)?,
                available: sql::money(sql::column(row, at + 1)?)?,
                pending: sql::money(sql::column(row, at + 2)?)?,
                updated_at: sql::time(sql::column(row, at + 3)?)?,
            })
        };
        let wallet = |row| {
            let (current, snapshot) = (balance(row, 1)?, balance(row, 5)?);
            Ok((
                sql::column(row, 0)?,
                Wallet { snapshot, snapshot_event: sql::column(row, 9)?, current },
            ))
        };
        rows.iter().map(wallet).collect()
    }

    /// Keeps wallets.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_wallets(&self, wallets: &[(&str, &Wallet)]) -> Result<()> {
        let mut rows: Vec<WalletRow<'_>> = Vec::with_capacity(wallets.len());
        for (customer_id, Wallet { snapshot, snapshot_event, current }) in wallets {
            rows.push(WalletRow {
                customer_id,
                ledger_minor: current.ledger.get(),
                available_minor: current.available.get(),
                pending_minor: current.pending.get(),
                updated_at: current.updated_at.millis(),
                base_ledger_minor: snapshot.ledger.get(),
                base_available_minor: snapshot.available.get(),
                base_pending_minor: snapshot.pending.get(),
                base_at: snapshot.updated_at.millis(),
                base_event: snapshot_event,
            });
        }
        self.put("wallet_balances", &["customer_id"], &WALLET, &rows, "").await
    }

    /// The transactions of these identifiers.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn transactions(&self, ids: Vec<String>) -> Result<Vec<Transaction>> {
        let text = format!(
            "SELECT t.* FROM card_transactions AS t WHERE t.program_id = $1 AND {}",
            sql::one_of(self.backend(), "t.transaction_id", 2)
        );
        let rows = self.rows(text, [sql::list(self.backend(), ids)]).await?;
        let one = |row| {
            let row = card_transaction::Model::from_query_result(row, "").map_err(sql::failed)?;
            transactions::transaction(row)
        };
        rows.iter().map(one).collect()
    }

    /// Keeps transactions.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_transactions(&self, all: &[Transaction]) -> Result<()> {
        let rows: Vec<_> = all.iter().map(transaction_row).collect();
        self.put("card_transactions", &["transaction_id"], &TRANSACTION, &rows, "").await
    }

    /// The cards of these identifiers.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cards(&self, ids: Vec<String>) -> Result<Vec<KnownCard>> {
        let text = format!(
            "SELECT {}, k.imported_at FROM cards AS k WHERE k.program_id = $1 AND {}",
            cards::COLUMNS,
            sql::one_of(self.backend(), "k.card_id", 2)
        );
        let rows = self.rows(text, [sql::list(self.backend(), ids)]).await?;
        let known = |row| {
            let imported_at = sql::maybe_time(sql::column(row, cards::WIDTH)?)?;
            Ok(KnownCard { card: cards::card(row, 0)?, imported_at })
        };
        rows.iter().map(known).collect()
    }

    /// Keeps cards; when they were imported stays as it is.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_cards(&self, all: &[Card]) -> Result<()> {
        let rows: Vec<_> = all.iter().map(card_row).collect();
        self.put("cards", &["card_id"], &CARD, &rows, "").await
    }
}

fn transaction_row(of: &Transaction) -> TransactionRow<'_> {
    TransactionRow {
        transaction_id: &of.transaction_id,
        customer_id: &of.customer_id,
        card_id: of.card_id.as_deref(),
        transaction_type: of.transaction_type.into(),
        amount_minor: of.amount.get(),
        currency: &of.currency,
        status: of.status.into(),
        merchant: of.merchant.as_deref(),
        merchant_category: of.merchant_category.as_deref(),
        merchant_city: of.merchant_city.as_deref(),
        merchant_country: of.merchant_country.as_deref(),
        authorized_at: of.authorized_at.map(Timestamp::millis),
        settled_at: of.settled_at.map(Timestamp::millis),
        created_at: of.created_at.millis(),
    }
}

fn card_row(of: &Card) -> CardRow<'_> {
    CardRow {
        card_id: &of.card_id,
        customer_id: &of.customer_id,
        last_four: &of.last_four,
        card_type: of.card_type.into(),
        status: of.status.into(),
        is_stolen: of.is_stolen,
        activated_at: of.activated_at.map(Timestamp::millis),
        created_at: of.created_at.millis(),
    }
}
