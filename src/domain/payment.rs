//! Payments that clients order from the issuer: fundings, withdrawals and swaps.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use super::money::{Currency, Minor};
use super::time::Timestamp;

/// What kind of payment it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum PaymentKind {
    /// From the program's master wallet to a customer.
    Funding,
    /// From a customer's card back to the master wallet.
    Withdrawal,
    /// From one currency of the master wallet to another.
    Swap,
}

/// How far a payment has come.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum PaymentState {
    /// It is stored, and will be sent to the issuer next.
    Pending,
    /// It is being sent, or the issuer's answer is awaited.
    Sent,
    /// The issuer has accepted it.
    Succeeded,
    /// The issuer has refused it: no money has moved.
    Refused,
    /// It was sent, and the answer was lost: the issuer may have made the payment.
    Unknown,
    /// It is certain that the issuer has not made it: no money has moved.
    NeverSent,
}

impl PaymentState {
    /// Whether it cannot change any more by itself.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Succeeded | Self::Refused | Self::NeverSent)
    }
}

/// The chain over which the master wallet pays.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "UPPERCASE")]
pub enum SourceChain {
    /// Solana.
    Sol,
    /// The XDC network.
    Xdc,
}

/// Which amount of a funding is exact.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum PricingMode {
    /// The master wallet is debited exactly the amount.
    #[default]
    SendX,
    /// The customer is credited exactly the amount.
    ReceiveX,
}

/// What is to be paid. It does not change once it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What kind of payment it is.
    pub kind: PaymentKind,
    /// The customer who gets or returns the money; none for a swap.
    pub payee: Option<Payee>,
    /// How much, in minor units of `currency`.
    pub amount: Minor,
    /// US dollars for a funding, the wallet's currency for a withdrawal, what is given for a
    /// swap.
    pub currency: Currency,
    /// What a swap is to yield.
    pub to_currency: Option<Currency>,
    /// The chain of a funding.
    pub source_chain: Option<SourceChain>,
    /// Which amount of a funding is exact.
    pub pricing_mode: Option<PricingMode>,
}

/// The customer of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// The customer's `id`.
    pub id: String,
    /// The issuer's identifier of the customer.
    pub yativo_card_id: String,
}

/// A payment that a client has ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Our identifier: a UUID.
    pub id: String,
    /// What is to be paid.
    pub order: Order,
    /// How far it has come.
    pub state: PaymentState,
    /// The issuer's identifier of the transfer, withdrawal or swap.
    pub issuer_id: Option<String>,
    /// The issuer's status of it, as it said last: `pending`, `completed`, ….
    pub issuer_status: Option<String>,
    /// The issuer's error code, where it has refused.
    pub issuer_code: Option<String>,
    /// What is known of a payment without an answer, as a sentence.
    pub note: Option<String>,
    /// The answer to the client.
    pub answer: Option<Answer>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it was sent to the issuer.
    pub sent_at: Option<Timestamp>,
    /// When it became clear what has become of it.
    pub ended_at: Option<Timestamp>,
    /// While it is pending or sent: until when the process that sends it has time. Otherwise
    /// when the issuer is asked for it next.
    pub check_at: Option<Timestamp>,
    /// The operator who has found out what has become of it, where the gateway could not. Not
    /// for clients.
    pub resolved_by: Option<String>,
}

/// An answer to a client, as the issuer gave it or would have given it.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
}

/// Without the body, which holds data of customers.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

impl Payment {
    /// A payment that is to be sent before `until`.
    pub fn new(id: String, order: Order, now: Timestamp, until: Timestamp) -> Self {
        Self {
            id,
            order,
            state: PaymentState::Pending,
            issuer_id: None,
            issuer_status: None,
            issuer_code: None,
            note: None,
            answer: None,
            created_at: now,
            sent_at: None,
            ended_at: None,
            check_at: Some(until),
            resolved_by: None,
        }
    }

    /// The same, which is sent now, before `until`.
    #[must_use]
    pub fn sent(self, now: Timestamp, until: Timestamp) -> Self {
        Self { state: PaymentState::Sent, sent_at: Some(now), check_at: Some(until), ..self }
    }

    /// The same with the issuer's acceptance; its identifier is not always known.
    #[must_use]
    pub fn succeeded(
        self,
        issuer_id: Option<String>,
        issuer_status: Option<String>,
        answer: Answer,
        now: Timestamp,
    ) -> Self {
        Self {
            state: PaymentState::Succeeded,
            issuer_id,
            issuer_status,
            note: None,
            answer: Some(answer),
            ended_at: Some(now),
            check_at: None,
            ..self
        }
    }

    /// The same with the issuer's refusal.
    #[must_use]
    pub fn refused(self, code: Option<String>, answer: Answer, now: Timestamp) -> Self {
        Self {
            state: PaymentState::Refused,
            issuer_code: code,
            answer: Some(answer),
            note: None,
            ended_at: Some(now),
            check_at: None,
            ..self
        }
    }

    /// The same, whose answer is lost.
    #[must_use]
    pub fn unknown(self, note: &str, check_at: Timestamp) -> Self {
        let note = Some(note.to_owned());
        Self { state: PaymentState::Unknown, note, check_at: Some(check_at), ..self }
    }

    /// The same, which the issuer has certainly not made.
    #[must_use]
    pub fn never_sent(self, note: &str, now: Timestamp) -> Self {
        Self {
            state: PaymentState::NeverSent,
            note: Some(note.to_owned()),
            ended_at: Some(now),
            check_at: None,
            ..self
        }
    }

    /// Whether the process that sends it has no time left: it has died.
    pub fn is_abandoned(&self, now: Timestamp) -> bool {
        matches!(self.state, PaymentState::Pending | PaymentState::Sent)
            && self.check_at.is_none_or(|until| until < now)
    }
}
