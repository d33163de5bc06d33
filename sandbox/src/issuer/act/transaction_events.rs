//! The events of card transactions.

use crate::issuer::json::{Json, money, object};
use crate::issuer::state::{Program, Transaction};

impl Program {
    /// The events of which the pages show all members.
    pub(super) fn emit_transaction(&mut self, at: u32, event: &'static str, status: &'static str) {
        let transaction = &self.transactions[at as usize];
        let named = self.named(transaction);
        let merchant = &transaction.merchant;
        let data = named
            .and(object! {
                "blockchain_tx_hash": transaction.tx_hash.clone(),
                "type": &*transaction.kind,
            })
            .and(money!("amount": transaction.amount))
            .and(object! { "currency": &*transaction.currency })
            .and(billing(transaction, event))
            .and(object! {
                "merchant": merchant.name.as_deref(),
                "merchant_category": merchant.category.as_deref(),
                "merchant_city": merchant.city.as_deref(),
                "merchant_country": merchant.country.as_deref(),
                "status": status,
                "timestamp": self.now,
            });
        self.emit(event, data);
    }

    /// The events of which the pages show fewer members.
    pub(super) fn emit_short(
        &mut self,
        at: u32,
        event: &'static str,
        amount: i64,
        status: &'static str,
    ) {
        let transaction = &self.transactions[at as usize];
        let data = self.named(transaction).and(money!("amount": amount)).and(object! {
            "currency": &*transaction.currency,
            "status": status,
            "timestamp": self.now,
        });
        self.emit(event, data);
    }

    fn named(&self, transaction: &Transaction) -> Json {
        object! {
            "yativo_card_id": &self.get(transaction.customer).yativo_card_id,
            "card_id": &transaction.card_token,
            "transaction_id": transaction.id.clone(),
        }
    }
}

/// The rate has six decimals.
const MILLION: i128 = 1_000_000;

/// The billing members. The example of a declined purchase has none.
fn billing(transaction: &Transaction, event: &str) -> Json {
    if event == "transaction.declined" {
        return Json::Object(Vec::new());
    }
    let rate =
        i128::from(transaction.amount) * MILLION / i128::from(transaction.billing_amount.max(1));
    let digits = i64::try_from(rate).unwrap_or(i64::MAX);
    money!("billing_amount": transaction.billing_amount).and(object! {
        "billing_currency": transaction.billing_currency,
        "fx_rate": Json::Decimal { digits, scale: 6 },
    })
}
