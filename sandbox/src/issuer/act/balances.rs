//! Balances of wallets.

use crate::issuer::json::{Json, money, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::state::{Currency, Program, Source, Wallet};

impl Program {
    /// Changes the wallet of a customer, as a live notification does.
    pub(super) fn move_wallet(&mut self, index: u32, change: impl FnOnce(&mut Wallet)) {
        let now = self.now;
        if let Some(wallet) = &mut self.get_mut(index).wallet {
            change(wallet);
            wallet.source = Source::Live;
            wallet.at = now;
        }
        if self.spec.balance_events {
            self.emit_balance(index);
        }
    }

    /// Sends the balance that a customer has now.
    fn emit_balance(&mut self, index: u32) {
        let customer = self.get(index);
        let Some(balance) = customer.balance(self.now) else { return };
        let live = balance.source == Source::Live;
        let data = object! { "yativo_card_id": &customer.yativo_card_id }
            .and(money!("ledger_balance": balance.ledger))
            .and(money!("available_balance": balance.available))
            // Null means no holds where it is live, and unknown where it is not.
            .and(money!("pending_balance": balance.pending.filter(|held| *held != 0)))
            .and(object! { "currency": customer.currency.map(Currency::code) })
            .and(self.balance_source(live))
            .and(object! { "timestamp": balance.at });
        self.emit("customer.balance.updated", data);
    }

    /// The pages have a live balance with three kinds of `balance_source`:
    /// absent, null and `live`. They come in turn.
    fn balance_source(&self, live: bool) -> Json {
        match (live, self.events_made % 3) {
            (false, _) => object! { "balance_source": "reconciliation" },
            (true, 0) => Json::Object(Vec::new()),
            (true, 1) => object! { "balance_source": Json::Null },
            (true, _) => object! { "balance_source": "live" },
        }
    }

    /// The issuer reads the wallet from the chain, as it does two hours after the last
    /// event of the wallet, and sends the result.
    ///
    /// # Errors
    /// If there is no such customer, or no wallet.
    pub fn reconcile(&mut self, customer: &str) -> Result<(), Refusal> {
        let index = self.require(customer)?;
        let now = self.now;
        let wallet = self.get_mut(index).wallet.as_mut().ok_or_else(no_wallet)?;
        wallet.source = Source::Chain;
        wallet.at = now;
        self.emit_balance(index);
        Ok(())
    }

    /// Sets what a wallet holds in all, in minor units, and tells it as a live
    /// balance.
    ///
    /// # Errors
    /// If there is no such customer, or no wallet.
    pub fn set_ledger(&mut self, customer: &str, minor: i64) -> Result<(), Refusal> {
        let index = self.require(customer)?;
        self.get(index).wallet.as_ref().ok_or_else(no_wallet)?;
        self.move_wallet(index, |wallet| wallet.ledger = minor);
        Ok(())
    }

    /// Money is paid into a customer's wallet.
    ///
    /// # Errors
    /// If there is no such customer, or no wallet.
    pub fn deposit(&mut self, customer: &str, minor: i64) -> Result<(), Refusal> {
        let index = self.require(customer)?;
        let found = self.get(index);
        let new_balance = found.wallet.as_ref().ok_or_else(no_wallet)?.ledger + minor;
        let data = object! { "yativo_card_id": &found.yativo_card_id }
            .and(money!("amount": minor))
            .and(money!("new_balance": new_balance))
            .and(object! { "currency": found.currency.map(Currency::code), "timestamp": self.now });
        self.emit("wallet.deposit.confirmed", data);
        self.move_wallet(index, |wallet| wallet.ledger += minor);
        Ok(())
    }
}

/// The wallet is not deployed. The pages name no code where money is sent.
pub(super) fn no_wallet() -> Refusal {
    Refusal::new(400, "SAFE_NOT_DEPLOYED", "The customer's account wallet is not deployed")
}
