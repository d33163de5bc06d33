//! What must not reach the parser, or not the engine: texts that overflow a
//! stack, and documents that grow without bound when fragments are spread.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Positioned};

/// How deep brackets of any kind may be nested.
const MAX_NESTING: usize = 32;
/// How many selections a document may have once its fragments are spread.
const MAX_SELECTIONS: usize = 10_000;

/// Looks at the brackets of a text, those in strings and comments apart.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            b'#' => at += bytes[at..].iter().take_while(|b| !matches!(b, b'\n' | b'\r')).count(),
            b'"' => at = end_of_string(bytes, at),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err(format!("brackets are nested deeper than {MAX_NESTING}"));
        }
        at += 1;
    }
    Ok(())
}

/// The last byte of the string that begins at `from`.
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let block = bytes[from..].starts_with(b"\"\"\"");
    let mut at = from + if block { 3 } else { 1 };
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if block && bytes[at + 1..].starts_with(b"\"\"\"") => at += 3,
            b'\\' if !block => at += 1,
            b'"' if block && bytes[at..].starts_with(b"\"\"\"") => return at + 2,
            // At the end of a line the parser will say that the string does not end.
            b'"' | b'\n' | b'\r' if !block => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Counts the selections of a document as if all fragments were spread. Each
/// fragment is looked at once, so that the count is cheap even where the
/// number is astronomical.
pub(super) fn check_document(document: &ExecutableDocument) -> Result<(), String> {
    let mut sizes: HashMap<&Name, Option<usize>> = HashMap::new();
    let mut total = 0_usize;
    for (_, operation) in document.operations.iter() {
        let set: &Positioned<SelectionSet> = &operation.node.selection_set;
        total = total.saturating_add(size(&set.node, document, &mut sizes, 0)?);
    }
    if total > MAX_SELECTIONS {
        return Err(format!("the document selects more than {MAX_SELECTIONS} fields"));
    }
    Ok(())
}

fn size<'a>(
    set: &'a SelectionSet,
    document: &'a ExecutableDocument,
    sizes: &mut HashMap<&'a Name, Option<usize>>,
    fragments: usize,
) -> Result<usize, String> {
    if fragments > MAX_NESTING {
        return Err(format!("fragments are nested deeper than {MAX_NESTING}"));
    }
    let mut total = 0_usize;
    for selection in &set.items {
        let below = match &selection.node {
            Selection::Field(field) => {
                size(&field.node.selection_set.node, document, sizes, fragments)?
            }
            Selection::InlineFragment(part) => {
                size(&part.node.selection_set.node, document, sizes, fragments)?
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                match (sizes.get(name), document.fragments.get(name)) {
                    (Some(Some(known)), _) => *known,
                    (Some(None), _) => return Err(format!("fragment {name} contains itself")),
                    // Validation will say that there is none.
                    (None, None) => 0,
                    (None, Some(fragment)) => {
                        sizes.insert(name, None);
                        let inside = &fragment.node.selection_set.node;
                        let found = size(inside, document, sizes, fragments + 1)?;
                        sizes.insert(name, Some(found));
                        found
                    }
                }
            }
        };
        total = total.saturating_add(below).saturating_add(1);
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn brackets_count_but_not_those_in_strings_and_comments() {
        let nested = |depth: usize| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
        assert!(check_text(&nested(32)).is_ok());
        assert!(check_text(&nested(33)).is_err());
        assert!(check_text(&"[".repeat(200_000)).is_err());
        let many = "[".repeat(100);
        for harmless in [
            format!("{{ a(b: \"{many}\") }}"),
            format!("{{ a(b: \"\\\"{many}\") }}"),
            format!("{{ a(b: \"\"\"\n\\\"\"\" {many} \"\"\") }}"),
            format!("{{ a # {many}\n }}"),
        ] {
            assert!(check_text(&harmless).is_ok(), "{harmless}");
        }
        assert!(check_text(&format!("{{ a(b: \"\") {many}")).is_err());
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
            let text = format!("query {{ ...F0 }} {all} fragment F{fragments} on Q {{ a }}");
            parse_query(text).expect("it parses")
        };
        assert!(check_document(&bomb(5)).is_ok());
        assert!(check_document(&bomb(31)).is_err_and(|what| what.contains("10000 fields")));
        assert!(check_document(&bomb(5_000)).is_err_and(|what| what.contains("nested deeper")));
        let circle = "query { ...A } fragment A on Q { a { ...B } } fragment B on Q { ...A }";
        let circle = check_document(&parse_query(circle).expect("it parses"));
        assert_eq!(circle, Err("fragment A contains itself".to_owned()));
    }
}
