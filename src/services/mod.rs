//! The rules, each over many things at once. The caller's principal is the
//! first argument, so that code which forgets it does not compile.

pub mod auth;
pub mod balances;
pub mod cards;
pub mod changes;
pub mod clients;
pub mod connection;
pub mod customer_actions;
pub mod customers;
pub mod deliveries;
pub mod doctor;
pub mod export;
pub mod funding;
pub mod health;
pub mod import;
pub mod inbox;
pub mod issuer_calls;
pub mod live;
pub mod program_clients;
pub mod programs;
pub mod reading;
pub mod reconciliation;
pub mod records;
pub mod recovery;
pub mod secret_text;
pub mod shares;
pub mod sync;
pub mod token;
pub mod transactions;
pub mod waiting_events;

use std::time::Duration;

use crate::chain::Reader;
use crate::issuer::Issuer;
use crate::store::Store;

/// Every service that requests use.
#[derive(Clone)]
pub struct Services {
    /// Credentials and their principals.
    pub auth: auth::Auth,
    /// Clients with a key pair, and their tokens.
    pub clients: clients::Clients,
    /// Lists and look-ups of customers.
    pub customers: customers::Customers,
    /// What wallets hold.
    pub balances: balances::Balances,
    /// Payment cards.
    pub cards: cards::Cards,
    /// What the issuer says of programs.
    pub programs: programs::Programs,
    /// Card transactions.
    pub transactions: transactions::Transactions,
    /// What has changed.
    pub changes: changes::Changes,
    /// What changes, as it changes.
    pub live: live::Live,
    /// Calls of clients that go on to the issuer.
    pub issuer_calls: issuer_calls::IssuerCalls,
    /// Orders of money.
    pub funding: funding::Funding,
    /// What the issuer does for customers.
    pub customer_actions: customer_actions::CustomerActions,
    /// All customers at once.
    pub exports: export::Exports,
    /// Where requests that only read are answered.
    pub reading: reading::Reading,
}

/// Settings of the services.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a token that was found is valid without a new look-up.
    pub token_cache_ttl: Duration,
    /// Whether a balance of a chain is stored.
    pub chain_balances_kept: bool,
    /// How old a live notification may be to answer without the chain.
    pub realtime_max_age: Duration,
    /// Whether clients may ask for the address of the page that shows a whole card.
    pub card_pages: bool,
    /// Settings of payments.
    pub funding: funding::Settings,
    /// Limits of exports.
    pub exports: export::Settings,
}

impl Services {
    /// The services over a store, the issuer's API and, where one is configured, a chain.
    pub fn new(
        store: &Store,
        chain: Option<Reader>,
        issuer: Issuer,
        live: live::Live,
        settings: &Settings,
    ) -> Self {
        let clients = clients::Clients::new(store.clone());
        let at_issuer = program_clients::ProgramClients::new(store.clone(), issuer);
        let single = at_issuer
            .has_any()
            .then(|| sync::SingleCustomers::new(store.clone(), at_issuer.clone()));
        let customers = customers::Customers::new(store.clone(), single);
        let issuer_calls =
            issuer_calls::IssuerCalls::new(store.clone(), at_issuer.clone(), settings.card_pages);
        Self {
            auth: auth::Auth::new(store.clone(), clients.clone(), settings.token_cache_ttl),
            clients,
            balances: balances::Balances::new(
                store.clone(),
                chain,
                settings.chain_balances_kept,
                settings.realtime_max_age,
            ),
            cards: cards::Cards::new(store.clone()),
            programs: programs::Programs::new(store.clone(), settings.token_cache_ttl),
            transactions: transactions::Transactions::new(store.clone()),
            changes: changes::Changes::new(store.clone()),
            live,
            customer_actions: customer_actions::CustomerActions::new(
                customers.clone(),
                issuer_calls.clone(),
            ),
            issuer_calls,
            funding: funding::Funding::new(
                store.clone(),
                customers.clone(),
                at_issuer,
                settings.funding,
            ),
            exports: export::Exports::new(store.clone(), settings.exports),
            reading: reading::Reading::new(store.clone()),
            customers,
        }
    }
}
