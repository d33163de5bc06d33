//! What mutations return: what they have changed, as it is after them.

use async_graphql::{Object, Result};

use crate::domain::payment::Payment;
use crate::graphql::error::failure;
use crate::graphql::execution::changed_customer::ChangedCustomer;
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::schema::card::Card;
use crate::graphql::schema::card_customer::CardCustomer;
use crate::graphql::schema::card_funding::CardFunding;

/// The customer, as an object of the schema.
async fn shown(of: &ChangedCustomer) -> Result<Option<DirectObject<CardCustomer>>> {
    let page = of.page().await?;
    Ok(page.map(|page| DirectObject(CardCustomer::first_of(page))))
}

/// One of the customer's cards.
async fn card_of(of: &ChangedCustomer, card_id: &str) -> Result<Option<DirectObject<Card>>> {
    let Some(page) = of.page().await? else { return Ok(None) };
    let all = page.cards(0).await.map_err(failure)?;
    let at = all.iter().position(|card| card.card_id.eq_ignore_ascii_case(card_id));
    Ok(at.map(|at| DirectObject(Card { all, at })))
}

/// Payloads with the customer.
macro_rules! customer_payloads {
    ($( $(#[$about:meta])* $name:ident; )+) => { $(
        $(#[$about])*
        pub(crate) struct $name {
            pub(super) customer: ChangedCustomer,
            pub(super) client_mutation_id: Option<String>,
        }

        $(#[$about])*
        #[Object]
        impl $name {
            /// The customer after the mutation. Null if the customer is gone.
            async fn card_customer(&self) -> Result<Option<DirectObject<CardCustomer>>> {
                shown(&self.customer).await
            }

            /// The `clientMutationId` of the input.
            async fn client_mutation_id(&self) -> Option<&str> {
                self.client_mutation_id.as_deref()
            }
        }
    )+ };
}

/// Payloads with a card and its customer.
macro_rules! card_payloads {
    ($( $(#[$about:meta])* $name:ident; )+) => { $(
        $(#[$about])*
        pub(crate) struct $name {
            pub(super) customer: ChangedCustomer,
            pub(super) card_id: String,
            pub(super) client_mutation_id: Option<String>,
        }

        $(#[$about])*
        #[Object]
        impl $name {
            /// The card after the mutation. Null in the rare case that the issuer does not show it yet.
            async fn card(&self) -> Result<Option<DirectObject<Card>>> {
                card_of(&self.customer, &self.card_id).await
            }

            /// The customer after the mutation. Null if the customer is gone.
            async fn card_customer(&self) -> Result<Option<DirectObject<CardCustomer>>> {
                shown(&self.customer).await
            }

            /// The `clientMutationId` of the input.
            async fn client_mutation_id(&self) -> Option<&str> {
                self.client_mutation_id.as_deref()
            }
        }
    )+ };
}

customer_payloads! {
    /// What `onboardCardCustomer` returns.
    OnboardCardCustomerPayload;
    /// What `verifyCardCustomerOtp` returns.
    VerifyCardCustomerOtpPayload;
    /// What `resendCardCustomerOtp` returns.
    ResendCardCustomerOtpPayload;
    /// What `acceptTerms` returns.
    AcceptTermsPayload;
    /// What `submitSourceOfFunds` returns.
    SubmitSourceOfFundsPayload;
    /// What `requestPhoneVerification` returns.
    RequestPhoneVerificationPayload;
    /// What `verifyPhone` returns.
    VerifyPhonePayload;
}

card_payloads! {
    /// What `createVirtualCard` returns.
    CreateVirtualCardPayload;
    /// What `freezeCard` returns.
    FreezeCardPayload;
    /// What `unfreezeCard` returns.
    UnfreezeCardPayload;
    /// What `voidCard` returns.
    VoidCardPayload;
    /// What `reportCard` returns.
    ReportCardPayload;
}

/// Payloads with a payment and its customer.
macro_rules! payment_payloads {
    ($( $(#[$about:meta])* $name:ident; )+) => { $(
        $(#[$about])*
        pub(crate) struct $name {
            pub(super) customer: ChangedCustomer,
            pub(super) payment: Payment,
            pub(super) client_mutation_id: Option<String>,
        }

        $(#[$about])*
        #[Object]
        impl $name {
            /// The customer after the mutation. Money arrives minutes later. Null if the customer is gone.
            async fn card_customer(&self) -> Result<Option<DirectObject<CardCustomer>>> {
                shown(&self.customer).await
            }

            /// The payment, which the issuer has accepted.
            async fn card_funding(&self) -> Option<DirectObject<CardFunding>> {
                CardFunding::of(self.payment.clone()).map(DirectObject)
            }

            /// The `clientMutationId` of the input.
            async fn client_mutation_id(&self) -> Option<&str> {
                self.client_mutation_id.as_deref()
            }
        }
    )+ };
}

payment_payloads! {
    /// What `fundCardCustomer` returns.
    FundCardCustomerPayload;
    /// What `withdrawFromCard` returns.
    WithdrawFromCardPayload;
}

/// What `requestKycLink` returns.
pub(crate) struct RequestKycLinkPayload {
    pub(super) customer: ChangedCustomer,
    pub(super) kyc_url: String,
    pub(super) client_mutation_id: Option<String>,
}

/// What `requestKycLink` returns.
#[Object]
impl RequestKycLinkPayload {
    /// The customer after the mutation. Null if the customer is gone.
    async fn card_customer(&self) -> Result<Option<DirectObject<CardCustomer>>> {
        shown(&self.customer).await
    }

    /// The `clientMutationId` of the input.
    async fn client_mutation_id(&self) -> Option<&str> {
        self.client_mutation_id.as_deref()
    }

    /// The address of the hosted identity check. It lets anybody act as the customer: pass it to the customer only, and do not store it.
    async fn kyc_url(&self) -> &str {
        &self.kyc_url
    }
}
