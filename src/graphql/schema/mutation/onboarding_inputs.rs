//! Inputs of the mutations of onboarding. They have no `Debug`: what they hold is not for
//! logs.

use async_graphql::{ID, InputObject};

/// Declares inputs that name a customer, each with more fields.
macro_rules! customer_inputs {
    ($(
        $(#[$about:meta])*
        $name:ident { $( $(#[$about_field:meta])* $field:ident: $of:ty, )* }
    )+) => { $(
        $(#[$about])*
        #[derive(InputObject)]
        pub(crate) struct $name {
            /// Any text; the payload repeats it.
            pub(super) client_mutation_id: Option<String>,
            /// The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case).
            pub(super) identifier: ID,
            $( $(#[$about_field])* pub(super) $field: $of, )*
        }
    )+ };
}

customer_inputs! {
    /// Input of `verifyCardCustomerOtp`.
    VerifyCardCustomerOtpInput {
        /// The code from the customer's e-mail.
        otp: String,
    }

    /// Input of `resendCardCustomerOtp`.
    ResendCardCustomerOtpInput {}

    /// Input of `requestKycLink`.
    RequestKycLinkInput {
        /// Whether to make a new link in place of the one before. Default: false.
        refresh: Option<bool>,
    }

    /// Input of `acceptTerms`.
    AcceptTermsInput {}

    /// Input of `submitSourceOfFunds`.
    SubmitSourceOfFundsInput {
        /// An answer to each question.
        answers: Vec<SourceOfFundsAnswerInput>,
    }

    /// Input of `requestPhoneVerification`.
    RequestPhoneVerificationInput {
        /// The customer's phone number in E.164 format: "+4915112345678".
        phone_number: String,
    }

    /// Input of `verifyPhone`.
    VerifyPhoneInput {
        /// The code from the text message.
        code: String,
    }
}

/// Input of `onboardCardCustomer`.
#[derive(InputObject)]
pub(crate) struct OnboardCardCustomerInput {
    /// Any text; the payload repeats it.
    pub(super) client_mutation_id: Option<String>,
    /// The customer's e-mail address.
    pub(super) email: String,
    /// The customer's identifier in the program's own system.
    pub(super) external_customer_id: Option<String>,
}

/// An answer to a question about the source of funds.
#[derive(InputObject)]
pub(crate) struct SourceOfFundsAnswerInput {
    /// One of the question's options.
    pub(super) answer: String,
    /// The question's name.
    pub(super) question: String,
}
