//! The text of a GraphQL document.

use std::sync::LazyLock;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Positioned};
use card_gateway::graphql::clears;
use serde::Serialize;
use serde_json::Value;

/// What a document has, as the parser sees it.
#[derive(Debug, Default)]
struct Found {
    /// How deep brackets are nested.
    nesting: usize,
    aliases: usize,
    directives: usize,
}

/// What a text can have of each, and still clear.
static MOST: LazyLock<Found> = LazyLock::new(|| {
    let most = |text: &dyn Fn(usize) -> String| {
        (1..1_000).take_while(|count| clears(&text(*count))).count()
    };
    Found {
        nesting: most(&|count| format!("{}a{}", "{".repeat(count), "}".repeat(count))),
        aliases: most(&|count| format!("{{{}}}", "a:b ".repeat(count))),
        directives: most(&|count| format!("{{a {}}}", "@b ".repeat(count))),
    }
});

/// More brackets than may be.
static BEHIND: LazyLock<String> = LazyLock::new(|| {
    let depth = MOST.nesting + 1;
    format!("fragment Behind on It {}{}", "{a".repeat(depth), "}".repeat(depth))
});

/// # Panics
/// If the parser finds more in a text than the look at it that goes before. It
/// overflows the stack where that has not seen thousands of brackets.
pub fn check(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else { return };
    look(text);
    // No string or comment makes it blind for what is behind.
    look(&format!("{text} {}", *BEHIND));
}

fn look(text: &str) {
    if !clears(text) {
        return;
    }
    if let Ok(document) = parse_query(text) {
        let found = Found::of(&document);
        assert!(found.nesting <= MOST.nesting, "{found:?}: {text}");
        assert!(found.aliases <= MOST.aliases, "{found:?}: {text}");
        assert!(found.directives <= MOST.directives, "{found:?}: {text}");
    }
}

impl Found {
    fn of(document: &ExecutableDocument) -> Self {
        let mut found = Self::default();
        for (_, operation) in document.operations.iter() {
            for variable in &operation.node.variable_definitions {
                found.directives(&variable.node.directives, 1);
                if let Some(default) = &variable.node.default_value {
                    found.value(&default.node, 1);
                }
            }
            found.directives(&operation.node.directives, 0);
            found.set(&operation.node.selection_set.node, 1);
        }
        for fragment in document.fragments.values() {
            found.directives(&fragment.node.directives, 0);
            found.set(&fragment.node.selection_set.node, 1);
        }
        found
    }

    fn set(&mut self, set: &SelectionSet, depth: usize) {
        // A field without a selection has an empty one, and no brackets.
        if set.items.is_empty() {
            return;
        }
        self.nesting = self.nesting.max(depth);
        for selection in &set.items {
            self.directives(selection.node.directives(), depth);
            match &selection.node {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.node.alias.is_some());
                    self.arguments(&field.node.arguments, depth + 1);
                    self.set(&field.node.selection_set.node, depth + 1);
                }
                Selection::InlineFragment(part) => {
                    self.set(&part.node.selection_set.node, depth + 1);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn directives(&mut self, directives: &[Positioned<Directive>], depth: usize) {
        self.directives += directives.len();
        for directive in directives {
            self.arguments(&directive.node.arguments, depth + 1);
        }
    }

    fn arguments<V: Serialize>(
        &mut self,
        arguments: &[(Positioned<Name>, Positioned<V>)],
        depth: usize,
    ) {
        for (_, value) in arguments {
            self.value(&value.node, depth);
        }
    }

    /// A value that stands at a depth, which is deeper inside.
    fn value(&mut self, value: &impl Serialize, depth: usize) {
        // What JSON cannot say has no brackets.
        let value = serde_json::to_value(value).unwrap_or_default();
        self.nesting = self.nesting.max(depth + brackets(&value));
    }
}

fn brackets(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(brackets).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(brackets).max().unwrap_or(0),
        _ => 0,
    }
}
