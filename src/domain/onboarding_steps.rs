//! The steps of onboarding that a customer has completed.

use strum::VariantArray;

use super::customer::Customer;
use super::onboarding::{FlowStatus, KycStatus};

/// Statuses of the issuer that a customer has only after answering about the source of funds.
const AFTER_SOURCE_OF_FUNDS: [&str; 2] = ["source_of_funds_completed", "phone_verified"];

/// A step of onboarding, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum OnboardingStep {
    /// The e-mail address is verified.
    EmailVerification,
    /// The identity check is passed.
    IdentityCheck,
    /// The questions about the source of funds are answered.
    SourceOfFunds,
    /// The account wallet exists.
    Wallet,
    /// There is a card.
    Card,
}

/// The steps that a customer is known to have completed, in their order. One that was
/// completed once stays, also when it has to be repeated. `has_card`: whether the customer has
/// or had any card, for which the questions must have been answered.
pub fn completed_steps(customer: &Customer, has_card: bool) -> Vec<OnboardingStep> {
    let onboarding = &customer.onboarding;
    let stage = onboarding.stage();
    let has_card = has_card || matches!(stage, FlowStatus::CardCreated | FlowStatus::Active);
    let is_checked = matches!(customer.kyc_status, Some(KycStatus::Approved | KycStatus::Expired))
        || matches!(stage, FlowStatus::KycCompleted | FlowStatus::SafeDeploying)
        || has_card;
    let has_answered = has_card || AFTER_SOURCE_OF_FUNDS.contains(&onboarding.status());
    let is_completed = |step: &OnboardingStep| match step {
        OnboardingStep::EmailVerification => {
            stage != FlowStatus::OtpRequested || is_checked || customer.safe_deployed
        }
        OnboardingStep::IdentityCheck => is_checked,
        OnboardingStep::SourceOfFunds => has_answered,
        OnboardingStep::Wallet => customer.safe_deployed,
        OnboardingStep::Card => has_card,
    };
    OnboardingStep::VARIANTS.iter().copied().filter(is_completed).collect()
}
