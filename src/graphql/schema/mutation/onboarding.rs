//! Mutations of onboarding, in the order of its steps.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};

use super::onboarding_inputs::{
    AcceptTermsInput, OnboardCardCustomerInput, RequestKycLinkInput, RequestPhoneVerificationInput,
    ResendCardCustomerOtpInput, SubmitSourceOfFundsInput, VerifyCardCustomerOtpInput,
    VerifyPhoneInput,
};
use super::payloads::{
    AcceptTermsPayload, OnboardCardCustomerPayload, RequestKycLinkPayload,
    RequestPhoneVerificationPayload, ResendCardCustomerOtpPayload, SubmitSourceOfFundsPayload,
    VerifyCardCustomerOtpPayload, VerifyPhonePayload,
};
use crate::domain::scope::Scope;
use crate::error::{Error, Kind};
use crate::graphql::error::{failure, issuer_rejected};
use crate::graphql::execution::changed_customer::{ChangedCustomer, act, request};
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::execution::request_context::RequestContext;
use crate::graphql::schema::requires_scope::RequiresScope;
use crate::services::customer_actions::{Action, Done, SourceOfFundsAnswer};

#[derive(Default)]
pub(super) struct OnboardingMutations;

#[Object]
impl OnboardingMutations {
    /// Adds a customer, who gets an e-mail with a code. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn onboard_card_customer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer to add.")] input: OnboardCardCustomerInput,
    ) -> Result<Option<DirectObject<OnboardCardCustomerPayload>>> {
        let OnboardCardCustomerInput { client_mutation_id, email, external_customer_id } = input;
        let viewer = &RequestContext::of(ctx)?.viewer;
        let actions = &viewer.services.customer_actions;
        let external = external_customer_id.as_deref();
        let outcome = actions.onboard(&viewer.principal, &email, external, request(ctx)?).await;
        let Done { customer, .. } = outcome.map_err(failure)?.map_err(issuer_rejected)?;
        let customer = ChangedCustomer::new(Arc::clone(viewer), customer);
        Ok(Some(DirectObject(OnboardCardCustomerPayload { customer, client_mutation_id })))
    }

    /// Checks the code from the customer's e-mail. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn verify_card_customer_otp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer, and the code.")] input: VerifyCardCustomerOtpInput,
    ) -> Result<Option<DirectObject<VerifyCardCustomerOtpPayload>>> {
        let VerifyCardCustomerOtpInput { client_mutation_id, identifier, otp } = input;
        let (customer, _) = act(ctx, &identifier, Action::verify_otp(&otp)).await?;
        Ok(Some(DirectObject(VerifyCardCustomerOtpPayload { customer, client_mutation_id })))
    }

    /// Sends the e-mail with the code again. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn resend_card_customer_otp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer.")] input: ResendCardCustomerOtpInput,
    ) -> Result<Option<DirectObject<ResendCardCustomerOtpPayload>>> {
        let ResendCardCustomerOtpInput { client_mutation_id, identifier } = input;
        let (customer, _) = act(ctx, &identifier, Action::resend_otp()).await?;
        Ok(Some(DirectObject(ResendCardCustomerOtpPayload { customer, client_mutation_id })))
    }

    /// Begins the identity check: returns the address of a page for the customer. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn request_kyc_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer.")] input: RequestKycLinkInput,
    ) -> Result<Option<DirectObject<RequestKycLinkPayload>>> {
        let RequestKycLinkInput { client_mutation_id, identifier, refresh } = input;
        let action = Action::kyc_link(refresh.unwrap_or(false));
        let (customer, data) = act(ctx, &identifier, action).await?;
        let kyc_url = data["kyc_url"].as_str().ok_or_else(|| {
            let message = "The issuer gives no link at the moment";
            failure(Error::new(Kind::Unavailable, message).because("its answer has no kyc_url"))
        })?;
        let kyc_url = kyc_url.to_owned();
        Ok(Some(DirectObject(RequestKycLinkPayload { customer, kyc_url, client_mutation_id })))
    }

    /// Accepts the terms in the customer's name. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn accept_terms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer.")] input: AcceptTermsInput,
    ) -> Result<Option<DirectObject<AcceptTermsPayload>>> {
        let AcceptTermsInput { client_mutation_id, identifier } = input;
        let (customer, _) = act(ctx, &identifier, Action::accept_terms()).await?;
        Ok(Some(DirectObject(AcceptTermsPayload { customer, client_mutation_id })))
    }

    /// Answers the questions about the source of funds: see `sourceOfFundsQuestions`. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn submit_source_of_funds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer, and the answers.")] input: SubmitSourceOfFundsInput,
    ) -> Result<Option<DirectObject<SubmitSourceOfFundsPayload>>> {
        let SubmitSourceOfFundsInput { client_mutation_id, identifier, answers } = input;
        let answers = answers
            .into_iter()
            .map(|given| SourceOfFundsAnswer { question: given.question, answer: given.answer });
        let answers: Vec<SourceOfFundsAnswer> = answers.collect();
        let action = Action::answer_source_of_funds(&answers);
        let (customer, _) = act(ctx, &identifier, action).await?;
        Ok(Some(DirectObject(SubmitSourceOfFundsPayload { customer, client_mutation_id })))
    }

    /// Sends a text message with a code to a phone number. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn request_phone_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer, and the phone number.")]
        input: RequestPhoneVerificationInput,
    ) -> Result<Option<DirectObject<RequestPhoneVerificationPayload>>> {
        let RequestPhoneVerificationInput { client_mutation_id, identifier, phone_number } = input;
        let action = Action::request_phone_verification(&phone_number);
        let (customer, _) = act(ctx, &identifier, action).await?;
        Ok(Some(DirectObject(RequestPhoneVerificationPayload { customer, client_mutation_id })))
    }

    /// Checks the code from the text message. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn verify_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer, and the code.")] input: VerifyPhoneInput,
    ) -> Result<Option<DirectObject<VerifyPhonePayload>>> {
        let VerifyPhoneInput { client_mutation_id, identifier, code } = input;
        let (customer, _) = act(ctx, &identifier, Action::verify_phone(&code)).await?;
        Ok(Some(DirectObject(VerifyPhonePayload { customer, client_mutation_id })))
    }
}
