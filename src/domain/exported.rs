//! Customers as an export writes them and an import reads them. Everything is borrowed: an
//! export has a million of them.

use serde::Serialize;

use super::balance::{BalanceSource, WalletBalance};
use super::onboarding::{FlowStatus, KycStatus, Onboarding};
use super::time::Timestamp;

/// A customer with what belongs to it, by the names of the import format. What has no value
/// is left out.
#[derive(Debug, Serialize)]
pub struct ExportedCustomer<'a> {
    /// 24 lower-case hexadecimal digits.
    pub id: &'a str,
    /// The issuer's identifier.
    pub yativo_card_id: &'a str,
    /// The program's identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_customer_id: Option<&'a str>,
    /// As the customer wrote it.
    pub email: &'a str,
    /// The issuer's word.
    pub flow_status: &'a str,
    /// Where the word does not say it: the number of the stage, 1 to 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<i32>,
    /// What the issuer states as the next action, where its word is none of the seven stages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_action: Option<&'a str>,
    /// The identity check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kyc_status: Option<&'a str>,
    /// ISO 4217 code of the wallet's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<&'a str>,
    /// Whether the wallet exists on the chain.
    pub safe_deployed: bool,
    /// The wallet, in EIP-55 form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wallet_address: Option<&'a str>,
    /// When the customer was onboarded.
    pub created_at: Timestamp,
    /// The live balance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<ExportedBalance>,
    /// Every card, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<ExportedCard<'a>>,
}

/// A live balance, in minor units: `ledger_minor = available_minor + pending_minor`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ExportedBalance {
    /// All that the wallet holds.
    pub ledger_minor: i64,
    /// What can be spent.
    pub available_minor: i64,
    /// What is held for authorizations.
    pub pending_minor: i64,
    /// When that was true.
    pub updated_at: Timestamp,
}

/// A card.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ExportedCard<'a> {
    /// A UUID in lower case.
    pub card_id: &'a str,
    /// The last four digits of the number.
    pub last_four: &'a str,
    /// `virtual` or `physical`.
    pub card_type: &'a str,
    /// The contract's name; a stolen card is `voided`.
    pub status: &'a str,
    /// Whether it was reported stolen.
    #[serde(skip_serializing_if = "is_false")]
    pub is_stolen: bool,
    /// The card network's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_token: Option<&'a str>,
    /// Whether the PIN is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_set: Option<bool>,
    /// When it was first put to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl ExportedBalance {
    /// A balance as an import reads it; none of one that is not live, which imports do not
    /// read.
    pub fn of(balance: &WalletBalance) -> Option<Self> {
        let pending = balance.pending.filter(|_| balance.source == BalanceSource::Live)?;
        Some(Self {
            ledger_minor: balance.ledger.get(),
            available_minor: balance.available.get(),
            pending_minor: pending.get(),
            updated_at: balance.updated_at,
        })
    }
}

impl ExportedCard<'_> {
    /// The order of a customer's cards.
    pub fn newest_first(a: &Self, b: &Self) -> std::cmp::Ordering {
        (b.created_at, b.card_id).cmp(&(a.created_at, a.card_id))
    }
}

impl ExportedCustomer<'_> {
    /// Completes a customer whose status is none of the seven stages, after all else is known:
    /// an import has to find the same `stage`. It takes the one that the status and what the
    /// customer has suggest, unless the step says another one.
    pub fn complete(&mut self, stage: FlowStatus) {
        if self.step.is_some() {
            return;
        }
        let kyc: Option<KycStatus> = self.kyc_status.and_then(|text| text.parse().ok());
        let reached = FlowStatus::reached(kyc, self.safe_deployed, !self.cards.is_empty());
        let suggested = Onboarding::of(self.flow_status.to_owned(), None, None, reached);
        if suggested.stage() != stage {
            self.step = Some(stage.step());
        }
    }
}
