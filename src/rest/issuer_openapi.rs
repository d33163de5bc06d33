//! The description of the routes whose calls go on to the issuer.

use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, HttpMethod, OpenApi, Paths, Required, ResponseBuilder, ResponsesBuilder,
};

use crate::domain::identifier::MAX_LEN;
use crate::domain::issuer_routes::{Family, Kind, Method, ROUTES, Route};
use crate::http::openapi::needs_scope;

/// The tag of these routes.
const TAG: &str = "issuer";

/// Adds the routes of a family; their paths are relative to its prefix.
pub(super) fn add(document: &mut OpenApi, family: Family) {
    for route in ROUTES.iter().filter(|route| route.family() == family && route.is_forwarded()) {
        let method = match route.method {
            Method::Get => HttpMethod::Get,
            Method::Post => HttpMethod::Post,
            Method::Put => HttpMethod::Put,
            Method::Patch => HttpMethod::Patch,
            Method::Delete => HttpMethod::Delete,
        };
        let mut paths = Paths::new();
        let operation = operation(route).build();
        paths.add_path_operation(route.below_prefix(), vec![method], operation);
        needs_scope(&mut paths, route.scope);
        document.paths.merge(paths);
    }
}

fn operation(route: &Route) -> OperationBuilder {
    let mut operation = OperationBuilder::new()
        .tag(TAG)
        .operation_id(Some(operation_id(route)))
        .summary(Some(route.summary))
        .description(Some(description(route)));
    for name in route.parameters() {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.min_length(Some(1)).max_length(Some(MAX_LEN));
        let parameter = ParameterBuilder::new()
            .name(name)
            .description(Some(words(name)))
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(text));
        operation = operation.parameter(parameter);
    }
    for name in route.query {
        let parameter = ParameterBuilder::new()
            .name(*name)
            .description(Some("Sent to the issuer as it is."))
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
        operation = operation.parameter(parameter);
    }
    if !route.is_read() {
        let body = RequestBodyBuilder::new()
            .description(Some("As the issuer documents it."))
            .content("application/json", ContentBuilder::new().build());
        operation = operation.request_body(Some(body.build()));
    }
    let answer = |words: &str| {
        let content = ContentBuilder::new().build();
        ResponseBuilder::new().description(words).content("application/json", content)
    };
    let responses = ResponsesBuilder::new()
        .response("2XX", answer("The issuer's answer, as it is."))
        .response("default", answer("The issuer's refusal, as it is, or an error of the gateway."));
    operation.responses(responses)
}

/// What a parameter of the path is.
fn words(name: &str) -> &'static str {
    match name {
        "customerId" => "The customer's `yativo_card_id`, `id` or `external_customer_id`.",
        "yativoCardId" => "The customer's `yativo_card_id`.",
        _ => "The issuer's name for it.",
    }
}

fn description(route: &Route) -> String {
    let mut words = String::from(match route.kind {
        Kind::Refreshed(_) => {
            "The call goes to the issuer, and the issuer's answer comes back. After a success, \
             the customer is read again, so that the next read here shows the change."
        }
        Kind::Optional(_) => {
            "The call goes to the issuer if the operator allows it; otherwise it is `forbidden`."
        }
        _ => "The call goes to the issuer, and the issuer's answer comes back.",
    });
    if route.cached_seconds > 0 {
        let seconds = route.cached_seconds.to_string();
        words.extend([" A successful answer may be up to ", seconds.as_str(), " seconds old."]);
    }
    words
}

/// A name for programs: `POST …/customers/{yativoCardId}/safe/deploy` is
/// `postYativoCardCustomersSafeDeploy`.
fn operation_id(route: &Route) -> String {
    let words = route.path.split('/').skip(2).filter(|word| !word.starts_with('{'));
    let mut id = route.method.as_ref().to_lowercase();
    for word in words.flat_map(|word| word.split('-')) {
        let mut letters = word.chars();
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(letters.as_str());
    }
    if route.path.ends_with('}') {
        id.push_str("One");
    }
    id
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_operation_has_a_name_of_its_own() {
        let forwarded: Vec<&Route> = ROUTES.iter().filter(|route| route.is_forwarded()).collect();
        let names: BTreeSet<String> = forwarded.iter().map(|route| operation_id(route)).collect();
        assert_eq!(names.len(), forwarded.len());
        assert!(names.contains("postYativoCardCustomersSafeDeploy"), "{names:?}");
    }
}
