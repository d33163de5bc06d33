//! The master wallet: deposits and swaps.

use crate::issuer::json::{money, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::state::{Currency, Deposit, Program, Swap, idents};

/// The fee of a swap: one part in so many.
const FEE_PART: i64 = 500;

impl Program {
    /// A payment of USDC into the program, in cents. Over `SOL` it is credited
    /// at once; over `XDC` it waits to be settled by hand.
    pub fn master_deposit(&mut self, chain: &'static str, amount: i64) -> Deposit {
        let by_hand = chain == "XDC";
        let deposit = Deposit {
            id: idents::object_id(&mut self.rng, self.now),
            tx_hash: idents::tx_hash(&mut self.rng),
            chain,
            amount,
            fees: amount / 1_000,
            status: if by_hand { "awaiting_manual" } else { "auto_funding" },
            detected_at: self.now,
            funded_at: None,
        };
        let data = object! { "settlement_id": &deposit.id, "source_currency": "USDC" }
            .and(money!("source_amount": amount))
            .and(object! { "tx_hash": &deposit.tx_hash, "status": "processing" });
        let at = self.deposits.len();
        self.deposits.push(deposit);
        self.emit("master_wallet.deposit", data);
        if !by_hand {
            self.credit(at, Currency::Usd);
        }
        self.deposits[at].clone()
    }

    /// Settles a deposit that waits for it.
    ///
    /// # Errors
    /// If there is no such deposit, or it does not wait.
    pub(crate) fn fund_deposit(&mut self, id: &str, to: Currency) -> Result<Deposit, Refusal> {
        let at = self.deposits.iter().position(|deposit| deposit.id == id);
        let at = at.ok_or_else(|| Refusal::not_found("The deposit"))?;
        if self.deposits[at].status != "awaiting_manual" {
            return Err(Refusal::new(
                400,
                "DEPOSIT_NOT_FUNDABLE",
                "The deposit does not wait to be funded",
            ));
        }
        self.credit(at, to);
        Ok(self.deposits[at].clone())
    }

    fn credit(&mut self, at: usize, currency: Currency) {
        let now = self.now;
        let solana_hash = idents::tx_hash(&mut self.rng);
        let deposit = &mut self.deposits[at];
        deposit.status = "funded";
        deposit.funded_at = Some(now);
        let deposit = deposit.clone();
        let net = Currency::Usd.exchange(deposit.amount - deposit.fees, currency);
        self.master.add(currency, net);
        let data = object! { "settlement_id": &deposit.id }
            .and(money!("deposit_amount": net))
            .and(money!("wallet_balance": self.master.of(currency)))
            .and(object! {
                "currency": currency.code(),
                "tx_hash": &deposit.tx_hash,
                "solana_tx_hash": solana_hash,
                "status": "settled",
            });
        self.emit("master_wallet.deposit", data);
    }

    /// Exchanges an amount between the currencies of the master wallet.
    ///
    /// # Errors
    /// If they are the same, or there is too little.
    pub fn swap(&mut self, from: Currency, to: Currency, amount: i64) -> Result<Swap, Refusal> {
        if from == to || amount <= 0 {
            return Err(Refusal::invalid(
                "from_token and to_token must differ, amount must be positive",
            ));
        }
        if self.master.of(from) < amount {
            return Err(Refusal::new(
                400,
                "INSUFFICIENT_BALANCE",
                "The master wallet holds too little",
            ));
        }
        let fee = (amount + FEE_PART - 1) / FEE_PART;
        let output = from.exchange(amount - fee, to);
        self.master.add(from, -amount);
        self.master.add(to, output);
        let swap =
            Swap { id: idents::prefixed(&mut self.rng, "swap"), from, to, amount, output, fee };
        self.swaps.push(swap.clone());
        let data = object! {
            "swap_id": &swap.id, "from_token": from.code(), "to_token": to.code(),
        }
        .and(money!("amount": amount))
        .and(money!("expected_output": output))
        .and(object! { "status": "submitted" });
        self.emit("master_wallet.swap", data);
        Ok(swap)
    }
}
