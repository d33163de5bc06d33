//! What an operation costs, before it runs: a field costs one, a balance field
//! two, and whatever is below a list costs as often as the list may be long.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value as Constant, Variables};
use async_graphql_value::Value;

use crate::domain::page::{DEFAULT_SIZE, MAX_SIZE};
use crate::graphql::schema::BALANCE_FIELDS;

/// How many cards somebody has, roughly.
const CARDS: usize = 3;

/// What an operation costs with these variables. Fragments are looked at once:
/// the guard has seen to it that none contains itself.
pub(crate) fn of(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> usize {
    let mut reckoning = Reckoning { document, operation, variables, fragments: HashMap::new() };
    reckoning.set(&operation.selection_set.node, 1)
}

struct Reckoning<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    /// What fragments cost below a list of a length.
    fragments: HashMap<(&'a Name, usize), usize>,
}

impl<'a> Reckoning<'a> {
    /// What a selection costs. `page` is how long the list is of which this is
    /// the connection.
    fn set(&mut self, set: &'a SelectionSet, page: usize) -> usize {
        let mut sum = 0_usize;
        for selection in &set.items {
            let cost = match &selection.node {
                Selection::Field(field) => self.field(&field.node, page),
                Selection::InlineFragment(part) => self.set(&part.node.selection_set.node, page),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    match (self.fragments.get(&(name, page)), self.document.fragments.get(name)) {
                        (Some(known), _) => *known,
                        (None, None) => 0,
                        (None, Some(fragment)) => {
                            let cost = self.set(&fragment.node.selection_set.node, page);
                            self.fragments.insert((name, page), cost);
                            cost
                        }
                    }
                }
            };
            sum = sum.saturating_add(cost);
        }
        sum
    }

    fn field(&mut self, field: &'a Field, page: usize) -> usize {
        let name = field.name.node.as_str();
        let below = &field.selection_set.node;
        match name {
            // What the schema holds is known and small.
            "__schema" | "__type" => 1,
            "cardCustomers" | "transactions" => {
                // The page is loaded whatever is selected of it.
                let page = self.page(field);
                self.set(below, page).max(page).saturating_add(1)
            }
            "nodes" | "edges" => self.set(below, 1).saturating_mul(page).saturating_add(1),
            "cards" => self.set(below, 1).saturating_mul(CARDS).saturating_add(1),
            _ if BALANCE_FIELDS.contains(&name) => 2,
            _ => self.set(below, 1).saturating_add(1),
        }
    }

    /// How long a list may be that a field asks for.
    fn page(&self, field: &Field) -> usize {
        let asked = ["perPage", "first"].iter().find_map(|name| field.get_argument(name));
        let most = usize::try_from(MAX_SIZE).unwrap_or(usize::MAX);
        let usual = usize::try_from(DEFAULT_SIZE).unwrap_or(usize::MAX);
        // What cannot be will be refused.
        asked.and_then(|value| self.whole(value)).map_or(usual, |size| size.min(most))
    }

    fn whole(&self, value: &Positioned<Value>) -> Option<usize> {
        let number = |value: &Constant| match value {
            Constant::Number(number) => number.as_u64().and_then(|size| usize::try_from(size).ok()),
            _ => None,
        };
        match &value.node {
            Value::Number(size) => size.as_u64().and_then(|size| usize::try_from(size).ok()),
            Value::Variable(name) => {
                if let Some(value) = self.variables.get(name) {
                    return number(value);
                }
                let mut all = self.operation.variable_definitions.iter();
                let definition = all.find(|definition| definition.node.name.node == *name)?;
                number(&definition.node.default_value.as_ref()?.node)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::value;

    use super::*;

    #[test]
    fn lists_multiply_and_balances_cost_more() {
        let cost = |text: &str, variables| {
            let document = parse_query(text).expect("a document");
            let (_, operation) = document.operations.iter().next().expect("one");
            of(&document, &operation.node, &Variables::from_value(variables))
        };
        for (text, expected) in [
            ("{ __typename }", 1),
            ("{ cardCustomer(identifier: \"x\") { id email } }", 3),
            ("{ cardCustomer(identifier: \"x\") { id availableBalance } }", 4),
            ("{ cardCustomers { totalCount nodes { id email } } }", 1 + 1 + 1 + 20 * 2),
            ("{ cardCustomers(perPage: 5) { nodes { id ledgerBalance } } }", 1 + 1 + 5 * 3),
            ("{ cardCustomers(first: 100) { edges { cursor node { id } } } }", 1 + 1 + 100 * 3),
            ("{ cardCustomers(perPage: 1000) { nodes { id } } }", 1 + 1 + 100),
            ("{ cardCustomers(perPage: 0) { nodes { id } } }", 1 + 1),
            ("{ cardCustomers { totalCount } }", 1 + 20),
            ("{ cardCustomers(first: 100) { pageInfo { endCursor } } }", 1 + 100),
            (
                "{ cardCustomers(perPage: 9) { nodes { transactions(perPage: 100) { pageInfo { endCursor } } } } }",
                2 + 9 * (1 + 100),
            ),
            ("{ cardCustomers(perPage: -1) { nodes { id } } }", 1 + 1 + 20),
            ("{ cardCustomers(perPage: 2) { nodes { cards { lastFour } } } }", 2 + 2 * (1 + 3)),
            (
                "{ cardCustomers(perPage: 2) { nodes { transactions(perPage: 3) { nodes { id } } } } }",
                2 + 2 * (1 + 1 + 3),
            ),
            (
                "{ cardCustomers(perPage: 2) { nodes { ...F ...F } } } fragment F on X { id }",
                2 + 2 * 2,
            ),
            ("{ __schema { types { name fields { name } } } }", 1),
        ] {
            assert_eq!(cost(text, value!({})), expected, "{text}");
        }
        let text = "query($n: Int = 7) { cardCustomers(perPage: $n) { nodes { id } } }";
        assert_eq!(cost(text, value!({})), 2 + 7);
        assert_eq!(cost(text, value!({ "n": 3 })), 2 + 3);
        assert_eq!(cost(text, value!({ "n": "many" })), 2 + 20);
    }
}
