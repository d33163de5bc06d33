//! The cost of an operation, computed before it runs: a field costs one, a balance field
//! two, and everything below a list is multiplied by the maximum length of the list. A page
//! costs at least its size; to count a filtered list and to call the issuer costs more.

use async_graphql::{Name, Value, Variables};
use async_graphql_value::Value as Argument;

use super::operation::{Field, objects};
use crate::domain::page::{DEFAULT_SIZE, MAX_SIZE};

/// The fields that need a balance.
pub(crate) const BALANCE_FIELDS: &[&str] = &[
    "ledgerBalance",
    "availableBalance",
    "pendingBalance",
    "balanceFreshness",
    "balanceUpdatedAt",
];
/// The fields that load a page, whose size is an argument.
const PAGES: &[&str] =
    &["cardCustomers", "cardCustomerChanges", "cardTransactions", "transactions", "fundings"];
/// The lists of a page.
const PAGE_LISTS: &[&str] = &["nodes", "edges"];
/// Other lists, and how long they are, roughly.
const LISTS: &[(&str, usize)] = &[
    ("cards", 3),
    ("byStatus", 7),
    ("balances", 3),
    ("completedSteps", 1),
    ("options", 1),
    ("questions", 10),
];
/// The fields that call the issuer, whose limits all callers of a program share: each
/// mutation, and a query.
const ISSUER_CALLS: &[&str] = &[
    "acceptTerms",
    "createVirtualCard",
    "freezeCard",
    "fundCardCustomer",
    "onboardCardCustomer",
    "reportCard",
    "requestKycLink",
    "requestPhoneVerification",
    "resendCardCustomerOtp",
    "sourceOfFundsQuestions",
    "submitSourceOfFunds",
    "unfreezeCard",
    "verifyCardCustomerOtp",
    "verifyPhone",
    "voidCard",
    "withdrawFromCard",
];
/// What such a call costs.
const ISSUER_CALL: usize = 500;
/// What it costs to count a filtered list.
const COUNT: usize = 100;

/// The cost of fields with these variables.
pub(crate) fn of(fields: &[Field], variables: &Variables) -> usize {
    sum(fields, 1, variables)
}

/// `page` is the size of the page to which the fields belong. Of objects that can be of several
/// types, those of the most expensive one are counted.
fn sum(fields: &[Field], page: usize, variables: &Variables) -> usize {
    let of = |object: Option<&Name>| {
        let fields = fields.iter().filter(|field| field.on.as_ref() == object);
        fields.map(|field| cost(field, page, variables)).fold(0, usize::saturating_add)
    };
    let most = objects(fields).into_iter().map(|object| of(Some(object))).max();
    of(None).saturating_add(most.unwrap_or(0))
}

fn cost(field: &Field, page: usize, variables: &Variables) -> usize {
    let name = field.name();
    let below = |page| sum(&field.below, page, variables);
    let list = LISTS.iter().find(|(list, _)| *list == name);
    let each = |field: &Field, argument: &str| {
        let count = field.argument(argument).map_or(0, |ids| length(ids, variables));
        below(1).max(1).saturating_mul(count)
    };
    let inside = match name {
        // The schema is known, and small.
        "__schema" | "__type" | "_service" => 0,
        // Objects by their identifiers.
        "nodes" if field.argument("ids").is_some() => each(field, "ids"),
        "_entities" => each(field, "representations"),
        _ if PAGES.contains(&name) => {
            let size = page_size(field, variables);
            below(size).max(size).saturating_add(counting(field))
        }
        _ if PAGE_LISTS.contains(&name) => below(1).saturating_mul(page),
        _ if BALANCE_FIELDS.contains(&name) => 1,
        _ => below(1).saturating_mul(list.map_or(1, |(_, length)| *length)),
    };
    inside.saturating_add(1).saturating_add(issuer_call(name))
}

/// What the total of a filtered list costs besides: it may have to be counted.
fn counting(list: &Field) -> usize {
    let selects = |fields: &[Field], name: &str| fields.iter().any(|field| field.name() == name);
    let pages = |field: &Field| field.name() == "pageInfo" && selects(&field.below, "totalPages");
    let counts = selects(&list.below, "totalCount") || list.below.iter().any(pages);
    if counts && list.argument("filter").is_some() { COUNT } else { 0 }
}

/// What a field costs besides for calling the issuer.
pub(crate) fn issuer_call(name: &str) -> usize {
    if ISSUER_CALLS.contains(&name) { ISSUER_CALL } else { 0 }
}

/// The size of the page that a field asks for. Invalid sizes are rejected by the
/// resolver.
fn page_size(field: &Field, variables: &Variables) -> usize {
    let sizes = ["perPage", "first", "last"].iter().filter_map(|name| field.argument(name));
    let asked = sizes.filter_map(|value| whole(value, variables)).max();
    let most = usize::try_from(MAX_SIZE).unwrap_or(usize::MAX);
    let default = usize::try_from(DEFAULT_SIZE).unwrap_or(usize::MAX);
    asked.map_or(default, |size| size.min(most))
}

/// The number of items of a list. One item may stand for a list of it.
fn length(value: &Argument, variables: &Variables) -> usize {
    match value {
        Argument::List(items) => items.len(),
        Argument::Variable(name) => match variables.get(name) {
            Some(Value::List(items)) => items.len(),
            _ => 1,
        },
        _ => 1,
    }
}

fn whole(value: &Argument, variables: &Variables) -> Option<usize> {
    let number = match value {
        Argument::Number(number) => number,
        Argument::Variable(name) => match variables.get(name)? {
            Value::Number(number) => number,
            _ => return None,
        },
        _ => return None,
    };
    number.as_u64().and_then(|size| usize::try_from(size).ok())
}

#[cfg(test)]
mod tests {
    use apollo_compiler::executable::ExecutableDocument;
    use apollo_compiler::schema::ExtendedType;
    use async_graphql::{Pos, value};

    use super::super::operation::Operation;
    use super::super::positions::Positions;
    use super::super::types::Types;
    use super::super::types::tests::published;
    use super::*;

    fn cost(types: &Types, text: &str, variables: Value) -> usize {
        let document = ExecutableDocument::parse_and_validate(types.schema(), text, "");
        let document = document.unwrap_or_else(|errors| panic!("{text}: {errors}"));
        let operation = document.operations.iter().next().expect("one");
        let positions = Positions::of(text);
        let fragments = &document.fragments;
        let operation =
            Operation::of(operation, Pos::default(), fragments, &positions, types, &Vec::new());
        of(operation.fields(), &Variables::from_value(variables))
    }

    #[test]
    fn lists_multiply_and_balances_cost_more() {
        let types = published();
        for (text, expected) in [
            ("{ __typename }", 1),
            ("{ cardCustomer(identifier: \"x\") { id email } }", 3),
            ("{ cardCustomer(identifier: \"x\") { id availableBalance } }", 4),
            ("{ cardCustomers { totalCount nodes { id email } } }", 1 + 1 + 1 + 20 * 2),
            ("{ cardCustomers(perPage: 5) { nodes { id ledgerBalance } } }", 1 + 1 + 5 * 3),
            ("{ cardCustomers(first: 100) { edges { cursor node { id } } } }", 1 + 1 + 100 * 3),
            ("{ cardCustomers(last: 3) { nodes { id } } }", 1 + 1 + 3),
            ("{ cardCustomers(first: null, last: 30) { nodes { id } } }", 1 + 1 + 30),
            ("{ cardCustomers(perPage: 1000) { nodes { id } } }", 1 + 1 + 100),
            ("{ cardCustomers(filter: { hasCards: true }) { nodes { id } } }", 2 + 20),
            ("{ cardCustomers(filter: { hasCards: true }) { totalCount } }", 1 + 20 + 100),
            ("{ cardCustomers(filter: {}) { pageInfo { totalPages } } }", 1 + 20 + 100),
            ("{ node(id: 1) { id } }", 1 + 1),
            ("{ nodes(ids: [1, 2, 3]) { id ... on Card { lastFour } } }", 1 + 3 * 2),
            (
                "{ nodes(ids: [1, 2]) { ... on Card { status } ... on CardCustomer { id ledgerBalance } } }",
                1 + 2 * 3,
            ),
            ("{ cardCustomers(perPage: 0) { nodes { id } } }", 1 + 1),
            ("{ cardCustomers { totalCount } }", 1 + 20),
            ("{ cardCustomerChanges { pageInfo { endCursor } } }", 1 + 20),
            (
                "{ cardCustomerChanges(first: 5) { edges { cursor node { kind customer { id ledgerBalance } } } } }",
                1 + 1 + 5 * (1 + 1 + 1 + 1 + 1 + 2),
            ),
            // A subscription may have to read the changes before.
            ("subscription { cardCustomerChanges { kind } }", 1 + 20),
            ("{ cardCustomers(first: 100) { pageInfo { endCursor } } }", 1 + 100),
            (
                "{ cardCustomers(perPage: 9) { nodes { transactions(perPage: 100) { pageInfo { endCursor } } } } }",
                2 + 9 * (1 + 100),
            ),
            ("{ cardCustomers(perPage: -1) { nodes { id } } }", 1 + 1 + 20),
            ("{ cardCustomers(perPage: 2) { nodes { cards { lastFour } } } }", 2 + 2 * (1 + 3)),
            (
                "{ cardCustomers(perPage: 2) { nodes { transactions(perPage: 3) { nodes { amount } } } } }",
                2 + 2 * (1 + 1 + 3),
            ),
            // A field that is selected twice is loaded once.
            (
                "{ cardCustomers(perPage: 2) { nodes { ...F ...F } } } fragment F on CardCustomer { id }",
                2 + 2,
            ),
            ("{ __schema { types { name fields { name } } } }", 1),
            (
                "mutation { freezeCard(input: { identifier: 1, cardId: 2 }) { card { status } } }",
                500 + 1 + 1 + 1,
            ),
        ] {
            assert_eq!(cost(&types, text, value!({})), expected, "{text}");
        }
        let text = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        assert_eq!(cost(&types, text, value!({ "ids": ["a", "b", "c"] })), 1 + 3);
        let text = "query($n: Int) { cardCustomers(perPage: $n) { nodes { id } } }";
        assert_eq!(cost(&types, text, value!({})), 2 + 20);
        assert_eq!(cost(&types, text, value!({ "n": 3 })), 2 + 3);
    }

    #[test]
    fn every_mutation_costs_a_call_to_the_issuer() {
        let types = published();
        let mutation = types.schema().get_object("Mutation").expect("it has mutations");
        for name in mutation.fields.keys() {
            assert_eq!(issuer_call(name), ISSUER_CALL, "{name}");
        }
        let known = |name: &&str| {
            mutation.fields.contains_key(*name) || types.field("Query", name).is_some()
        };
        assert!(ISSUER_CALLS.iter().all(known));
    }

    #[test]
    fn every_list_of_the_schema_has_a_price() {
        let types = published();
        for (name, of) in &types.schema().types {
            let ExtendedType::Object(object) = of else { continue };
            if name.starts_with("__") {
                continue;
            }
            for (field, definition) in &object.fields {
                let at = format!("{name}.{field}");
                let field = field.as_str();
                // The subscription of the same name reads pages, too, before what it sends.
                let is_page = definition.argument_by_name("first").is_some()
                    || at == "Subscription.cardCustomerChanges";
                assert_eq!(PAGES.contains(&field), is_page, "{at}");
                let is_list = LISTS.iter().any(|(list, _)| *list == field);
                let priced = is_list || PAGE_LISTS.contains(&field);
                assert_eq!(priced, definition.ty.is_list(), "{at}");
            }
        }
        let customer = |field: &&str| types.field("CardCustomer", field).is_some();
        assert!(BALANCE_FIELDS.iter().all(customer));
    }
}
