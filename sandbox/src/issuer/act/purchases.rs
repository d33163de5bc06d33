//! What customers spend.

use std::borrow::Cow;

use super::balances::no_wallet;
use crate::issuer::refusal::Refusal;
use crate::issuer::state::{Currency, Merchant, Program, Shop, Transaction, idents};

/// Names a transaction of a program, also one without an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransactionKey(pub u32);

/// What is bought.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// The amount in the merchant's currency, in minor units.
    pub amount: i64,
    /// The merchant's currency; the card's where there is none.
    pub currency: Option<Cow<'static, str>>,
    /// What the wallet pays, in minor units of the card's currency; the amount
    /// where there is none.
    pub billing_amount: Option<i64>,
    /// The merchant.
    pub merchant: Merchant,
    /// The card, by UUID or token; the newest one that works where there is none.
    pub card: Option<String>,
    /// Whether the events leave out the transaction's id.
    pub nameless: bool,
    /// The network's word for what it is.
    pub kind: Cow<'static, str>,
}

impl Purchase {
    /// A purchase in the card's currency, in minor units.
    pub fn of(amount: i64) -> Self {
        Self {
            amount,
            currency: None,
            billing_amount: None,
            merchant: Merchant {
                name: Some("Padaria Sol".into()),
                category: Some("5462".into()),
                city: Some("Porto".into()),
                country: Some("PT".into()),
            },
            card: None,
            nameless: false,
            kind: "Payment".into(),
        }
    }

    /// A purchase in another currency, for which the wallet pays `billing`.
    pub fn foreign(amount: i64, currency: &'static str, billing: i64) -> Self {
        Self { currency: Some(currency.into()), billing_amount: Some(billing), ..Self::of(amount) }
    }

    /// A purchase at any shop with a card in this currency, often in another currency.
    pub fn random(card: Currency, rng: &mut fastrand::Rng) -> Self {
        let shop = Shop::random(rng);
        let (amount, billing) = shop.price(rng.i64(150..8_000), card);
        Self::foreign(amount, shop.currency, billing).at(shop.merchant())
    }

    /// The same, but the events do not name the transaction.
    #[must_use]
    pub fn nameless(mut self) -> Self {
        self.nameless = true;
        self
    }

    /// The same at another merchant.
    #[must_use]
    pub fn at(mut self, merchant: Merchant) -> Self {
        self.merchant = merchant;
        self
    }

    /// The same with a card: its UUID or its token.
    #[must_use]
    pub fn with_card(mut self, card: impl Into<String>) -> Self {
        self.card = Some(card.into());
        self
    }
}

impl Program {
    fn transaction(&self, key: TransactionKey) -> Result<&Transaction, Refusal> {
        self.transactions.get(key.0 as usize).ok_or_else(|| Refusal::not_found("The transaction"))
    }

    fn new_transaction(&mut self, customer: &str, purchase: Purchase) -> Result<u32, Refusal> {
        let index = self.require(customer)?;
        let now = self.now;
        let found = self.get(index);
        found.wallet.as_ref().ok_or_else(no_wallet)?;
        let card = match &purchase.card {
            Some(name) => found.card(name),
            None => found.cards.iter().find(|card| !card.is_void()),
        };
        let card =
            card.ok_or_else(|| Refusal::new(404, "CARD_NOT_FOUND", "There is no such card"))?;
        let (card_token, card_id) = (card.token.clone(), card.id);
        let billing_currency = found.currency.map_or("EUR", Currency::code);
        let id = (!purchase.nameless).then(|| idents::prefixed(&mut self.rng, "txn"));
        Ok(self.record(Transaction {
            id,
            customer: index,
            card_token,
            card_id,
            kind: purchase.kind,
            amount: purchase.amount,
            currency: purchase.currency.unwrap_or(Cow::Borrowed(billing_currency)),
            billing_amount: purchase.billing_amount.unwrap_or(purchase.amount),
            billing_currency,
            status: "authorized".into(),
            held: 0,
            merchant: purchase.merchant,
            authorized_at: Some(now),
            settled_at: None,
            created_at: now,
            tx_hash: None,
        }))
    }

    /// Holds the amount of a purchase.
    ///
    /// # Errors
    /// If there is no such customer, wallet or card.
    pub fn authorize(
        &mut self,
        customer: &str,
        purchase: Purchase,
    ) -> Result<TransactionKey, Refusal> {
        let at = self.new_transaction(customer, purchase)?;
        let transaction = &mut self.transactions[at as usize];
        transaction.held = transaction.billing_amount;
        let (index, held) = (transaction.customer, transaction.held);
        self.emit_transaction(at, "transaction.authorized", "Approved");
        self.move_wallet(index, |wallet| wallet.held += held);
        Ok(TransactionKey(at))
    }

    /// Tells of an authorization once more, with another event id, as networks
    /// do when it is cleared. The merchant is not told again.
    ///
    /// # Errors
    /// If there is no such transaction.
    pub fn authorize_again(&mut self, key: TransactionKey) -> Result<(), Refusal> {
        let known = self.transaction(key)?.merchant.clone();
        let at = key.0 as usize;
        self.transactions[at].merchant =
            Merchant { name: known.name.clone(), ..Merchant::default() };
        self.emit_transaction(key.0, "transaction.authorized", "Cleared");
        self.transactions[at].merchant = known;
        Ok(())
    }

    /// Refuses a purchase. No money moves.
    ///
    /// # Errors
    /// If there is no such customer, wallet or card.
    pub fn decline(
        &mut self,
        customer: &str,
        purchase: Purchase,
    ) -> Result<TransactionKey, Refusal> {
        let at = self.new_transaction(customer, purchase)?;
        self.transactions[at as usize].status = "declined".into();
        self.emit_transaction(at, "transaction.declined", "Declined");
        Ok(TransactionKey(at))
    }

    /// Takes what was held. `billing` is what is taken in the end, in minor
    /// units of the card's currency; the authorized amount where there is none.
    ///
    /// # Errors
    /// If there is no such transaction, or nothing is held any more.
    pub fn settle(&mut self, key: TransactionKey, billing: Option<i64>) -> Result<(), Refusal> {
        let now = self.now;
        let held = self.open_hold(key)?;
        let tx_hash = idents::tx_hash(&mut self.rng);
        let transaction = &mut self.transactions[key.0 as usize];
        if let Some(billing) = billing {
            let amount = i128::from(transaction.amount) * i128::from(billing)
                / i128::from(transaction.billing_amount.max(1));
            transaction.amount = i64::try_from(amount).unwrap_or(i64::MAX);
            transaction.billing_amount = billing;
        }
        transaction.status = "settled".into();
        transaction.held = 0;
        transaction.settled_at = Some(now);
        transaction.tx_hash = Some(tx_hash);
        let (index, taken) = (transaction.customer, transaction.billing_amount);
        self.emit_transaction(key.0, "transaction.settled", "Settled");
        self.move_wallet(index, |wallet| {
            wallet.held -= held;
            wallet.ledger -= taken;
        });
        Ok(())
    }

    /// Lets go of what was held.
    ///
    /// # Errors
    /// If there is no such transaction, or nothing is held any more.
    pub fn reverse(&mut self, key: TransactionKey) -> Result<(), Refusal> {
        let held = self.open_hold(key)?;
        let transaction = &mut self.transactions[key.0 as usize];
        transaction.status = "reversed".into();
        transaction.held = 0;
        let (index, amount) = (transaction.customer, transaction.amount);
        self.emit_short(key.0, "transaction.reversed", amount, "REVERSED");
        self.move_wallet(index, |wallet| wallet.held -= held);
        Ok(())
    }

    /// Gives back an amount of a settled purchase, in minor units of the
    /// merchant's currency. It becomes a transaction of its own.
    ///
    /// # Errors
    /// If there is no such transaction, or it is not settled.
    pub fn refund(&mut self, key: TransactionKey, amount: i64) -> Result<TransactionKey, Refusal> {
        let purchase = self.transaction(key)?.clone();
        if purchase.status != "settled" {
            return Err(Refusal::invalid("the transaction is not settled"));
        }
        let back = i128::from(purchase.billing_amount) * i128::from(amount)
            / i128::from(purchase.amount.max(1));
        let back = i64::try_from(back).unwrap_or(i64::MAX);
        let id = purchase.id.is_some().then(|| idents::prefixed(&mut self.rng, "txn"));
        let (index, now) = (purchase.customer, self.now);
        let at = self.record(Transaction {
            id,
            kind: "refund".into(),
            amount,
            billing_amount: back,
            authorized_at: None,
            settled_at: Some(now),
            created_at: now,
            ..purchase
        });
        self.emit_short(at, "transaction.refund.created", amount, "REFUNDED");
        self.move_wallet(index, |wallet| wallet.ledger += back);
        Ok(TransactionKey(at))
    }

    /// Gives a transaction a status that pages may or may not name. No event.
    ///
    /// # Errors
    /// If there is no such transaction.
    pub fn set_transaction_status(
        &mut self,
        key: TransactionKey,
        status: impl Into<Cow<'static, str>>,
    ) -> Result<(), Refusal> {
        self.transaction(key)?;
        self.transactions[key.0 as usize].status = status.into();
        Ok(())
    }

    fn open_hold(&self, key: TransactionKey) -> Result<i64, Refusal> {
        let transaction = self.transaction(key)?;
        if transaction.status != "authorized" {
            return Err(Refusal::invalid("the transaction is not open"));
        }
        Ok(transaction.held)
    }
}
