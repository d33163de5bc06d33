//! Transactions, which no import brings: put straight into the store.

use card_gateway::domain::money::Minor;
use card_gateway::domain::time::Timestamp;
use card_gateway::domain::transaction::{Transaction, TransactionStatus, TransactionType};
use card_gateway::store::{Pooler, Settings, Store};
use std::time::Duration;

use super::Database;
use super::builders::minute;

/// A settled purchase of so many cents, made so many minutes into 2026.
pub(crate) fn transaction(customer: &str, number: u32, cents: i64) -> Transaction {
    let at = Timestamp::parse(&minute(number)).expect("a moment");
    Transaction {
        transaction_id: format!("txn_{customer}_{number}"),
        customer_id: customer.to_owned(),
        card_id: None,
        transaction_type: TransactionType::Purchase,
        amount: Minor::new(cents).expect("an amount"),
        currency: "EUR".to_owned(),
        billing: None,
        fx_rate: None,
        status: TransactionStatus::Settled,
        merchant: Some("Corner Bakery".to_owned()),
        merchant_category: Some("5462".to_owned()),
        merchant_city: Some("Berlin".to_owned()),
        merchant_country: Some("DE".to_owned()),
        authorized_at: Some(at),
        settled_at: Some(at.plus_millis(86_400_000)),
        created_at: at,
    }
}

impl Database {
    /// The database, without the program in between.
    pub(crate) async fn store(&self) -> Store {
        let settings = Settings {
            url: self.url.clone(),
            max_connections: 1,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            pooler: Pooler::None,
        };
        Store::connect(&settings).await.expect("the database answers")
    }

    /// Puts transactions of known customers into a program.
    pub(crate) fn put_transactions(&self, program: &str, transactions: Vec<Transaction>) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let store = self.store().await;
            let program = store.program_named(program).await.expect("it answers").expect("it is");
            store.put_transactions(program.id, transactions).await.expect("they are stored");
            store.close().await;
        });
        if let Some(wire) = &self.wire {
            wire.take();
        }
    }
}
