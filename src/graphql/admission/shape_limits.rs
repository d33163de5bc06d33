//! Limits on the shape of a document: its size with all fragments spread, its depth, and
//! no fragment within itself. They are checked before validation, which takes seconds for
//! a few thousand bytes of fragments that contain each other.

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, Document, FragmentDefinition, Selection};

use super::limits::{LimitExceeded, Limits};

/// The shape of a selection with all fragments spread.
#[derive(Clone, Copy, Default)]
struct Shape {
    /// Selections, on all levels.
    size: usize,
    /// Fields on the first level.
    fields: usize,
    /// Levels of fields.
    depth: usize,
    /// Nested lists of introspection.
    lists: usize,
    /// Whether it introspects.
    introspects: bool,
}

/// Lists of introspection. Nesting them multiplies the size of the response.
const LISTS: &[&str] = &["types", "fields", "inputFields", "interfaces", "possibleTypes"];
/// The fields that show the schema; the last one to the router of a federated graph.
const INTROSPECTION: &[&str] = &["__schema", "__type", "_service"];
/// Maximum nesting of these lists: tools select the fields of all types.
const MAX_LISTS: usize = 2;

/// Refuses a document that exceeds the limits. Returns whether it introspects.
pub(crate) fn check(document: &Document, limits: &Limits) -> Result<bool, LimitExceeded> {
    let fragments = document.definitions.iter().filter_map(Definition::as_fragment_definition);
    let fragments: HashMap<&str, &FragmentDefinition> =
        fragments.map(|fragment| (fragment.name.as_str(), &**fragment)).collect();
    let mut walk = Walk { fragments, limits, shapes: HashMap::new() };
    let mut introspects = false;
    let mut total = 0_usize;
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                let shape = walk.set(&operation.selection_set, 0)?;
                LimitExceeded::check("root_fields", limits.root_fields, shape.fields)?;
                LimitExceeded::check("depth", limits.depth, shape.depth)?;
                if shape.lists > MAX_LISTS {
                    return Err(LimitExceeded::new("depth", limits.depth));
                }
                total = total.saturating_add(shape.size);
                introspects |= shape.introspects;
            }
            // The validator also checks unused fragments.
            Definition::FragmentDefinition(fragment) => {
                walk.fragment(&fragment.name, 0)?;
            }
            _ => {}
        }
    }
    LimitExceeded::check("selections", limits.selections, total)?;
    Ok(introspects)
}

struct Walk<'a> {
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    limits: &'a Limits,
    /// The shapes of fragments; each is computed once, so that this is cheap for any
    /// nesting. None while it is computed.
    shapes: HashMap<&'a str, Option<Shape>>,
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a [Selection], fragments: usize) -> Result<Shape, LimitExceeded> {
        LimitExceeded::check("fields", self.limits.fields, set.len())?;
        // Nested fragments would overflow the stack.
        LimitExceeded::check("nesting", self.limits.nesting, fragments)?;
        let mut all = Shape::default();
        for selection in set {
            let one = match selection {
                Selection::Field(field) => {
                    let below = self.set(&field.selection_set, fragments)?;
                    // The depth of introspection is limited by its lists.
                    let name = field.name.as_str();
                    let depth = if name.starts_with("__") { 1 } else { below.depth + 1 };
                    let lists = below.lists + usize::from(LISTS.contains(&name));
                    let introspects = below.introspects || INTROSPECTION.contains(&name);
                    let size = below.size.saturating_add(1);
                    Shape { size, fields: 1, depth, lists, introspects }
                }
                Selection::InlineFragment(part) => {
                    let inside = self.set(&part.selection_set, fragments)?;
                    Shape { size: inside.size.saturating_add(1), ..inside }
                }
                Selection::FragmentSpread(spread) => {
                    let inside = self.fragment(&spread.fragment_name, fragments)?;
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

    fn fragment(&mut self, name: &'a str, fragments: usize) -> Result<Shape, LimitExceeded> {
        match (self.shapes.get(name), self.fragments.get(name).copied()) {
            (Some(Some(known)), _) => Ok(*known),
            // It contains itself.
            (Some(None), _) => Err(LimitExceeded::new("selections", self.limits.selections)),
            // Validation reports unknown fragments.
            (None, None) => Ok(Shape::default()),
            (None, Some(fragment)) => {
                self.shapes.insert(name, None);
                let shape = self.set(&fragment.selection_set, fragments + 1)?;
                self.shapes.insert(name, Some(shape));
                Ok(shape)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::tests::defaults;
    use super::*;

    fn limit(text: &str) -> Option<&'static str> {
        let document = Document::parse(text, "").expect("it parses");
        check(&document, &defaults()).err().map(|exceeded| exceeded.limit)
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
            "query { a } fragment A on Q { ...A }",
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
