//! What a program's customers are, taken together.

use super::money::{Currency, Total};

/// The balances of a program's customers, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalanceSums {
    /// By currency, of those that a known balance has.
    pub by_currency: Vec<BalanceSum>,
    /// How many customers have a wallet, whether or not its balance or currency is known.
    pub wallets: i64,
}

/// The balances of one currency, added up. Unknown balances are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceSum {
    /// The currency.
    pub currency: Currency,
    /// All that the wallets hold.
    pub ledger: Total,
    /// What can be spent.
    pub available: Total,
    /// What is held for authorizations, of the balances that know it; none if none does.
    pub pending: Option<Total>,
    /// How many balances are from live card notifications.
    pub realtime: i64,
    /// How many balances are from the blockchain.
    pub on_chain: i64,
}
