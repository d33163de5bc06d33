//! The stages of onboarding, from sign-up to spending.
//!
//! The issuer has more statuses than the seven stages, and new ones may come. Such a
//! status is kept as the issuer's word, and belongs to the nearest of the seven.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

/// The longest status of the issuer, in bytes.
pub const MAX_STATUS: usize = 64;
/// The longest next action of the issuer, in bytes.
pub const MAX_NEXT_ACTION: usize = 500;

/// The next action where neither the contract nor the issuer states one: it is not
/// guessed from the stage, which would call a rejected customer "awaiting".
const NO_NEXT_ACTION: &str = "No next action is known for this status";

/// One of the seven onboarding stages of a card customer.
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

    /// The stage with this number. At step 6 a card exists, and nothing says that it is
    /// in use.
    pub const fn at_step(step: i32) -> Option<Self> {
        Some(match step {
            1 => Self::OtpRequested,
            2 => Self::OtpVerified,
            3 => Self::KycInitiated,
            4 => Self::KycCompleted,
            5 => Self::SafeDeploying,
            6 => Self::CardCreated,
            _ => return None,
        })
    }

    /// The furthest stage that a customer with these properties has surely reached.
    pub const fn reached(kyc: Option<KycStatus>, wallet: bool, card: bool) -> Self {
        match kyc {
            _ if card => Self::CardCreated,
            _ if wallet => Self::SafeDeploying,
            Some(KycStatus::Approved | KycStatus::Expired) => Self::KycCompleted,
            Some(KycStatus::InProgress | KycStatus::PendingReview | KycStatus::Rejected) => {
                Self::KycInitiated
            }
            Some(KycStatus::Pending) | None => Self::OtpRequested,
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

/// The further statuses that the issuer is known to have, each with the furthest stage
/// that such a customer has reached.
const FURTHER: [(&str, FlowStatus); 7] = [
    ("reauth_otp_requested", FlowStatus::OtpRequested),
    ("kyc_rejected", FlowStatus::KycInitiated),
    ("kyc_approved", FlowStatus::KycCompleted),
    ("terms_accepted", FlowStatus::KycCompleted),
    ("source_of_funds_completed", FlowStatus::KycCompleted),
    ("phone_verified", FlowStatus::KycCompleted),
    ("safe_deployed", FlowStatus::SafeDeploying),
];

/// How far a customer has come: the issuer's status, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Onboarding {
    /// The status is one of the seven stages.
    Stage(FlowStatus),
    /// The issuer has another word for it.
    Further(Box<FurtherStatus>),
}

/// A status that is not one of the seven stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FurtherStatus {
    /// The issuer's word.
    pub status: String,
    /// The nearest of the seven.
    pub stage: FlowStatus,
    /// The issuer's number of the stage, 1 to 6; none if it states none.
    pub step: Option<i32>,
    /// The issuer's next action; none if it states none.
    pub next_action: Option<String>,
}

impl Onboarding {
    /// The customer with this status of the issuer. `step` and `next_action` are what
    /// the issuer states with it; they count only for a further status. Where the
    /// status is unknown and has no step, `reached` is its stage.
    pub fn of(
        status: String,
        step: Option<i32>,
        next_action: Option<String>,
        reached: FlowStatus,
    ) -> Self {
        if let Ok(stage) = status.parse() {
            return Self::Stage(stage);
        }
        let known = FURTHER.iter().find(|(word, _)| *word == status).map(|(_, stage)| *stage);
        let stage = step.and_then(FlowStatus::at_step).or(known).unwrap_or(reached);
        Self::Further(Box::new(FurtherStatus { status, stage, step, next_action }))
    }

    /// The issuer's word.
    pub fn status(&self) -> &str {
        match self {
            Self::Stage(stage) => stage.as_ref(),
            Self::Further(further) => &further.status,
        }
    }

    /// The stage, or the nearest one.
    pub fn stage(&self) -> FlowStatus {
        match self {
            Self::Stage(stage) => *stage,
            Self::Further(further) => further.stage,
        }
    }

    /// The issuer's number of the stage, 1 to 6; where it states none, the nearest stage's.
    pub fn step(&self) -> i32 {
        match self {
            Self::Stage(stage) => stage.step(),
            Self::Further(further) => further.step.unwrap_or(further.stage.step()),
        }
    }

    /// The next step in words.
    pub fn next_action(&self) -> &str {
        match self {
            Self::Stage(stage) => stage.next_action(),
            Self::Further(further) => further.next_action.as_deref().unwrap_or(NO_NEXT_ACTION),
        }
    }
}

impl From<FlowStatus> for Onboarding {
    fn from(stage: FlowStatus) -> Self {
        Self::Stage(stage)
    }
}

/// Checks a text that should be a status of the issuer.
///
/// # Errors
/// The rest of a sentence that begins with the field's name.
pub fn check_status(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        Err("must not be empty")
    } else if text.len() > MAX_STATUS {
        Err("must not be longer than 64 bytes")
    } else if text.chars().any(char::is_control) {
        Err("must not contain control characters")
    } else {
        Ok(())
    }
}

/// Which customers a list holds, by their onboarding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnboardingFilter {
    /// Those with exactly this status of the issuer.
    Status(String),
    /// Those with this stage, or a further status that is nearest to it.
    Stage(FlowStatus),
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

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    fn of(status: &str, step: Option<i32>) -> Onboarding {
        Onboarding::of(status.to_owned(), step, None, FlowStatus::OtpVerified)
    }

    #[test]
    fn a_stage_has_its_own_step_and_needs_no_memory() {
        for stage in FlowStatus::VARIANTS {
            let text: &str = stage.into();
            let stated = Onboarding::of(text.to_owned(), Some(1), Some("no".to_owned()), *stage);
            assert_eq!(stated, Onboarding::Stage(*stage));
            assert_eq!((stated.status(), stated.step()), (text, stage.step()));
        }
        assert!(size_of::<Onboarding>() <= 16);
    }

    #[test]
    fn a_further_status_is_nearest_to_its_step_then_to_what_is_known_of_it() {
        for (status, step, stage) in [
            ("made_up", Some(4), FlowStatus::KycCompleted),
            ("made_up", Some(6), FlowStatus::CardCreated),
            ("made_up", None, FlowStatus::OtpVerified),
            ("ACTIVE", None, FlowStatus::OtpVerified),
            ("kyc_rejected", Some(5), FlowStatus::SafeDeploying),
            ("kyc_rejected", None, FlowStatus::KycInitiated),
            ("safe_deployed", None, FlowStatus::SafeDeploying),
        ] {
            let onboarding = of(status, step);
            assert_eq!((onboarding.status(), onboarding.stage()), (status, stage), "{step:?}");
            assert_eq!(onboarding.step(), step.unwrap_or(stage.step()));
            assert_eq!(onboarding.next_action(), NO_NEXT_ACTION);
        }
        assert!(FURTHER.iter().all(|(status, _)| status.parse::<FlowStatus>().is_err()));
    }

    #[test]
    fn a_status_is_any_short_text_without_control_characters() {
        for good in ["a", "Über uns", " ", &"x".repeat(64)] {
            assert_eq!(check_status(good), Ok(()), "{good}");
        }
        for bad in ["", "a\tb", "a\0", "a\u{85}", &"x".repeat(65)] {
            assert!(check_status(bad).is_err(), "{bad}");
        }
    }
}
