//! What is looked at in a document before anything else does: how large it
//! becomes when fragments are spread, how deep it goes, and that it has an end.
//! The engine would walk a fragment as often as it is spread.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Positioned};

use crate::graphql::admission::limits::{Excess, Limits};

/// What a selection is when all fragments are spread.
#[derive(Clone, Copy, Default)]
struct Shape {
    /// Selections, on all levels.
    size: usize,
    /// Fields of the first level.
    fields: usize,
    /// Levels of fields.
    depth: usize,
    /// Levels of introspection's lists.
    lists: usize,
    /// Whether what the schema holds is asked for.
    introspects: bool,
}

/// Each of these lists a part of the schema: every level multiplies.
const LISTS: &[&str] = &["types", "fields", "inputFields", "interfaces", "possibleTypes"];
/// Tools ask for the fields of all types, and no further.
const MOST_LISTS: usize = 2;

/// Refuses a document that is beyond the limits; says whether it asks what the
/// schema holds.
pub(crate) fn check(document: &ExecutableDocument, limits: &Limits) -> Result<bool, Excess> {
    let mut introspects = false;
    let mut looking = Looking { document, limits, shapes: HashMap::new() };
    let mut total = 0_usize;
    for (_, operation) in document.operations.iter() {
        let set: &Positioned<SelectionSet> = &operation.node.selection_set;
        let shape = looking.set(&set.node, 0)?;
        Excess::check("root_fields", limits.root_fields, shape.fields)?;
        Excess::check("depth", limits.depth, shape.depth)?;
        if shape.lists > MOST_LISTS {
            return Err(Excess { limit: "depth", value: limits.depth });
        }
        total = total.saturating_add(shape.size);
        introspects |= shape.introspects;
    }
    Excess::check("selections", limits.selections, total)?;
    Ok(introspects)
}

struct Looking<'a> {
    document: &'a ExecutableDocument,
    limits: &'a Limits,
    /// Each fragment is looked at once, so that this is cheap even where the
    /// numbers are astronomical. None while it is looked at.
    shapes: HashMap<&'a Name, Option<Shape>>,
}

impl<'a> Looking<'a> {
    fn set(&mut self, set: &'a SelectionSet, fragments: usize) -> Result<Shape, Excess> {
        Excess::check("fields", self.limits.fields, set.items.len())?;
        // Fragments in fragments would use up the stack.
        Excess::check("nesting", self.limits.nesting, fragments)?;
        let mut all = Shape::default();
        for selection in &set.items {
            let one = match &selection.node {
                Selection::Field(field) => {
                    let below = self.set(&field.node.selection_set.node, fragments)?;
                    // Introspection is deep, and has an end.
                    let name = field.node.name.node.as_str();
                    let depth = if name.starts_with("__") { 1 } else { below.depth + 1 };
                    let lists = below.lists + usize::from(LISTS.contains(&name));
                    let introspects = below.introspects || matches!(name, "__schema" | "__type");
                    let size = below.size.saturating_add(1);
                    Shape { size, fields: 1, depth, lists, introspects }
                }
                Selection::InlineFragment(part) => {
                    let inside = self.set(&part.node.selection_set.node, fragments)?;
                    Shape { size: inside.size.saturating_add(1), ..inside }
                }
                Selection::FragmentSpread(spread) => {
                    let inside = self.fragment(&spread.node.fragment_name.node, fragments)?;
                    Shape { size: inside.size.saturating_add(1), ..inside }
                }
            };
            all.size = all.size.saturating_add(one.size);
            all.fields = all.fields.saturating_add(one.fields);
            all.depth = all.depth.max(one.depth);
            all.lists = all.lists.max(one.lists);
            all.introspects |= one.introspects;
        }
        Ok(all)
    }

    fn fragment(&mut self, name: &'a Name, fragments: usize) -> Result<Shape, Excess> {
        match (self.shapes.get(name), self.document.fragments.get(name)) {
            (Some(Some(known)), _) => Ok(*known),
            // It contains itself: there is no end to it.
            (Some(None), _) => Err(Excess { limit: "selections", value: self.limits.selections }),
            // Validation will say that there is none.
            (None, None) => Ok(Shape::default()),
            (None, Some(fragment)) => {
                self.shapes.insert(name, None);
                let shape = self.set(&fragment.node.selection_set.node, fragments + 1)?;
                self.shapes.insert(name, Some(shape));
                Ok(shape)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;
    use crate::graphql::admission::limits::DEFAULTS;

    fn limit(text: &str) -> Option<&'static str> {
        let document = parse_query(text).expect("it parses");
        check(&document, &DEFAULTS).err().map(|excess| excess.limit)
    }

    #[test]
    fn spread_fragments_count_as_often_as_they_are_spread() {
        let bomb = |fragments: usize| {
            let twice = |number: usize| {
                let next = number + 1;
                format!("fragment F{number} on Q {{ ...F{next} ...F{next} }}")
            };
            let all: Vec<String> = (0..fragments).map(twice).collect();
            let all = all.join(" ");
            format!("query {{ x {{ ...F0 }} }} {all} fragment F{fragments} on Q {{ a }}")
        };
        assert_eq!(limit(&bomb(5)), None);
        for fragments in 13..=31 {
            assert_eq!(limit(&bomb(fragments)), Some("selections"), "{fragments}");
        }
        assert_eq!(limit(&bomb(1_000)), Some("nesting"));
    }

    #[test]
    fn circles_have_no_end() {
        for circle in [
            "query { ...A } fragment A on Q { a { ...B } } fragment B on Q { ...A }",
            "query { ...A } fragment A on Q { ...A }",
        ] {
            assert_eq!(limit(circle), Some("selections"), "{circle}");
        }
    }

    #[test]
    fn depth_and_breadth_are_limited() {
        let deep = |depth: usize| format!("{}{}", "{ a ".repeat(depth), "}".repeat(depth));
        assert_eq!(limit(&deep(10)), None);
        assert_eq!(limit(&deep(11)), Some("depth"));
        assert_eq!(limit(&format!("{{ __schema {} }}", deep(20))), None);
        assert_eq!(limit("{ __schema { types { fields { type { ofType { name } } } } } }"), None);
        let round = "{ __schema { types { fields { type { fields { name } } } } } }";
        assert_eq!(limit(round), Some("depth"));
        assert_eq!(limit("{ ...A } fragment A on Q { a { ...B } } fragment B on Q { a }"), None);
        let wide = |fields: usize| format!("{{ x {{ {} }} }}", "a ".repeat(fields));
        assert_eq!(limit(&wide(100)), None);
        assert_eq!(limit(&wide(101)), Some("fields"));
        assert_eq!(limit(&format!("{{ {} }}", "a ".repeat(20))), None);
        assert_eq!(limit(&format!("{{ {} }}", "a ".repeat(21))), Some("root_fields"));
        let spread = format!("{{ ...A ...A }} fragment A on Q {{ {} }}", "a ".repeat(11));
        assert_eq!(limit(&spread), Some("root_fields"));
    }
}
