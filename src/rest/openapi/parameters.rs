//! What can be asked for.

use utoipa::ToSchema;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Required, Schema};

use super::values::{text, whole};
use crate::domain::identifier;
use crate::domain::page::{DEFAULT_SIZE, MAX_PAGE, MAX_SIZE};

/// Any characters but those that control something.
const NAME: &str = r"^[^\u0000-\u001f\u007f-\u009f]+$";

/// The page of a list, and how many items it has.
pub(super) fn page() -> [Parameter; 3] {
    let page = whole(1).maximum(Some(MAX_PAGE)).default(Some(1.into()));
    let size = || whole(1).maximum(Some(MAX_SIZE));
    [
        query("page", page, "The number of the page. Behind the last one there is an empty page.")
            .example(Some(1.into()))
            .build(),
        query("limit", size().default(Some(DEFAULT_SIZE.into())), "How many a page has.")
            .example(Some(20.into()))
            .build(),
        query("per_page", size(), "Another name of `limit`; the two must not differ.").build(),
    ]
}

/// Which of the contract's names something must have.
pub(super) fn status<T: ToSchema>(words: &str, example: &str) -> Parameter {
    let schema = Ref::from_schema_name(T::name());
    query("status", schema, words).example(Some(example.into())).build()
}

/// Whether balances are asked for.
pub(super) fn include_balances() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(true.into()));
    let words = "`false`: no balance work is done at all, and the four balance members are null.";
    query("include_balances", schema, words).build()
}

/// Whom it is about.
pub(super) fn customer() -> Parameter {
    let longest = identifier::MAX_LEN;
    let words = format!(
        "Any of the customer's `id`, `yativo_card_id`, `external_customer_id` and e-mail address \
         (compared without case); at most {longest} bytes of UTF-8."
    );
    let schema = text().min_length(Some(1)).max_length(Some(longest)).pattern(Some(NAME));
    ParameterBuilder::new()
        .name("customerId")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(words))
        .schema(Some(schema))
        .example(Some("usr_1207".into()))
        .build()
}

/// A parameter of a query. An empty value counts as absent, an unknown name is
/// ignored.
fn query(name: &str, schema: impl Into<RefOr<Schema>>, words: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(words))
        .schema(Some(schema))
        // The library has no member for it.
        .extensions(Some(Extensions::from_iter([("allowEmptyValue", true)])))
}
