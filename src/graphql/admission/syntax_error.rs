//! What a parser says of a text that is not GraphQL, in one plain line: what was expected, and
//! what is there instead.

use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::validation::DiagnosticList;

use super::positions::Positions;
use super::rejection::{Rejection, cut, request_error};
use crate::graphql::error::PARSE_FAILED;

/// The parser's names of tokens, and how they are written.
const TOKENS: &[(&str, &str)] = &[
    ("L_CURLY", "{"),
    ("R_CURLY", "}"),
    ("L_PAREN", "("),
    ("R_PAREN", ")"),
    ("L_BRACK", "["),
    ("R_BRACK", "]"),
    ("COLON", ":"),
    ("DOLLAR", "$"),
    ("BANG", "!"),
    ("SPREAD", "..."),
    ("EQ", "="),
    ("AT", "@"),
    ("AMP", "&"),
    ("PIPE", "|"),
];
/// The parser's sentences that mean little to people, and plain ones.
const PLAIN: &[(&str, &str)] = &[
    ("expected at least one Selection in Selection Set", "expected a field between { and }"),
    ("expected an Inline Fragment or a Fragment Spread", "expected a fragment after ..."),
    (
        "expected a StringValue, Name or OperationDefinition",
        "expected query, mutation, subscription, fragment or {",
    ),
    (
        "expected an Operation Type or a Selection Set",
        "expected query, mutation, subscription or {",
    ),
    ("expected definition", "expected query, mutation, subscription, fragment or {"),
    ("expected a definition", "expected query, mutation, subscription, fragment or {"),
    ("Unexpected <EOF>.", "there is no query, mutation or subscription"),
    ("expected a Selection Set", "expected {"),
    ("expected Selection Set", "expected {"),
    ("expected an Argument", "expected an argument, as in (name: value)"),
    ("expected a Variable Definition", "expected a variable, as in ($name: Type)"),
    ("expected a Name", "expected a name"),
    ("expected a Type", "expected a type"),
];

/// The first error of a text: all others may follow from it.
pub(super) fn rejection(
    errors: &DiagnosticList,
    text: &str,
    positions: &Positions<'_>,
) -> Rejection {
    let all = errors.iter().map(|diagnostic| {
        let at = diagnostic.error.location().map(|span| span.offset());
        (at, diagnostic.error.to_string())
    });
    let Some((at, message)) = all.min_by_key(|(at, _)| at.unwrap_or(usize::MAX)) else {
        return request_error("Syntax error", None, PARSE_FAILED);
    };
    let message = message.strip_prefix("syntax error: ").unwrap_or(&message);
    let found = at.and_then(|at| text.get(at..)).map(found);
    let message = cut(format!("Syntax error: {}", plain(message, found.as_deref())));
    request_error(message, at.map(|at| positions.at(at)), PARSE_FAILED)
}

/// What stands at the beginning of a text: a word, a sign, or the end.
fn found(rest: &str) -> String {
    let Some(first) = rest.chars().next() else { return "the end of the document".to_owned() };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = if is_word(first) {
        rest.find(|c| !is_word(c)).unwrap_or(rest.len())
    } else {
        first.len_utf8()
    };
    format!("\"{}\"", &rest[..length])
}

fn plain(message: &str, found: Option<&str>) -> String {
    // A text or a document may go on for many lines.
    let message = message.lines().next().unwrap_or_default().replace('`', "\"");
    // "expected R_CURLY, got EOF"
    if let Some((expected, got)) = message.split_once(", got ") {
        let name = expected.strip_prefix("expected ").unwrap_or(expected);
        let token = TOKENS.iter().find(|(token, _)| *token == name);
        let expected = token.map_or_else(|| name.to_lowercase(), |(_, sign)| format!("\"{sign}\""));
        let got = match got {
            "EOF" => "the end of the document".to_owned(),
            got => found.map_or_else(|| format!("\"{got}\""), str::to_owned),
        };
        return format!("expected {expected}, found {got}");
    }
    let known = PLAIN.iter().find(|(sentence, _)| message == *sentence);
    let message = known.map_or(message.as_str(), |(_, plain)| plain);
    match found {
        Some(found) if message.starts_with("expected") => format!("{message}, found {found}"),
        _ => {
            let mut rest = message.chars();
            let first = rest.next().map(|first| first.to_lowercase().to_string());
            first.unwrap_or_default() + rest.as_str()
        }
    }
}

#[cfg(test)]
mod tests {
    use apollo_compiler::parser::Parser;

    use super::*;

    /// Line, column and message of the one error of a text.
    fn error(text: &str) -> String {
        let failed = Parser::new().parse_ast(text, "").expect_err("it is not GraphQL");
        let positions = Positions::of(text);
        let Rejection::Document(response) = rejection(&failed.errors, text, &positions) else {
            panic!("{text}");
        };
        let [error] = &response.errors[..] else { panic!("{text}: {:?}", response.errors) };
        let at = error.locations.first().map(|at| format!("{}:{} ", at.line, at.column));
        format!("{}{}", at.unwrap_or_default(), error.message)
    }

    #[test]
    fn a_syntax_error_is_one_plain_line() {
        for (text, expected) in [
            ("{ a", "1:4 Syntax error: expected \"}\", found the end of the document"),
            ("{ a(b: 1 }", "1:10 Syntax error: expected \")\", found \"}\""),
            ("{ a(b 1) }", "1:7 Syntax error: expected \")\", found \"1\""),
            ("{ }", "1:3 Syntax error: expected a field between { and }, found \"}\""),
            (
                "query { a } }",
                "1:13 Syntax error: expected query, mutation, subscription, fragment or {, found \"}\"",
            ),
            ("qery { a }", "1:1 Syntax error: expected"),
            ("{ a(b: \"x\n) }", "Syntax error: unterminated string value"),
            ("", "Syntax error: "),
            ("{ a ? }", "1:5 Syntax error: unexpected character \"?\""),
        ] {
            let said = error(text);
            assert!(said.contains(expected), "{text}: {said}");
            assert_eq!(said.lines().count(), 1, "{said}");
            for word in ["CURLY", "EOF", "Selection", "StringValue", "`"] {
                assert!(!said.contains(word), "{text}: {said}");
            }
        }
    }
}
