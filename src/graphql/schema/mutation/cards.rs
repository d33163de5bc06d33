//! Mutations of cards.

use async_graphql::{Context, Object, Result};

use super::card_inputs::{
    CardReportReason, CreateVirtualCardInput, FreezeCardInput, ReportCardInput, UnfreezeCardInput,
    VoidCardInput,
};
use super::payloads::{
    CreateVirtualCardPayload, FreezeCardPayload, ReportCardPayload, UnfreezeCardPayload,
    VoidCardPayload,
};
use crate::domain::scope::Scope;
use crate::graphql::execution::changed_customer::act;
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::schema::requires_scope::RequiresScope;
use crate::services::customer_actions::Action;

#[derive(Default)]
pub(super) struct CardMutations;

#[Object]
impl CardMutations {
    /// Creates a virtual card for a customer. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn create_virtual_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer.")] input: CreateVirtualCardInput,
    ) -> Result<Option<DirectObject<CreateVirtualCardPayload>>> {
        let action = Action::create_virtual_card();
        let (customer, data) = act(ctx, &input.identifier, action).await?;
        let card_id = data["card_id"].as_str().unwrap_or_default().to_owned();
        let client_mutation_id = input.client_mutation_id;
        Ok(Some(DirectObject(CreateVirtualCardPayload { customer, card_id, client_mutation_id })))
    }

    /// Freezes a card: nothing can be paid with it until it is unfrozen. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn freeze_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The card.")] input: FreezeCardInput,
    ) -> Result<Option<DirectObject<FreezeCardPayload>>> {
        let FreezeCardInput { card_id, client_mutation_id, identifier } = input;
        let (customer, _) = act(ctx, &identifier, Action::freeze_card(&card_id)).await?;
        Ok(Some(DirectObject(FreezeCardPayload {
            customer,
            card_id: card_id.0,
            client_mutation_id,
        })))
    }

    /// Reports a card lost or stolen. It cannot be used again. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn report_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The card, and what has happened to it.")] input: ReportCardInput,
    ) -> Result<Option<DirectObject<ReportCardPayload>>> {
        let ReportCardInput { card_id, client_mutation_id, identifier, reason } = input;
        let action = match reason {
            CardReportReason::Lost => Action::report_lost(&card_id),
            CardReportReason::Stolen => Action::report_stolen(&card_id),
        };
        let (customer, _) = act(ctx, &identifier, action).await?;
        Ok(Some(DirectObject(ReportCardPayload {
            customer,
            card_id: card_id.0,
            client_mutation_id,
        })))
    }

    /// Unfreezes a card. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn unfreeze_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The card.")] input: UnfreezeCardInput,
    ) -> Result<Option<DirectObject<UnfreezeCardPayload>>> {
        let UnfreezeCardInput { card_id, client_mutation_id, identifier } = input;
        let (customer, _) = act(ctx, &identifier, Action::unfreeze_card(&card_id)).await?;
        Ok(Some(DirectObject(UnfreezeCardPayload {
            customer,
            card_id: card_id.0,
            client_mutation_id,
        })))
    }

    /// Closes a virtual card. It cannot be opened again. Needs the scope `write`.
    #[graphql(guard = "RequiresScope(Scope::Write)")]
    async fn void_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The card.")] input: VoidCardInput,
    ) -> Result<Option<DirectObject<VoidCardPayload>>> {
        let VoidCardInput { card_id, client_mutation_id, identifier } = input;
        let (customer, _) = act(ctx, &identifier, Action::void_card(&card_id)).await?;
        Ok(Some(DirectObject(VoidCardPayload { customer, card_id: card_id.0, client_mutation_id })))
    }
}
