//! The stages of onboarding, from sign-up to spending.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

/// The onboarding stage of a card customer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum FlowStatus {
    /// The one-time password was sent.
    OtpRequested,
    /// The e-mail address is verified.
    OtpVerified,
    /// The identity check has begun.
    KycInitiated,
    /// The identity check is done.
    KycCompleted,
    /// The account wallet is being deployed.
    SafeDeploying,
    /// A card exists.
    CardCreated,
    /// The customer uses the card.
    Active,
}

impl FlowStatus {
    /// The stage's number, 1 to 6.
    pub const fn step(self) -> i32 {
        match self {
            Self::OtpRequested => 1,
            Self::OtpVerified => 2,
            Self::KycInitiated => 3,
            Self::KycCompleted => 4,
            Self::SafeDeploying => 5,
            Self::CardCreated | Self::Active => 6,
        }
    }

    /// The next step, in the wording of the contract.
    pub const fn next_action(self) -> &'static str {
        match self {
            Self::OtpRequested => "Customer must verify the OTP sent to their email",
            Self::OtpVerified => "Complete KYC — call the kyc-link endpoint",
            Self::KycInitiated => "Awaiting KYC verification",
            Self::KycCompleted => "Submit source-of-funds questionnaire",
            Self::SafeDeploying => "Account wallet is being deployed — wait a few minutes",
            Self::CardCreated | Self::Active => "Card is active — customer can spend",
        }
    }
}

/// The state of the identity check.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum KycStatus {
    /// Not started.
    Pending,
    /// The customer is providing documents.
    InProgress,
    /// Waiting for a manual review.
    PendingReview,
    /// Passed.
    Approved,
    /// Failed.
    Rejected,
    /// Passed, but too long ago.
    Expired,
}
