//! Money from the master wallet to cards.

use super::balances::no_wallet;
use crate::issuer::json::{money, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::state::{Currency, Later, Program, Transfer, Transition, idents};

/// The least that can be sent, in cents.
const LEAST: i64 = 500;
/// The fee: one part in so many of what is sent.
const FEE_PART: i64 = 200;

/// Which amount is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PricingMode {
    /// What the master wallet pays.
    SendX,
    /// What the customer gets.
    ReceiveX,
}

impl PricingMode {
    /// The member `pricing_mode`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SendX => "send_x",
            Self::ReceiveX => "receive_x",
        }
    }
}

/// What to send.
#[derive(Clone, Copy, Debug)]
pub struct Funding {
    /// How much, in cents.
    pub amount: i64,
    /// `SOL` or `XDC`.
    pub chain: &'static str,
    /// Which amount is exact.
    pub pricing: PricingMode,
    /// The currency that the caller expects the card to have.
    pub destination: Option<Currency>,
}

impl Funding {
    /// So many cents over `SOL`.
    pub const fn of(amount: i64) -> Self {
        Self { amount, chain: "SOL", pricing: PricingMode::SendX, destination: None }
    }
}

impl Program {
    /// Sends money to a card. It arrives after the program's `transfer_time`.
    ///
    /// # Errors
    /// Each documented reason.
    pub fn fund(&mut self, customer: &str, funding: Funding) -> Result<Transfer, Refusal> {
        let index = self.require(customer)?;
        let Funding { amount, chain, pricing, destination } = funding;
        if self.spec.funding_structure != "master_wallet" {
            return Err(Refusal::new(
                400,
                "INVALID_FUNDING_STRUCTURE",
                "The program has no master wallet",
            ));
        }
        if amount < LEAST {
            return Err(Refusal::invalid("amount must be at least 5"));
        }
        let found = self.get(index);
        let currency = found.currency.filter(|_| found.wallet.is_some()).ok_or_else(no_wallet)?;
        if let Some(wrong) = destination.filter(|wanted| *wanted != currency) {
            let message = format!("The customer's card needs {}", currency.code());
            return Err(Refusal::new(400, "TOKEN_MISMATCH", message).with(object! {
                "required_token": currency.code(), "requested_token": wrong.code(),
            }));
        }
        let fee = (amount + FEE_PART - 1) / FEE_PART;
        let (source_amount, destination_amount) = match pricing {
            PricingMode::SendX => (amount, Currency::Usd.exchange(amount - fee, currency)),
            // The amount is in dollars here too; what arrives is its worth.
            PricingMode::ReceiveX => (amount + fee, Currency::Usd.exchange(amount, currency)),
        };
        self.within_limits(source_amount)?;
        if self.master.usd < source_amount {
            return Err(Refusal::new(
                400,
                "INSUFFICIENT_BALANCE",
                "The master wallet holds too little",
            ));
        }
        self.master.add(Currency::Usd, -source_amount);
        let transfer = Transfer {
            id: idents::prefixed(&mut self.rng, "tr"),
            customer: index,
            chain,
            source_amount,
            fee,
            currency,
            destination_amount,
            pricing_mode: pricing.word(),
            status: "pending",
            initiated_at: self.now,
            completed_at: None,
            tx_hash: idents::tx_hash(&mut self.rng),
        };
        let id = transfer.id.clone();
        self.transfers.push(transfer);
        if self.spec.transfer_time.is_zero() {
            self.complete_transfer(&id)?;
        } else {
            let at = self.now.after(self.spec.transfer_time);
            self.later.push(Later { at, what: Transition::Transfer(id.clone()) });
        }
        Ok(self.transfers[self.transfer_at(&id)?].clone())
    }

    fn within_limits(&self, amount: i64) -> Result<(), Refusal> {
        let funded = self.funded();
        let refuse = |code, sentence| Err(Refusal::new(400, code, sentence));
        if funded.today + amount > self.spec.daily_funding_limit {
            return refuse("DAILY_LIMIT_EXCEEDED", "The daily funding limit would be exceeded");
        }
        if funded.month + amount > self.spec.monthly_funding_limit {
            return refuse("MONTHLY_LIMIT_EXCEEDED", "The monthly funding limit would be exceeded");
        }
        Ok(())
    }

    pub(crate) fn transfer_at(&self, id: &str) -> Result<usize, Refusal> {
        let at = self.transfers.iter().rposition(|transfer| transfer.id == id);
        at.ok_or_else(|| Refusal::not_found("The transfer"))
    }

    /// Gives a transfer under way its next status: `hop1_processing`,
    /// `hop1_complete`, `hop2_processing`, then `completed`.
    ///
    /// # Errors
    /// If there is no such transfer.
    pub fn advance_transfer(&mut self, id: &str) -> Result<&'static str, Refusal> {
        let at = self.transfer_at(id)?;
        let next = match self.transfers[at].status {
            "pending" => "hop1_processing",
            "hop1_processing" => "hop1_complete",
            "hop1_complete" => "hop2_processing",
            "hop2_processing" => {
                self.complete_transfer(id)?;
                return Ok("completed");
            }
            done => return Ok(done),
        };
        self.transfers[at].status = next;
        Ok(next)
    }

    /// Lets a transfer arrive, if it is under way.
    ///
    /// # Errors
    /// If there is no such transfer.
    pub fn complete_transfer(&mut self, id: &str) -> Result<(), Refusal> {
        let at = self.transfer_at(id)?;
        if self.transfers[at].completed_at.is_some() || is_over(self.transfers[at].status) {
            return Ok(());
        }
        let now = self.now;
        let transfer = &mut self.transfers[at];
        transfer.status = "completed";
        transfer.completed_at = Some(now);
        let transfer = transfer.clone();
        let index = transfer.customer;
        let data = object! {
            "transfer_id": &transfer.id, "customer_id": &self.get(index).id,
        }
        .and(money!("amount": transfer.destination_amount))
        .and(object! {
            "currency": transfer.currency.code(), "tx_hash": &transfer.tx_hash, "status": "completed",
        });
        let remaining = data.clone().and(money!("remaining_balance": self.master.usd));
        self.emit("customer.funded", data);
        self.emit("master_wallet.customer_funded", remaining);
        self.move_wallet(index, |wallet| wallet.ledger += transfer.destination_amount);
        Ok(())
    }

    /// Lets a transfer fail, if it is under way. The master wallet gets its
    /// money back.
    ///
    /// # Errors
    /// If there is no such transfer.
    pub fn fail_transfer(&mut self, id: &str) -> Result<(), Refusal> {
        let at = self.transfer_at(id)?;
        if is_over(self.transfers[at].status) {
            return Ok(());
        }
        self.transfers[at].status = "failed";
        let transfer = self.transfers[at].clone();
        self.master.add(Currency::Usd, transfer.source_amount);
        let customer = self.get(transfer.customer);
        let data = object! {
            "customer_id": &customer.id, "yativo_card_id": &customer.yativo_card_id,
        }
        .and(money!("amount": transfer.destination_amount))
        .and(object! { "currency": transfer.currency.code() });
        self.emit("customer.funding.failed", data);
        Ok(())
    }
}

fn is_over(status: &str) -> bool {
    matches!(status, "completed" | "failed" | "refunded")
}
