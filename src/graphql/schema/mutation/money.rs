//! Mutations that move money.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::payloads::{FundCardCustomerPayload, WithdrawFromCardPayload};
use crate::domain::money::{Currency as Money, Minor};
use crate::domain::payment::Payment;
use crate::domain::scope::Scope;
use crate::error::{Error, FieldError, Kind};
use crate::graphql::error::{failure, issuer_rejected};
use crate::graphql::execution::changed_customer::{ChangedCustomer, named};
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::execution::request_context::RequestContext;
use crate::graphql::execution::viewer::Viewer;
use crate::graphql::schema::enums::{Currency, PricingMode, SourceChain};
use crate::graphql::schema::requires_scope::RequiresScope;
use crate::graphql::schema::scalars::Decimal;
use crate::services::customer_actions::Rejection;
use crate::services::funding::{
    FundRequest, IdempotencyKey, Outcome, Refusal, Who, WithdrawRequest,
};

/// The issuer's code for a customer who is not there.
const NO_CUSTOMER: &str = "CUSTOMER_NOT_FOUND";

/// Input of `fundCardCustomer`.
#[derive(InputObject)]
pub(crate) struct FundCardCustomerInput {
    /// How much, in US dollars; at least "5.00".
    amount: Decimal,
    /// Any text; the payload repeats it.
    client_mutation_id: Option<String>,
    /// The currency that you expect the customer's wallet to have. Another one is an error.
    destination_currency: Option<Currency>,
    /// A text of your own for this payment, 1 to 255 visible characters: sent again with the same input, it is never paid twice.
    idempotency_key: String,
    /// The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case).
    identifier: ID,
    /// Which amount is exact. Default: `SEND_X`.
    pricing_mode: Option<PricingMode>,
    /// The blockchain over which the master wallet pays.
    source_chain: SourceChain,
}

/// Input of `withdrawFromCard`.
#[derive(InputObject)]
pub(crate) struct WithdrawFromCardInput {
    /// How much, in the currency of the customer's wallet.
    amount: Decimal,
    /// Any text; the payload repeats it.
    client_mutation_id: Option<String>,
    /// A text of your own for this payment, 1 to 255 visible characters: sent again with the same input, it is never paid twice.
    idempotency_key: String,
    /// The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case). By e-mail address only a customer with exactly one card.
    identifier: ID,
}

#[derive(Default)]
pub(super) struct MoneyMutations;

#[Object]
impl MoneyMutations {
    /// Pays a customer from the program's master wallet. The same `idempotencyKey` and input give the first answer again, for 7 days. Needs the scope `money`.
    #[graphql(guard = "RequiresScope(Scope::Money)")]
    async fn fund_card_customer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer, and the amount.")] input: FundCardCustomerInput,
    ) -> Result<Option<DirectObject<FundCardCustomerPayload>>> {
        let key = key(&input.idempotency_key)?;
        let request = FundRequest {
            who: Who::Any(named(&input.identifier)?),
            amount: minor(&input.amount)?,
            source_chain: input.source_chain.into(),
            pricing_mode: input.pricing_mode.map(Into::into).unwrap_or_default(),
            destination_token: input.destination_currency.map(Into::into),
        };
        let viewer = &RequestContext::of(ctx)?.viewer;
        let Viewer { principal, services } = &**viewer;
        let outcome = Box::pin(services.funding.fund(principal, Some(&key), &request)).await;
        let (customer, payment) = paid(viewer, outcome.map_err(failure)?).await?;
        let client_mutation_id = input.client_mutation_id;
        Ok(Some(DirectObject(FundCardCustomerPayload { customer, payment, client_mutation_id })))
    }

    /// Takes money from a customer's card back to the program's master wallet. The card is frozen until the issuer is done, about three minutes. The same `idempotencyKey` and input give the first answer again, for 7 days. Needs the scope `money`.
    #[graphql(guard = "RequiresScope(Scope::Money)")]
    async fn withdraw_from_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer, and the amount.")] input: WithdrawFromCardInput,
    ) -> Result<Option<DirectObject<WithdrawFromCardPayload>>> {
        let key = key(&input.idempotency_key)?;
        let request =
            WithdrawRequest { who: named(&input.identifier)?, amount: minor(&input.amount)? };
        let viewer = &RequestContext::of(ctx)?.viewer;
        let Viewer { principal, services } = &**viewer;
        let outcome = Box::pin(services.funding.withdraw(principal, Some(&key), &request)).await;
        let (customer, payment) = paid(viewer, outcome.map_err(failure)?).await?;
        let client_mutation_id = input.client_mutation_id;
        Ok(Some(DirectObject(WithdrawFromCardPayload { customer, payment, client_mutation_id })))
    }
}

fn key(text: &str) -> Result<IdempotencyKey> {
    let wrong = |what| failure(Error::invalid(vec![FieldError::new("idempotencyKey", what)]));
    IdempotencyKey::parse(text).map_err(wrong)
}

fn minor(amount: &Decimal) -> Result<Minor> {
    Minor::parse(amount.as_text(), Money::DECIMALS).ok_or_else(|| {
        let wrong = FieldError::new("amount", "must be an amount with at most two decimals");
        failure(Error::invalid(vec![wrong]))
    })
}

/// A customer who is not there is the same error for all mutations.
fn refused(refusal: Refusal) -> async_graphql::Error {
    if refusal.code.as_deref() == Some(NO_CUSTOMER) {
        return failure(Error::new(Kind::NotFound, "There is no such customer"));
    }
    let message = refusal.message();
    issuer_rejected(Rejection::of(refusal.code, message))
}

/// The payment that the issuer has accepted, and its customer, who is read from the issuer
/// again.
async fn paid(viewer: &Arc<Viewer>, outcome: Outcome) -> Result<(ChangedCustomer, Payment)> {
    let payment = match outcome {
        Outcome::Accepted { payment, .. } => *payment,
        Outcome::Refused(refusal) => return Err(refused(refusal)),
    };
    let payee = payment.order.payee.as_ref();
    let payee = payee.ok_or_else(|| failure(Error::internal("the payment has no customer")))?;
    let Viewer { principal, services } = &**viewer;
    // The payment is made, whether or not that succeeds.
    let _ = services.issuer_calls.read_again(principal, &payee.yativo_card_id).await;
    let identifier = named(&ID(payee.id.clone()))?;
    Ok((ChangedCustomer::new(Arc::clone(viewer), identifier), payment))
}
