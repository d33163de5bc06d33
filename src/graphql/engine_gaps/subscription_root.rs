//! A subscription has one root field (GraphQL September 2025, section 5.2.4.1).
//! The engine does not look, and overlooks root fields in fragments.

use std::collections::HashMap;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, FragmentDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, Response, ServerError};

use crate::graphql::error::VALIDATION_FAILED;

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// Puts the root field of each subscription where the engine looks for it.
pub(crate) fn rooted(document: &mut ExecutableDocument) -> Result<(), Box<Response>> {
    let fragments = document.fragments.clone();
    let operations: Vec<_> = match &mut document.operations {
        DocumentOperations::Single(one) => vec![one],
        DocumentOperations::Multiple(all) => all.values_mut().collect(),
    };
    for operation in operations {
        if operation.node.ty != OperationType::Subscription {
            continue;
        }
        let (mut roots, mut spread) = (Vec::new(), Vec::new());
        let pos = operation.pos;
        let set = &mut operation.node.selection_set.node;
        collect(set, &fragments, &mut roots, &mut spread).map_err(|()| refusal(pos))?;
        let [root] = roots.as_slice() else { return Err(refusal(pos)) };
        set.items = vec![Positioned::new(Selection::Field(root.clone()), root.pos)];
        // Nothing else can use a fragment of the root.
        for name in spread {
            document.fragments.remove(&name);
        }
    }
    Ok(())
}

/// The fields of a root, two at the most; whether it takes part must not hang
/// on a variable.
fn collect(
    set: &SelectionSet,
    fragments: &Fragments,
    roots: &mut Vec<Positioned<Field>>,
    spread: &mut Vec<Name>,
) -> Result<(), ()> {
    for selection in &set.items {
        if roots.len() > 1 {
            return Err(());
        }
        let (inside, directives) = match &selection.node {
            Selection::Field(field) => {
                roots.push(field.clone());
                (None, field.node.directives.len())
            }
            Selection::InlineFragment(part) => {
                (Some(&part.node.selection_set.node), part.node.directives.len())
            }
            Selection::FragmentSpread(of) => {
                let name = &of.node.fragment_name.node;
                let fragment = fragments.get(name).ok_or(())?;
                spread.push(name.clone());
                (Some(&fragment.node.selection_set.node), of.node.directives.len())
            }
        };
        if directives > 0 {
            return Err(());
        }
        if let Some(inside) = inside {
            collect(inside, fragments, roots, spread)?;
        }
    }
    Ok(())
}

fn refusal(pos: Pos) -> Box<Response> {
    let what = "A subscription selects exactly one root field, without directives";
    let mut failure = ServerError::new(what, Some(pos));
    failure.extensions.get_or_insert_default().set("code", VALIDATION_FAILED);
    Box::new(Response::from_errors(vec![failure]))
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn the_one_root_field_is_found_wherever_it_stands() {
        for (text, good) in [
            ("subscription { a }", true),
            ("subscription { x: a { b c } }", true),
            ("subscription { ...F } fragment F on S { a { b } }", true),
            ("subscription { ... on S { ... { a } } }", true),
            ("subscription { a b }", false),
            ("subscription { a x: a }", false),
            ("subscription { ...F b } fragment F on S { a }", false),
            ("subscription { ...Nobody }", false),
            ("subscription { a @skip(if: false) }", false),
            ("subscription { ... @include(if: true) { a } }", false),
            ("{ a b }", true),
        ] {
            let mut document = parse_query(text).expect("a document");
            assert_eq!(rooted(&mut document).is_ok(), good, "{text}");
            let (_, operation) = document.operations.iter().next().expect("one");
            let items = &operation.node.selection_set.node.items;
            if good && operation.node.ty == OperationType::Subscription {
                assert!(
                    matches!(items.as_slice(), [one] if matches!(one.node, Selection::Field(_)))
                );
            }
        }
    }
}
