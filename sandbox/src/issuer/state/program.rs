//! A program: its customers and its money.

use std::collections::VecDeque;

use fastrand::Rng;

use super::card::Card;
use super::currency::Currency;
use super::customer::Customer;
use super::hooks::{Delivery, Subscription};
use super::idents;
use super::money::{Deposit, Payment, Swap, Transfer, Withdrawal};
use super::names::{NameKind, Names};
use super::spec::{ListOrder, ProgramSpec};
use super::transaction::Transaction;
use crate::issuer::json::Json;
use crate::issuer::refusal::Refusal;
use crate::issuer::time::{DAY, Time};

/// What will happen at a given time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// When.
    pub at: Time,
    /// What.
    pub what: Transition,
}

/// The end of something that takes time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    /// A transfer to a card arrives.
    Transfer(String),
    /// A withdrawal from a card arrives.
    Withdrawal(String),
    /// A wallet is deployed: the index of the customer.
    Wallet(u32),
    /// A daily limit comes into force: the index of the customer, minor units.
    DailyLimit(u32, i64),
}

/// What is in the master wallet, in cents of each currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MasterWallets {
    /// USDC.
    pub usd: i64,
    /// Euros.
    pub eur: i64,
    /// Pounds.
    pub gbp: i64,
}

impl MasterWallets {
    /// What there is of a currency.
    pub const fn of(&self, currency: Currency) -> i64 {
        match currency {
            Currency::Usd => self.usd,
            Currency::Eur => self.eur,
            Currency::Gbp => self.gbp,
        }
    }

    /// Adds an amount of a currency, or takes a negative one.
    pub(crate) const fn add(&mut self, currency: Currency, minor: i64) {
        match currency {
            Currency::Usd => self.usd += minor,
            Currency::Eur => self.eur += minor,
            Currency::Gbp => self.gbp += minor,
        }
    }
}

/// What was funded, in cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Today.
    pub today: i64,
    /// In the last thirty days.
    pub month: i64,
}

/// A dispute of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) transaction_id: String,
    pub(crate) reason_code: String,
    pub(crate) filed_at: Time,
}

/// A program with all that is in it.
pub struct Program {
    /// How it is set up. It can be changed at any time.
    pub spec: ProgramSpec,
    /// The present. Each event has a millisecond of its own, so it may be a little
    /// ahead of the world's clock.
    pub now: Time,
    /// What the world's clock shows.
    pub(crate) clock: Time,
    /// Its name at the issuer.
    pub id: String,
    /// Whether it has bank account numbers.
    pub iban_enabled: bool,
    /// `SOL` or `XDC`.
    pub preferred_chain: &'static str,
    /// When it applied.
    pub applied_at: Option<Time>,
    /// When it was approved.
    pub approved_at: Option<Time>,
    /// What is in its master wallet.
    pub master: MasterWallets,
    /// The addresses of the master wallet on `SOL` and `XDC`.
    pub deposit_addresses: [String; 2],
    /// The style of the hosted card page.
    pub custom_css: String,
    pub(crate) customers: Vec<Customer>,
    /// The indices of the customers that are there, in the order of the list.
    pub(crate) order: VecDeque<u32>,
    pub(crate) names: Names,
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) withdrawals: Vec<Withdrawal>,
    pub(crate) deposits: Vec<Deposit>,
    pub(crate) swaps: Vec<Swap>,
    pub(crate) disputes: Vec<Dispute>,
    pub(crate) payments: Vec<Payment>,
    /// Answers by idempotency key, where they are honoured.
    pub(crate) answered: Vec<(String, Json)>,
    pub(crate) burnt_emails: Vec<String>,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) deliveries: Vec<Delivery>,
    /// The indices of deliveries that are not being sent yet.
    pub(crate) outbox: Vec<usize>,
    pub(crate) later: Vec<Later>,
    pub(crate) events_made: u64,
    pub(crate) rng: Rng,
}

impl Program {
    pub(crate) fn new(spec: ProgramSpec, now: Time) -> Self {
        // The same names in each run.
        let seed = spec.name.bytes().fold(0x6361_7264, |seed, byte| {
            u64::from(byte).wrapping_add(seed).wrapping_mul(0x0100_0000_01b3)
        });
        let mut rng = Rng::with_seed(seed);
        let master = spec.master_wallet;
        let applied = now.plus(-30 * DAY);
        Self {
            id: idents::object_id(&mut rng, applied),
            iban_enabled: false,
            preferred_chain: "SOL",
            applied_at: Some(applied),
            approved_at: Some(applied.plus(2 * DAY)),
            master: MasterWallets { usd: master, eur: master, gbp: master },
            deposit_addresses: [idents::address(&mut rng), idents::address(&mut rng)],
            custom_css: String::new(),
            customers: Vec::new(),
            order: VecDeque::new(),
            names: Names::default(),
            transactions: Vec::new(),
            transfers: Vec::new(),
            withdrawals: Vec::new(),
            deposits: Vec::new(),
            swaps: Vec::new(),
            disputes: Vec::new(),
            payments: Vec::new(),
            answered: Vec::new(),
            burnt_emails: Vec::new(),
            subscriptions: Vec::new(),
            deliveries: Vec::new(),
            outbox: Vec::new(),
            later: Vec::new(),
            events_made: 0,
            rng,
            spec,
            now,
            clock: now,
        }
    }

    /// The customers that are there, in the order of the list.
    pub fn customers(&self) -> impl ExactSizeIterator<Item = &Customer> {
        self.order.iter().map(|index| &self.customers[*index as usize])
    }

    /// Some of the customers that are there, without a look at those before.
    pub(crate) fn some_customers(
        &self,
        start: usize,
        count: usize,
    ) -> impl Iterator<Item = &Customer> {
        let start = start.min(self.order.len());
        let end = start.saturating_add(count).min(self.order.len());
        self.order.range(start..end).map(|index| &self.customers[*index as usize])
    }

    /// The customers that are not there any more.
    pub fn gone(&self) -> impl Iterator<Item = &Customer> {
        self.customers.iter().filter(|customer| customer.gone)
    }

    /// All transactions, oldest first.
    pub fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    /// All transfers to cards, oldest first.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }

    /// All withdrawals from cards, oldest first.
    pub fn withdrawals(&self) -> &[Withdrawal] {
        &self.withdrawals
    }

    /// All deposits into the program, oldest first.
    pub fn deposits(&self) -> &[Deposit] {
        &self.deposits
    }

    /// The payments that requests have made, oldest first.
    pub fn payments(&self) -> &[Payment] {
        &self.payments
    }

    /// The webhook subscriptions.
    pub fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    /// All deliveries, oldest first.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// The customer with this name: a `yativo_card_id`, a database id, an own
    /// name of the program, or an e-mail address.
    pub fn customer(&self, name: &str) -> Option<&Customer> {
        self.index(name).map(|index| &self.customers[index as usize])
    }

    pub(crate) fn index(&self, name: &str) -> Option<u32> {
        const KINDS: [NameKind; 4] =
            [NameKind::YativoCardId, NameKind::Id, NameKind::ExternalId, NameKind::Email];
        KINDS.into_iter().find_map(|kind| self.names.find(kind, name))
    }

    /// Learns the name of a new card.
    pub(crate) fn name_card(&mut self, index: u32, card: &Card) {
        self.names.add_card(index, card);
    }

    pub(crate) fn get(&self, index: u32) -> &Customer {
        &self.customers[index as usize]
    }

    pub(crate) fn get_mut(&mut self, index: u32) -> &mut Customer {
        &mut self.customers[index as usize]
    }

    /// The index of a customer, by any name.
    pub(crate) fn require(&self, name: &str) -> Result<u32, Refusal> {
        self.index(name).ok_or(Refusal::no_customer())
    }

    /// Puts a customer where the program's order has new ones.
    pub(crate) fn add(&mut self, customer: Customer) -> u32 {
        let index = u32::try_from(self.customers.len()).unwrap_or(u32::MAX);
        self.names.add(index, &customer);
        self.customers.push(customer);
        self.enlist(index);
        index
    }

    /// Puts a customer into the list.
    pub(crate) fn enlist(&mut self, index: u32) {
        match self.spec.order {
            ListOrder::NewestFirst => self.order.push_front(index),
            ListOrder::OldestFirst => self.order.push_back(index),
            ListOrder::Random => {
                let at = self.rng.usize(0..=self.order.len());
                self.order.insert(at, index);
            }
        }
    }

    /// Adds a transaction and returns its index.
    pub(crate) fn record(&mut self, transaction: Transaction) -> u32 {
        let index = u32::try_from(self.transactions.len()).unwrap_or(u32::MAX);
        self.get_mut(transaction.customer).transactions.push(index);
        self.transactions.push(transaction);
        index
    }

    /// What was funded of late, in cents.
    pub fn funded(&self) -> Limits {
        let mut limits = Limits::default();
        for transfer in self.transfers.iter().rev() {
            let age = self.now.since(transfer.initiated_at);
            if age > 30 * DAY {
                break;
            }
            if matches!(transfer.status, "failed" | "refunded") {
                continue;
            }
            limits.month += transfer.source_amount;
            if age < DAY {
                limits.today += transfer.source_amount;
            }
        }
        limits
    }
}
