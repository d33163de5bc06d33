//! The order of an answer's fields. The engine writes them as they become
//! ready; the specification wants them as the client selected them (GraphQL
//! September 2025, section 7.2.2), and clients that stream or compare rely on it.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    ExecutableDocument, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value};

/// What the request's context needs to know of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Whether some object's fields are selected in several places.
    pub(crate) scattered: bool,
    /// Whether there is one root field only.
    pub(crate) alone: bool,
}

/// The response keys of a selection, in order, with what is selected below each.
#[derive(Debug, Default)]
pub(crate) struct Order {
    keys: HashMap<Name, (usize, Self)>,
    /// Fragments that are in here already: spreading one again adds nothing.
    spread: HashSet<Name>,
    scattered: bool,
}

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

impl Order {
    /// The order that an operation of a document asks for. A fragment in itself
    /// would have no end: the guard has refused it.
    pub(crate) fn of(document: &ExecutableDocument, operation: Option<&str>) -> Option<Self> {
        let mut operations = document.operations.iter();
        let wanted =
            |name: Option<&Name>| operation.is_none() || name.map(Name::as_str) == operation;
        let (_, operation) = operations.find(|(name, _)| wanted(*name))?;
        let OperationDefinition { selection_set, .. } = &operation.node;
        let mut order = Self::default();
        order.add(&selection_set.node, &document.fragments);
        Some(order)
    }

    /// What the loaders can be told of it.
    pub(crate) fn shape(&self) -> Shape {
        let scattered = self.is_scattered();
        Shape { scattered, alone: !scattered && self.keys.len() == 1 }
    }

    /// Whether some object's fields are selected in several places, as those of
    /// `a` in `{ a { b } a { c } }`.
    fn is_scattered(&self) -> bool {
        self.scattered || self.keys.values().any(|(_, below)| below.is_scattered())
    }

    fn add(&mut self, selections: &SelectionSet, fragments: &Fragments) {
        for selection in &selections.items {
            match &selection.node {
                Selection::Field(field) => {
                    let next = self.keys.len();
                    let key = field.node.response_key().node.clone();
                    let known = self.keys.contains_key(&key);
                    self.scattered |= known && !field.node.selection_set.node.items.is_empty();
                    let (_, below) =
                        self.keys.entry(key).or_insert_with(|| (next, Self::default()));
                    below.add(&field.node.selection_set.node, fragments);
                }
                Selection::InlineFragment(fragment) => {
                    self.add(&fragment.node.selection_set.node, fragments);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let new = self.spread.insert(name.clone());
                    if let Some(fragment) = fragments.get(name).filter(|_| new) {
                        self.add(&fragment.node.selection_set.node, fragments);
                    }
                }
            }
        }
    }

    /// Brings the fields of a value into order.
    pub(crate) fn apply(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.apply(item)),
            Value::Object(fields) => {
                let place = |key: &Name| self.keys.get(key).map_or(usize::MAX, |(place, _)| *place);
                if !fields.keys().is_sorted_by_key(place) {
                    fields.sort_by_cached_key(|key, _| place(key));
                }
                for (key, value) in fields {
                    if let (Some((_, below)), Value::List(_) | Value::Object(_)) =
                        (self.keys.get(key), &*value)
                    {
                        below.apply(value);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::value;

    use super::*;

    #[test]
    fn fields_come_as_they_were_selected() {
        let document = parse_query(
            "query A { x } query B { c: list { b ...F } a ... on Q { d c: list { e } } } \
             fragment F on I { a f { z y } }",
        );
        let order = Order::of(&document.expect("a document"), Some("B")).expect("B is there");
        let mut answer = value!({
            "d": 1, "a": 2,
            "c": [{ "e": 5, "a": 1, "f": { "y": 1, "z": 2 }, "b": 3 }, { "b": 1, "a": 2 }],
        });
        order.apply(&mut answer);
        let expected = r#"{"c":[{"b":3,"a":1,"f":{"z":2,"y":1},"e":5},{"b":1,"a":2}],"a":2,"d":1}"#;
        assert_eq!(serde_json::to_string(&answer).expect("JSON"), expected);
    }

    #[test]
    fn objects_that_are_selected_in_several_places_are_noticed() {
        for (text, scattered) in [
            ("{ a { b c } d: a { b } a: x }", false),
            ("{ a a b { c c } }", false),
            ("{ a { b } a { c } }", true),
            ("{ x { a { b } ... { a { c } } } }", true),
            ("{ x { a { b } ...F } } fragment F on X { a { c } }", true),
            ("{ x { ...F ...F } } fragment F on X { a { c } }", false),
        ] {
            let document = parse_query(text).expect("a document");
            let order = Order::of(&document, None).expect("it has an operation");
            assert_eq!(order.is_scattered(), scattered, "{text}");
        }
    }
}
