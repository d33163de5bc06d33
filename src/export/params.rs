//! The query string of an export. All of it must be known: an export that ignores a condition
//! has too many customers.

use strum::VariantArray;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Required, Schema};

use crate::domain::customer_filter::{CustomerFilter, MAX_VALUES};
use crate::domain::money::Currency;
use crate::domain::nearest::nearest;
use crate::domain::onboarding::{FlowStatus, KycStatus};
use crate::error::{Error, FieldError, Result};
use crate::services::export::FilterTexts;

/// Which customers. All that is given must hold; of a parameter that is repeated, one value.
pub(super) struct FilterParams;

/// The parameters, with what they say.
const PARAMETERS: [(&str, &str); 11] = [
    ("statuses", "Onboarding stages. Repeat it for several."),
    (
        "issuer_flow_statuses",
        "The issuer's statuses, exactly as it writes them. Repeat it for several.",
    ),
    ("kyc_statuses", "States of the identity check. Repeat it for several."),
    ("currencies", "Currencies of wallets. Repeat it for several."),
    ("safe_deployed", "Whether the account wallet exists on the blockchain."),
    ("has_cards", "Whether there is a card that is not void."),
    ("created_from", "Created at this time or later (RFC 3339)."),
    ("created_to", "Created before this time."),
    ("updated_from", "Changed last at this time or later."),
    ("updated_to", "Changed last before this time."),
    (
        "search",
        "The beginning of the e-mail address, of its domain, or of `external_customer_id`, \
         `yativo_card_id` or `id`: at least 2 characters, without case.",
    ),
];

impl IntoParams for FilterParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |(name, description): &(&str, &str)| {
            ParameterBuilder::new()
                .name(*name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(*description))
                .schema(Some(schema(name)))
                .build()
        };
        PARAMETERS.iter().map(parameter).collect()
    }
}

/// Their names.
fn names() -> impl Iterator<Item = &'static str> {
    PARAMETERS.iter().map(|(name, _)| *name)
}

/// The longest part of an unknown name that is shown, in characters.
const SHOWN: usize = 40;

/// The filter that a query string says. An empty value counts as absent.
///
/// # Errors
/// `Invalid`, with every parameter that is unknown, given twice, or invalid.
pub(super) fn filter(query: Option<&str>) -> Result<CustomerFilter> {
    let mut texts = FilterTexts::default();
    let mut wrong = Vec::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let Some(name) = names().find(|known| *known == name) else {
            wrong.push(FieldError::new("query", unknown(&name)));
            continue;
        };
        if !value.is_empty() && !take(&mut texts, name, value.into_owned()) {
            wrong.push(FieldError::new(name, "is given more than once"));
        }
    }
    match texts.checked() {
        Ok(filter) if wrong.is_empty() => Ok(filter),
        Ok(_) => Err(Error::invalid(wrong)),
        Err(error) => {
            wrong.extend_from_slice(error.fields());
            Err(Error::invalid(wrong))
        }
    }
}

/// Takes the value of a parameter; not if it has another value already, and may have one.
fn take(texts: &mut FilterTexts, name: &'static str, value: String) -> bool {
    let one = match name {
        "statuses" => return push(&mut texts.statuses, value),
        "issuer_flow_statuses" => return push(&mut texts.issuer_flow_statuses, value),
        "kyc_statuses" => return push(&mut texts.kyc_statuses, value),
        "currencies" => return push(&mut texts.currencies, value),
        "safe_deployed" => &mut texts.safe_deployed,
        "has_cards" => &mut texts.has_cards,
        "created_from" => &mut texts.created_from,
        "created_to" => &mut texts.created_to,
        "updated_from" => &mut texts.updated_from,
        "updated_to" => &mut texts.updated_to,
        _ => &mut texts.search,
    };
    let is_first = one.as_ref().is_none_or(|other| *other == value);
    *one = Some(value);
    is_first
}

fn push(list: &mut Vec<String>, value: String) -> bool {
    list.push(value);
    true
}

fn unknown(name: &str) -> String {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    match nearest(name, names()) {
        Some(near) => format!("has no parameter {shown}; did you mean {near}?"),
        None => {
            format!("has no parameter {shown}; it has {}", names().collect::<Vec<_>>().join(", "))
        }
    }
}

fn schema(name: &str) -> RefOr<Schema> {
    let one = |of: ObjectBuilder| RefOr::from(of.build());
    match name {
        "statuses" => list(one_of::<FlowStatus>()),
        "issuer_flow_statuses" => list(text()),
        "kyc_statuses" => list(one_of::<KycStatus>()),
        "currencies" => list(one_of::<Currency>()),
        "safe_deployed" | "has_cards" => one(ObjectBuilder::new().schema_type(Type::Boolean)),
        "search" => one(search()),
        _ => one(time()),
    }
}

/// Two characters that are no spaces, and no control characters.
const SEARCHED: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f]\
    [^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f]\
    [^\\u0000-\\u001f\\u007f-\\u009f]*$";

fn search() -> ObjectBuilder {
    text().min_length(Some(2)).max_length(Some(320)).pattern(Some(SEARCHED)).examples(["mira@"])
}

fn time() -> ObjectBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    text().format(Some(format)).examples(["2026-04-20T08:00:00Z"])
}

fn one_of<T: VariantArray + AsRef<str>>() -> ObjectBuilder {
    text().enum_values(Some(T::VARIANTS.iter().map(AsRef::as_ref)))
}

fn list(items: ObjectBuilder) -> RefOr<Schema> {
    ArrayBuilder::new().items(items).max_items(Some(MAX_VALUES)).build().into()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
