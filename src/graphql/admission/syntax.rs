//! Whether a syntax tree has every token of its text. apollo-parser 0.8 drops
//! some that do not belong where they stand without an error: in `a(b: 1 c)` it
//! sees no argument `c`. The grammar says how many tokens each node has.

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Argument, Definition, Directive, Document, Selection, Type, Value, VariableDefinition,
};

/// The number of tokens of an executable document; none if it defines types,
/// which the validator refuses.
pub(crate) fn tokens(document: &Document, text: &str) -> Option<usize> {
    let definitions = document.definitions.iter().map(|definition| match definition {
        Definition::OperationDefinition(operation) => {
            let start = operation.location().map_or(0, |span| span.offset());
            let is_shorthand = text.as_bytes().get(start) == Some(&b'{');
            let name = usize::from(!is_shorthand) + usize::from(operation.name.is_some());
            let variables = within(operation.variables.iter().map(variable));
            Some(
                name + variables
                    + directives(&operation.directives)
                    + set(&operation.selection_set),
            )
        }
        Definition::FragmentDefinition(fragment) => {
            Some(4 + directives(&fragment.directives) + set(&fragment.selection_set))
        }
        _ => None,
    });
    definitions.sum()
}

/// What stands in brackets, if anything does.
fn within(inside: impl Iterator<Item = usize>) -> usize {
    let mut inside = inside.peekable();
    if inside.peek().is_none() { 0 } else { 2 + inside.sum::<usize>() }
}

fn set(set: &[Selection]) -> usize {
    within(set.iter().map(|selection| match selection {
        Selection::Field(field) => {
            let name = if field.alias.is_some() { 3 } else { 1 };
            name + arguments(&field.arguments)
                + directives(&field.directives)
                + self::set(&field.selection_set)
        }
        Selection::FragmentSpread(spread) => 2 + directives(&spread.directives),
        Selection::InlineFragment(part) => {
            let condition = if part.type_condition.is_some() { 2 } else { 0 };
            1 + condition + directives(&part.directives) + self::set(&part.selection_set)
        }
    }))
}

fn variable(variable: &Node<VariableDefinition>) -> usize {
    let default = variable.default_value.as_ref().map_or(0, |default| 1 + value(default));
    3 + of(&variable.ty) + default + directives(&variable.directives)
}

fn of(of: &Type) -> usize {
    match of {
        Type::Named(_) => 1,
        Type::NonNullNamed(_) => 2,
        Type::List(item) => 2 + self::of(item),
        Type::NonNullList(item) => 3 + self::of(item),
    }
}

fn directives(directives: &[Node<Directive>]) -> usize {
    directives.iter().map(|directive| 2 + arguments(&directive.arguments)).sum()
}

fn arguments(arguments: &[Node<Argument>]) -> usize {
    within(arguments.iter().map(|argument| 2 + value(&argument.value)))
}

fn value(value: &Value) -> usize {
    match value {
        Value::Variable(_) => 2,
        Value::List(items) => 2 + items.iter().map(|item| self::value(item)).sum::<usize>(),
        Value::Object(members) => {
            2 + members.iter().map(|(_, member)| 2 + self::value(member)).sum::<usize>()
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::tests::defaults;
    use super::super::tokens;
    use super::*;

    #[test]
    fn trees_have_the_tokens_of_their_texts() {
        for (text, whole) in [
            ("{ a }", true),
            ("query { a b: c(d: [1, $e], f: { g: \"h\", i: {} }) @j(k: null) { l } }", true),
            ("query Q($a: [Int!]! = [1] @b, $c: D) @e { ...F @g ... on H { i } ... { j } }", true),
            ("\"text\" query (\"text\" $a: B) { c } fragment D on E @f { g }", true),
            ("subscription S { a } mutation { b }", true),
            ("{ a(b: 1 c) }", false),
            ("{ a(b c: 1) }", false),
            ("{ a(b: 1 2) }", false),
        ] {
            let read = tokens::check(text, &defaults()).expect("within the limits");
            // The parser may find it itself.
            let Ok(document) = Document::parse(&*read.text, "") else {
                assert!(!whole, "{text}");
                continue;
            };
            assert_eq!(super::tokens(&document, &read.text) == Some(read.count), whole, "{text}");
        }
    }
}
