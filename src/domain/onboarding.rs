//! How far a customer has come: the stages between sign-up and spending.

use super::text_enum::text_enum;

text_enum! {
    /// The onboarding stage of a card customer.
    FlowStatus {
        /// The one-time password was sent.
        OtpRequested = "otp_requested",
        /// The e-mail address is proven.
        OtpVerified = "otp_verified",
        /// The identity check has begun.
        KycInitiated = "kyc_initiated",
        /// The identity check is done.
        KycCompleted = "kyc_completed",
        /// The account wallet is being deployed.
        SafeDeploying = "safe_deploying",
        /// A card exists.
        CardCreated = "card_created",
        /// The customer spends.
        Active = "active",
    }
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

    /// What has to happen next, in the contract's words.
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

text_enum! {
    /// The state of the identity check.
    KycStatus {
        /// Not begun.
        Pending = "pending",
        /// The customer is at it.
        InProgress = "in_progress",
        /// A person must look at it.
        PendingReview = "pending_review",
        /// Passed.
        Approved = "approved",
        /// Failed.
        Rejected = "rejected",
        /// Passed once, too long ago.
        Expired = "expired",
    }
}
