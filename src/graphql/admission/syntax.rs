//! Finds tokens that the parser dropped. apollo-parser 0.8 drops some misplaced tokens
//! without an error: in `a(b: 1 c)` it sees no argument `c`. The tree is walked in the
//! order of the grammar and compared with the tokens of the text.

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Argument, Definition, Directive, Document, Selection, Type, Value, VariableDefinition,
};
use apollo_parser::{Lexer, TokenKind};

/// A token of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    /// Its first byte in the document.
    pub(crate) offset: usize,
}

/// The first token of an executable document that its tree lacks. None for a document
/// that defines types: the validator refuses it.
pub(crate) fn first_dropped<'a>(document: &Document, text: &'a str) -> Option<Token<'a>> {
    let mut walk = Walk { tokens: tokens(text), at: 0, dropped: None };
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                let is_shorthand = walk.next_is("{");
                if !is_shorthand {
                    walk.expect(operation.operation_type.name());
                }
                walk.name(operation.name.as_deref());
                walk.list("(", ")", &operation.variables, Walk::variable);
                walk.directives(&operation.directives);
                walk.set(&operation.selection_set);
            }
            Definition::FragmentDefinition(fragment) => {
                walk.expect("fragment");
                walk.expect(&fragment.name);
                walk.expect("on");
                walk.expect(&fragment.type_condition);
                walk.directives(&fragment.directives);
                walk.set(&fragment.selection_set);
            }
            _ => return None,
        }
    }
    walk.dropped.or_else(|| walk.tokens.get(walk.at).copied())
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let ignored = |kind| {
        matches!(
            kind,
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma | TokenKind::Eof
        )
    };
    // The parser has refused a text with invalid tokens.
    let valid = Lexer::new(text).filter_map(Result::ok).filter(|token| !ignored(token.kind()));
    valid.map(|token| Token { text: token.data(), offset: token.index() }).collect()
}

struct Walk<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    dropped: Option<Token<'a>>,
}

impl Walk<'_> {
    fn next_is(&self, text: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.text == text)
    }

    /// Takes a token, whatever its text.
    fn any(&mut self) {
        self.at += 1;
    }

    fn expect(&mut self, text: &str) {
        if self.dropped.is_none() && !self.next_is(text) {
            self.dropped = self.tokens.get(self.at).copied();
        }
        self.at += 1;
    }

    fn name(&mut self, name: Option<&str>) {
        if let Some(name) = name {
            self.expect(name);
        }
    }

    /// Items in brackets; without items there are no brackets.
    fn list<T>(&mut self, open: &str, close: &str, items: &[T], each: fn(&mut Self, &T)) {
        if !items.is_empty() {
            self.expect(open);
            for item in items {
                each(self, item);
            }
            self.expect(close);
        }
    }

    fn set(&mut self, set: &[Selection]) {
        self.list("{", "}", set, |walk, selection| match selection {
            Selection::Field(field) => {
                if let Some(alias) = &field.alias {
                    walk.expect(alias);
                    walk.expect(":");
                }
                walk.expect(&field.name);
                walk.arguments(&field.arguments);
                walk.directives(&field.directives);
                walk.set(&field.selection_set);
            }
            Selection::FragmentSpread(spread) => {
                walk.expect("...");
                walk.expect(&spread.fragment_name);
                walk.directives(&spread.directives);
            }
            Selection::InlineFragment(part) => {
                walk.expect("...");
                if let Some(condition) = &part.type_condition {
                    walk.expect("on");
                    walk.expect(condition);
                }
                walk.directives(&part.directives);
                walk.set(&part.selection_set);
            }
        });
    }

    fn variable(&mut self, variable: &Node<VariableDefinition>) {
        self.expect("$");
        self.expect(&variable.name);
        self.expect(":");
        self.of_type(&variable.ty);
        if let Some(default) = &variable.default_value {
            self.expect("=");
            self.value(default);
        }
        self.directives(&variable.directives);
    }

    fn of_type(&mut self, of: &Type) {
        match of {
            Type::Named(name) | Type::NonNullNamed(name) => self.expect(name),
            Type::List(item) | Type::NonNullList(item) => {
                self.expect("[");
                self.of_type(item);
                self.expect("]");
            }
        }
        if of.is_non_null() {
            self.expect("!");
        }
    }

    fn directives(&mut self, directives: &[Node<Directive>]) {
        for directive in directives {
            self.expect("@");
            self.expect(&directive.name);
            self.arguments(&directive.arguments);
        }
    }

    fn arguments(&mut self, arguments: &[Node<Argument>]) {
        self.list("(", ")", arguments, |walk, argument| {
            walk.expect(&argument.name);
            walk.expect(":");
            walk.value(&argument.value);
        });
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Variable(name) => {
                self.expect("$");
                self.expect(name);
            }
            Value::List(items) => {
                self.expect("[");
                for item in items {
                    self.value(item);
                }
                self.expect("]");
            }
            Value::Object(members) => {
                self.expect("{");
                for (name, member) in members {
                    self.expect(name);
                    self.expect(":");
                    self.value(member);
                }
                self.expect("}");
            }
            // The tree has the value of a literal, not its text.
            _ => self.any(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::tests::defaults;
    use super::super::tokens;
    use super::*;

    #[test]
    fn the_first_token_that_the_parser_dropped_is_found() {
        for (text, expected) in [
            ("{ a }", None),
            ("query { a b: c(d: [1, $e], f: { g: \"h\", i: {} }) @j(k: null) { l } }", None),
            ("query Q($a: [Int!]! = [1] @b, $c: D) @e { ...F @g ... on H { i } ... { j } }", None),
            ("\"text\" query (\"text\" $a: B) { c } fragment D on E @f { g }", None),
            ("subscription S { a } mutation { b }", None),
            ("{ a(b: 1.5e3, c: \"\"\"d\"\"\", e: F, g: -1) }", None),
            ("{ a(b: 1 c) }", Some(("c", 9))),
            ("{ a(b c: 1) }", Some(("b", 4))),
            ("{ a(b: 1 2) }", Some(("2", 9))),
        ] {
            let read = tokens::check(text, &defaults()).expect("within the limits");
            // The parser may refuse it itself.
            let Ok(document) = Document::parse(&*read, "") else {
                assert!(expected.is_some(), "{text}");
                continue;
            };
            let found = first_dropped(&document, &read).map(|token| (token.text, token.offset));
            assert_eq!(found, expected, "{text}");
        }
    }
}
