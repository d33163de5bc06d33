//! Money from cards back to the master wallet.

use super::balances::no_wallet;
use crate::issuer::json::{Json, money, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::state::{CardState, Later, Program, Transition, Withdrawal, idents};

impl Program {
    /// Takes money from a customer's card. It arrives after the program's
    /// `withdrawal_time`; until then the cards that work are frozen.
    ///
    /// # Errors
    /// Each documented reason.
    pub fn withdraw(&mut self, customer: &str, amount: i64) -> Result<Withdrawal, Refusal> {
        let index = self.require(customer)?;
        if amount <= 0 {
            return Err(Refusal::invalid("amount must be greater than 0"));
        }
        let found = self.get(index);
        let (Some(wallet), Some(currency)) = (&found.wallet, found.currency) else {
            return Err(no_wallet());
        };
        if found.cards_count() == 0 {
            return Err(Refusal::new(404, "CARD_NOT_FOUND", "The customer has no card"));
        }
        let available = wallet.ledger - wallet.held - self.withdrawn(index);
        if available < amount {
            let more = money!("available": available).and(object! { "currency": currency.code() });
            let refusal = Refusal::new(400, "INSUFFICIENT_BALANCE", "The card holds too little");
            return Err(refusal.with(more));
        }
        let name = found.yativo_card_id.clone();
        let active = found.cards.iter().filter(|card| card.is(CardState::Active));
        let frozen: Vec<_> = active.map(|card| card.id).collect();
        let withdrawal = Withdrawal {
            id: idents::prefixed(&mut self.rng, "wd"),
            customer: index,
            amount,
            currency,
            status: "initiated",
            frozen: frozen.clone(),
            initiated_at: self.now,
            estimated_settlement_at: self.now.after(self.spec.withdrawal_time),
            settled_at: None,
            tx_hash: idents::tx_hash(&mut self.rng),
        };
        self.withdrawals.push(withdrawal.clone());
        self.emit("card.withdrawal.initiated", self.described(&withdrawal));
        for card in frozen {
            self.freeze(&name, &card.to_string())?;
        }
        let at = withdrawal.estimated_settlement_at;
        self.later.push(Later { at, what: Transition::Withdrawal(withdrawal.id.clone()) });
        Ok(withdrawal)
    }

    /// What withdrawals under way will take from a customer.
    fn withdrawn(&self, index: u32) -> i64 {
        let open = |withdrawal: &&Withdrawal| {
            withdrawal.customer == index && withdrawal.status == "initiated"
        };
        self.withdrawals.iter().filter(open).map(|withdrawal| withdrawal.amount).sum()
    }

    fn described(&self, withdrawal: &Withdrawal) -> Json {
        object! {
            "withdrawal_id": &withdrawal.id,
            "yativo_card_id": &self.get(withdrawal.customer).yativo_card_id,
        }
        .and(money!("amount": withdrawal.amount))
        .and(object! {
            "currency": withdrawal.currency.code(),
            "status": withdrawal.status,
            "estimated_settlement_at": withdrawal.estimated_settlement_at,
        })
    }

    /// Ends a withdrawal that is under way.
    fn end(&mut self, id: &str, status: &'static str) -> Result<Option<Withdrawal>, Refusal> {
        let at = self.withdrawals.iter().rposition(|withdrawal| withdrawal.id == id);
        let at = at.ok_or_else(|| Refusal::not_found("The withdrawal"))?;
        if self.withdrawals[at].status != "initiated" {
            return Ok(None);
        }
        let now = self.now;
        let withdrawal = &mut self.withdrawals[at];
        withdrawal.status = status;
        withdrawal.settled_at = (status == "settled").then_some(now);
        Ok(Some(withdrawal.clone()))
    }

    fn thaw(&mut self, withdrawal: &Withdrawal) -> Result<(), Refusal> {
        let customer = self.get(withdrawal.customer);
        let still = |card: &&uuid::Uuid| {
            let card = customer.cards.iter().find(|found| found.id == **card);
            card.is_some_and(|card| card.is(CardState::Frozen))
        };
        let name = customer.yativo_card_id.clone();
        let cards: Vec<_> = withdrawal.frozen.iter().filter(still).copied().collect();
        for card in cards {
            self.unfreeze(&name, &card.to_string())?;
        }
        Ok(())
    }

    /// Lets a withdrawal arrive, if it is under way.
    ///
    /// # Errors
    /// If there is no such withdrawal.
    pub fn settle_withdrawal(&mut self, id: &str) -> Result<(), Refusal> {
        let Some(withdrawal) = self.end(id, "settled")? else { return Ok(()) };
        let (index, amount, currency) =
            (withdrawal.customer, withdrawal.amount, withdrawal.currency);
        self.master.add(currency, amount);
        let left = self.get(index).wallet.as_ref().map(|wallet| wallet.ledger - amount);
        let settled = object! { "settled_at": withdrawal.settled_at };
        // May be absent: every second one has it.
        let balance = if self.events_made.is_multiple_of(2) {
            money!("card_balance": left)
        } else {
            Json::Null
        };
        let data = self.described(&withdrawal);
        self.emit(
            "card.withdrawal.settled",
            data.and(object! { "tx_hash": &withdrawal.tx_hash }).and(balance).and(settled.clone()),
        );
        let destination = self.deposit_addresses[0].clone();
        let data = object! {
            "withdrawal_id": &withdrawal.id,
            "yativo_card_id": &self.get(index).yativo_card_id,
        }
        .and(money!("amount": amount))
        .and(object! {
            "currency": currency.code(),
            "destination_address": destination,
            "tx_hash": &withdrawal.tx_hash,
            "status": "settled",
        })
        .and(settled);
        self.emit("master_wallet.withdrawal", data);
        self.emit_return(&withdrawal);
        self.move_wallet(index, |wallet| wallet.ledger -= amount);
        self.thaw(&withdrawal)
    }

    /// What came back to the master wallet is a deposit too.
    fn emit_return(&mut self, withdrawal: &Withdrawal) {
        let currency = withdrawal.currency;
        let data = object! { "settlement_id": idents::object_id(&mut self.rng, self.now) }
            .and(money!("deposit_amount": withdrawal.amount))
            .and(money!("wallet_balance": self.master.of(currency)))
            .and(object! {
                "currency": currency.code(),
                "tx_hash": &withdrawal.tx_hash,
                "solana_tx_hash": Json::Null,
                "status": "settled",
                "withdrawal_id": &withdrawal.id,
                "yativo_card_id": &self.get(withdrawal.customer).yativo_card_id,
            });
        self.emit("master_wallet.deposit", data);
    }

    /// Lets a withdrawal fail, if it is under way.
    ///
    /// # Errors
    /// If there is no such withdrawal.
    pub fn fail_withdrawal(&mut self, id: &str) -> Result<(), Refusal> {
        let Some(withdrawal) = self.end(id, "failed")? else { return Ok(()) };
        let reason = object! { "reason": "The transfer was not confirmed in time" };
        self.emit("card.withdrawal.failed", self.described(&withdrawal).and(reason));
        self.thaw(&withdrawal)
    }
}
