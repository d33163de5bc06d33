//! The issuer's wallets on the chain.

use alloy_primitives::{Address, U256};

use crate::issuer::{Currency, Customer, Program};
use crate::{EUR, GBP, Sandbox, USD};

/// A token with how many of its own units a minor unit is.
fn token(currency: Currency) -> (Address, U256) {
    match currency {
        Currency::Usd => (USD, U256::from(10_u64.pow(4))),
        Currency::Eur => (EUR, U256::from(10_u64.pow(16))),
        Currency::Gbp => (GBP, U256::from(10_u64.pow(16))),
    }
}

/// What a customer's wallet holds: token, wallet, amount in the token's own units.
fn holding(customer: &Customer) -> Option<(Address, Address, U256)> {
    let wallet = customer.wallet.as_ref()?;
    let (token, units) = token(customer.currency?);
    let ledger = U256::from(u64::try_from(wallet.ledger).unwrap_or(0));
    Some((token, wallet.address.parse().ok()?, ledger * units))
}

impl Sandbox {
    /// Makes a block in which a customer's wallet holds what the issuer says.
    pub fn mirror_customer(&self, customer: &Customer) {
        self.set_balances(holding(customer));
    }

    /// Makes a block in which the wallets of a program's customers hold what the
    /// issuer says that they hold.
    pub fn mirror(&self, program: &Program) {
        self.set_balances(program.customers().filter_map(holding));
    }
}
