//! Cards, as the customers' own pages of the contract show them: with other members than
//! everywhere else.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;
use utoipa::{IntoParams, ToSchema};

use super::handlers::find;
use super::params::{PageParams, Query, identifier};
use super::reply::{Caller, Failure, Request, json, response};
use super::responses::{CustomerNotFound, InvalidParameter, NotApproved};
use super::wire::Time;
use crate::domain::card::{Card as DomainCard, CardStatus, CardType, ListedCard};
use crate::domain::customer::{FoundCustomer, Include};
use crate::domain::principal::Principal;
use crate::error::{Error, FieldError};
use crate::services::Services;
use crate::services::cards::part_of;

/// The customer in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct HolderPath {
    /// The customer's `yativo_card_id`, or any other identifier; at most 320 bytes of UTF-8.
    #[serde(rename = "yativoCardId")]
    #[param(
        min_length = 1,
        max_length = 320,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]+$",
        example = "yativo_card_customer_4c1de2_1769031332068"
    )]
    yativo_card_id: String,
}

/// Which cards.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the parameters")]
pub(super) struct CardListParams {
    /// Only cards with this status.
    #[param(example = "active")]
    status: Option<CardStatus>,
    /// Only cards of the customer with this `external_customer_id`, or another identifier.
    #[param(max_length = 320, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    external_customer_id: Option<String>,
    /// Only cards of the customer with this `id`, or another identifier.
    #[param(max_length = 320, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    customer_id: Option<String>,
}

/// A customer's cards.
#[derive(Serialize, ToSchema)]
pub(super) struct CustomerCards<'a> {
    /// The card issuer's identifier of the customer.
    yativo_card_id: &'a str,
    /// Every card, newest first.
    cards: Vec<CustomerCard<'a>>,
    /// The number of cards.
    #[schema(minimum = 0)]
    total: usize,
}

/// A card of a customer.
#[derive(Serialize, ToSchema)]
struct CustomerCard<'a> {
    /// The issuer's identifier of the card: a UUID.
    card_id: &'a str,
    /// Whether the card is virtual or physical.
    #[schema(value_type = CardType)]
    card_type: &'static str,
    /// The card's status, in the card network's word.
    #[schema(pattern = "^(active|Frozen|Blocked|Lost|Stolen|Voided)$")]
    status_name: &'static str,
    /// Whether the customer has frozen the card temporarily.
    is_frozen: bool,
    /// The last four digits of the card number.
    #[schema(pattern = "^[0-9]{4}$")]
    last_four_digits: &'a str,
    /// Always null: names of holders are not kept here.
    holder_name: Option<&'static str>,
    /// When the card was activated.
    activated_at: Option<Time>,
}

/// One page of the program's cards.
#[derive(Serialize, ToSchema)]
pub(super) struct ProgramCards<'a> {
    /// Newest first; empty after the last page.
    cards: Vec<ProgramCard<'a>>,
    /// The number of items on all pages.
    #[schema(minimum = 0)]
    total: i64,
    /// The number of this page.
    #[schema(minimum = 1)]
    page: i64,
    /// The number of items on a page.
    #[schema(minimum = 1, maximum = 100)]
    limit: i64,
}

/// A card of any customer of the program.
#[derive(Serialize, ToSchema)]
struct ProgramCard<'a> {
    /// The card issuer's identifier of the customer.
    yativo_card_id: &'a str,
    /// The program's identifier of the customer.
    external_customer_id: Option<&'a str>,
    #[serde(flatten)]
    card: CustomerCard<'a>,
}

impl<'a> CustomerCard<'a> {
    fn of(card: &'a DomainCard) -> Self {
        Self {
            card_id: &card.card_id,
            card_type: card.card_type.into(),
            status_name: status_name(card),
            is_frozen: card.status == CardStatus::Frozen,
            last_four_digits: &card.last_four,
            holder_name: None,
            activated_at: card.activated_at.map(Time),
        }
    }
}

impl<'a> ProgramCard<'a> {
    fn of(listed: &'a ListedCard) -> Self {
        Self {
            yativo_card_id: &listed.yativo_card_id,
            external_customer_id: listed.external_customer_id.as_deref(),
            card: CustomerCard::of(&listed.card),
        }
    }
}

/// The card network's word for a card's status.
const fn status_name(card: &DomainCard) -> &'static str {
    match card.status {
        _ if card.is_stolen => "Stolen",
        CardStatus::Active => "active",
        CardStatus::Frozen => "Frozen",
        CardStatus::Blocked => "Blocked",
        CardStatus::Lost => "Lost",
        CardStatus::Voided => "Voided",
    }
}

/// List a customer's cards
///
/// All cards of one customer, newest first.
#[utoipa::path(
    get,
    path = "/customers/{yativoCardId}/cards",
    operation_id = "listCustomerCards",
    params(HolderPath),
    responses(
        (status = 200, description = "The customer's cards.", body = CustomerCards<'static>),
        (status = 400, response = InvalidParameter),
        (status = 403, response = NotApproved),
        (status = 404, response = CustomerNotFound),
    ),
)]
pub(super) async fn of_one(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    path: Result<Path<HolderPath>, PathRejection>,
) -> Response {
    const NAME: &str = "yativoCardId";
    let answer = async {
        let name = match &path {
            Ok(Path(path)) => identifier(NAME, &path.yativo_card_id)?,
            Err(_) => {
                return Err(Error::invalid(vec![FieldError::new(NAME, "must be UTF-8")]).into());
            }
        };
        let found = find(&services, &principal, &name, WITH_CARDS).await?;
        json(&CustomerCards {
            yativo_card_id: &found.customer.yativo_card_id,
            cards: found.cards.iter().map(CustomerCard::of).collect(),
            total: found.cards.len(),
        })
    };
    response(answer.await, &request)
}

const WITH_CARDS: Include = Include { balances: false, cards: true };

/// List cards
///
/// The cards of all customers of the program, newest first. The contract does not say what
/// this route returns: these are the items of the list of one customer, with the customer's
/// identifiers. If both `customer_id` and `external_customer_id` are given, they must mean
/// the same customer.
#[utoipa::path(
    get,
    path = "/customers/cards",
    operation_id = "listCards",
    params(PageParams, CardListParams),
    responses(
        (status = 200, description = "A page of cards.", body = ProgramCards<'static>),
        (status = 400, response = InvalidParameter),
        (status = 403, response = NotApproved),
        (status = 404, response = CustomerNotFound),
    ),
)]
pub(super) async fn of_all(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    RawQuery(query): RawQuery,
) -> Response {
    let answer = async {
        let mut query = Query::parse(query.as_deref());
        let page = PageParams::read(&mut query);
        let statuses = CardStatus::VARIANTS.iter().map(<&str>::from);
        let status: Option<CardStatus> = query.choice("status", statuses);
        let names = ["customer_id", "external_customer_id"];
        let names = names.map(|name| query.value(name).map(|text| (name, text)));
        query.finish()?;
        let (cards, total) = match holder(&services, &principal, names).await? {
            Some(holder) => part_of(&holder, status, &page.window()),
            None => services.cards.of_program(&principal, status, &page.window()).await?,
        };
        json(&ProgramCards {
            cards: cards.iter().map(ProgramCard::of).collect(),
            total,
            page: page.page(),
            limit: page.limit(),
        })
    };
    response(answer.await, &request)
}

/// The customer that all names mean which are given; none if none is.
async fn holder(
    services: &Services,
    principal: &Principal,
    names: [Option<(&'static str, String)>; 2],
) -> Result<Option<Arc<FoundCustomer>>, Failure> {
    let mut holder: Option<Arc<FoundCustomer>> = None;
    for (field, text) in names.into_iter().flatten() {
        let found = find(services, principal, &identifier(field, &text)?, WITH_CARDS).await?;
        if holder.is_some_and(|holder| holder.customer.id != found.customer.id) {
            return Err(Failure::customer_not_found());
        }
        holder = Some(found);
    }
    Ok(holder)
}
