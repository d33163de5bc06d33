//! The stages of onboarding.

use std::borrow::Cow;

/// How far a customer has come. The issuer's words are open: an unknown
/// one can be put with [`Stage::unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The member `flow_status`.
    pub word: Cow<'static, str>,
    /// The member `step`.
    pub step: u8,
    /// The member `next_action`.
    pub next_action: Cow<'static, str>,
}

const OTP: &str = "Customer must verify the OTP sent to their email";
const KYC: &str = "Complete KYC — call the kyc-link endpoint";
const AWAIT: &str = "Awaiting KYC verification";
const FUNDS: &str = "Submit source-of-funds questionnaire";
const DEPLOYING: &str = "Account wallet is being deployed — wait a few minutes";
const ACTIVE: &str = "Card is active — customer can spend";

/// Word, step and next action. The first seven are documented together; the
/// pages name the others without their step and next action.
const STAGES: &[(&str, u8, &str)] = &[
    ("otp_requested", 1, OTP),
    ("otp_verified", 2, KYC),
    ("kyc_initiated", 3, AWAIT),
    ("kyc_completed", 4, FUNDS),
    ("safe_deploying", 5, DEPLOYING),
    ("card_created", 6, ACTIVE),
    ("active", 6, ACTIVE),
    ("reauth_otp_requested", 1, "Customer must verify the OTP sent to their email again"),
    ("kyc_rejected", 3, "KYC was rejected — call the kyc-link endpoint with refresh=true"),
    ("kyc_approved", 4, "Accept the terms"),
    ("terms_accepted", 4, FUNDS),
    ("source_of_funds_completed", 4, "Verify the customer's phone number"),
    ("phone_verified", 4, "Deploy the account wallet"),
    ("safe_deployed", 5, "Create a virtual card"),
];

impl Stage {
    /// The stage of a word that pages name; [`Stage::unknown`] of another one.
    pub fn of(word: &str) -> Self {
        let known = STAGES.iter().find(|(known, ..)| *known == word);
        known.map_or_else(
            || Self::unknown(word.to_owned(), 3, "Contact support"),
            |&(word, step, next)| Self { word: word.into(), step, next_action: next.into() },
        )
    }

    /// A stage that no page names.
    pub fn unknown(
        word: impl Into<Cow<'static, str>>,
        step: u8,
        next_action: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { word: word.into(), step, next_action: next_action.into() }
    }

    /// All words that pages name.
    pub fn words() -> impl Iterator<Item = &'static str> {
        STAGES.iter().map(|(word, ..)| *word)
    }

    /// Whether the customer has a card, so that the record cannot be dropped.
    pub fn has_card(&self) -> bool {
        matches!(&*self.word, "card_created" | "active")
    }
}
