//! The look-up of one customer by a name of a stated kind.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use strum::VariantArray as _;
use utoipa::{IntoParams, ToSchema};

use super::params::{Query, identifier};
use super::reply::{Caller, Failure, Request, json, response};
use super::responses::{CustomerNotFound, MissingIdentifier, NotApproved};
use super::wire::Time;
use crate::domain::card::{Card as DomainCard, CardStatus, CardType};
use crate::domain::customer::FoundCustomer;
use crate::domain::customer_names::{Name, NameKind};
use crate::domain::money::Currency;
use crate::domain::onboarding::FlowStatus;
use crate::services::Services;

/// Whom to look up: exactly one of these.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the parameters, which are read by their kind")]
pub(super) struct LookUpParams {
    /// The customer's `id`.
    #[param(max_length = 320, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    id: Option<String>,
    /// The customer's `yativo_card_id`.
    #[param(max_length = 320, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    yativo_card_id: Option<String>,
    /// The customer's `id` or `yativo_card_id`.
    #[param(max_length = 320, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    customer_id: Option<String>,
    /// The `card_id` of one of the customer's cards, or the card network's token.
    #[param(max_length = 320, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    card_id: Option<String>,
    /// The customer's `external_customer_id`.
    #[param(max_length = 320, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$", example = "usr_1207")]
    external_id: Option<String>,
    /// The customer's e-mail address (case-insensitive).
    #[param(max_length = 320, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    email: Option<String>,
}

/// A customer who was looked up.
#[derive(Serialize, ToSchema)]
pub(super) struct LookedUpCustomer<'a> {
    /// The card issuer's identifier of the customer.
    yativo_card_id: &'a str,
    /// The program's identifier of the customer.
    external_id: Option<&'a str>,
    /// The e-mail address as the customer entered it.
    #[schema(pattern = "@")]
    email: &'a str,
    /// The onboarding status, in the issuer's word.
    #[schema(value_type = FlowStatus)]
    flow_status: &'a str,
    /// The wallet's currency; null until the identity check assigns a region.
    #[schema(value_type = Option<Currency>)]
    currency: Option<&'static str>,
    /// The token that the wallet holds: `EURe`, `GBPe` or `USDCe`; null without a currency.
    token: Option<&'static str>,
    /// Whether the account wallet exists.
    safe_deployed: bool,
    /// The number of cards that are not void.
    cards_count: i64,
    /// Every card, newest first.
    cards: Vec<LookedUpCard<'a>>,
    /// When the customer was onboarded.
    created_at: Time,
}

/// A card of a customer who was looked up.
#[derive(Serialize, ToSchema)]
struct LookedUpCard<'a> {
    /// The issuer's identifier of the card: a UUID.
    card_id: &'a str,
    /// The last four digits of the card number.
    #[schema(pattern = "^[0-9]{4}$")]
    last_four: &'a str,
    /// Whether the card is virtual or physical.
    #[schema(value_type = CardType)]
    card_type: &'static str,
    /// Whether the customer has frozen the card temporarily.
    is_frozen: bool,
    /// Whether the card was reported lost.
    is_lost: bool,
    /// Whether the issuer has blocked the card.
    is_blocked: bool,
    /// The card's status.
    #[schema(value_type = CardStatus)]
    status: &'static str,
}

impl<'a> LookedUpCustomer<'a> {
    fn of(found: &'a FoundCustomer) -> Self {
        let FoundCustomer { customer, cards, .. } = found;
        Self {
            yativo_card_id: &customer.yativo_card_id,
            external_id: customer.external_customer_id.as_deref(),
            email: &customer.email,
            flow_status: customer.onboarding.status(),
            currency: customer.currency.map(Into::into),
            token: customer.currency.map(Currency::token),
            safe_deployed: customer.safe_deployed,
            cards_count: customer.cards_count(cards),
            cards: cards.iter().map(LookedUpCard::of).collect(),
            created_at: Time(customer.created_at),
        }
    }
}

impl<'a> LookedUpCard<'a> {
    fn of(card: &'a DomainCard) -> Self {
        Self {
            card_id: &card.card_id,
            last_four: &card.last_four,
            card_type: card.card_type.into(),
            is_frozen: card.status == CardStatus::Frozen,
            is_lost: card.status == CardStatus::Lost,
            is_blocked: card.status == CardStatus::Blocked,
            status: card.status.into(),
        }
    }
}

/// Look a customer up
///
/// One customer by exactly one identifier, of a stated kind. Among customers with the same
/// identifier, the newest one is returned.
#[utoipa::path(
    get,
    path = "/lookup-customer",
    operation_id = "lookUpCustomer",
    params(LookUpParams),
    responses(
        (status = 200, description = "The customer.", body = LookedUpCustomer<'static>),
        (status = 400, response = MissingIdentifier),
        (status = 403, response = NotApproved),
        (status = 404, response = CustomerNotFound),
    ),
)]
pub(super) async fn look_up(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    RawQuery(query): RawQuery,
) -> Response {
    let answer = async {
        let name = name(Query::parse(query.as_deref()))?;
        let found = services.customers.look_up(&principal, &name).await?;
        let found = found.ok_or_else(Failure::customer_not_found)?;
        json(&LookedUpCustomer::of(&found))
    };
    response(answer.await, &request)
}

/// The only name in a query.
fn name(mut query: Query) -> Result<Name, Failure> {
    let mut given = Vec::new();
    for kind in NameKind::VARIANTS {
        if let Some(text) = query.value(kind.into()) {
            given.push((*kind, text));
        }
    }
    // A name that is given twice, with different values.
    query.finish()?;
    let [(kind, text)] = &given[..] else { return Err(Failure::missing_identifier()) };
    Ok(Name { kind: *kind, text: identifier(kind.into(), text)? })
}
