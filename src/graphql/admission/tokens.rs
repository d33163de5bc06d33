//! Limits on the tokens of a document, checked before it is parsed. Also removes
//! descriptions, which the parser does not support in executable documents.

use std::borrow::Cow;
use std::ops::Range;

use apollo_parser::{Lexer, TokenKind};

use super::limits::{LimitExceeded, Limits};

/// Checks the tokens of a document against the limits. Returns the text for the parser:
/// without descriptions, and with the same positions.
///
/// Descriptions of operations, fragments and variables (GraphQL September 2025,
/// section 2.4) are replaced by spaces: apollo-compiler supports them from version 2 on.
pub(crate) fn check<'a>(text: &'a str, limits: &Limits) -> Result<Cow<'a, str>, LimitExceeded> {
    LimitExceeded::check("document", limits.document, text.len())?;
    let (mut tokens, mut aliases, mut directives) = (0, 0, 0);
    let mut open: Vec<TokenKind> = Vec::with_capacity(limits.nesting + 1);
    let mut last = TokenKind::Eof;
    let mut string: Option<(Range<usize>, TokenKind)> = None;
    let mut descriptions = Vec::new();
    for token in Lexer::new(text) {
        // The parser refuses an invalid token; here it counts as one.
        let (kind, data, at) = match &token {
            Ok(token) => (token.kind(), token.data(), token.index()),
            Err(_) => (TokenKind::Eof, "", 0),
        };
        match kind {
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma => continue,
            TokenKind::Eof if token.is_ok() => continue,
            TokenKind::LCurly | TokenKind::LParen | TokenKind::LBracket => {
                open.push(kind);
                LimitExceeded::check("nesting", limits.nesting, open.len())?;
            }
            TokenKind::RCurly | TokenKind::RParen | TokenKind::RBracket => drop(open.pop()),
            // A name with a colon is an alias in selections; elsewhere it is an argument.
            TokenKind::Colon if last == TokenKind::Name => {
                aliases += usize::from(open.iter().all(|open| *open == TokenKind::LCurly));
            }
            TokenKind::At => directives += 1,
            _ => {}
        }
        if let Some((range, before)) = string.take() {
            let definition = open.is_empty()
                && matches!(data, "query" | "mutation" | "subscription" | "fragment");
            let variable = kind == TokenKind::Dollar
                && open == [TokenKind::LParen]
                && !matches!(before, TokenKind::Colon | TokenKind::Eq);
            if definition || variable {
                descriptions.push(range);
            }
        }
        if kind == TokenKind::StringValue {
            string = Some((at..at + data.len(), last));
        }
        tokens += 1;
        LimitExceeded::check("tokens", limits.tokens, tokens)?;
        LimitExceeded::check("aliases", limits.aliases, aliases)?;
        LimitExceeded::check("directives", limits.directives, directives)?;
        last = kind;
    }
    Ok(without(text, &descriptions))
}

/// Replaces parts of a text by spaces; line ends stay.
fn without<'a>(text: &'a str, parts: &[Range<usize>]) -> Cow<'a, str> {
    if parts.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for byte in parts.iter().cloned().flatten() {
        if !matches!(bytes[byte], b'\n' | b'\r') {
            bytes[byte] = b' ';
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::limits::tests::defaults;
    use super::*;

    fn limit(text: &str) -> Option<&'static str> {
        check(text, &defaults()).err().map(|exceeded| exceeded.limit)
    }

    #[test]
    fn brackets_count_but_not_those_in_strings_and_comments() {
        let nested = |depth: usize| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
        assert_eq!(limit(&nested(32)), None);
        assert_eq!(limit(&nested(33)), Some("nesting"));
        for bracket in ["[", "(", "{", "{[(", "a(b:["] {
            assert_eq!(limit(&bracket.repeat(10_000)), Some("nesting"), "{bracket}");
        }
        let many = "[".repeat(100);
        for harmless in [
            format!("{{ a(b: \"{many}\") }}"),
            format!("{{ a(b: \"\\\"{many}\") }}"),
            format!("{{ a(b: \"\"\"\n\\\"\"\" {many} \"\"\") }}"),
            format!("{{ a # {many}\n }}"),
        ] {
            assert_eq!(limit(&harmless), None, "{harmless}");
        }
        assert_eq!(limit(&format!("{{ a(b: \"\") {many}")), Some("nesting"));
    }

    #[test]
    fn tokens_aliases_and_directives_are_counted() {
        assert_eq!(limit(&format!("{{ {} }}", "a ".repeat(998))), None);
        assert_eq!(limit(&format!("{{ {} }}", "a,".repeat(999))), Some("tokens"));
        assert_eq!(limit(&"!".repeat(1_001)), Some("tokens"));
        let aliases = |count: usize| {
            let all: Vec<String> =
                (0..count).map(|at| format!("a{at}: b(c: 1, d: {{ e: 1 }})")).collect();
            format!("query Q($v: Int = 1, $w: X = {{ y: 1 }}) {{ {} }}", all.join(" "))
        };
        assert_eq!(limit(&aliases(15)), None);
        assert_eq!(limit(&aliases(16)), Some("aliases"));
        assert_eq!(limit(&format!("{{ a {} }}", "@b ".repeat(50))), None);
        assert_eq!(limit(&format!("{{ a {} }}", "@b ".repeat(51))), Some("directives"));
        assert_eq!(limit(&format!("{{ a(b: \"{}\") }}", "x".repeat(200_000))), Some("document"));
    }

    #[test]
    fn descriptions_are_left_out_and_nothing_else() {
        let read = |text: &str| check(text, &defaults()).map(Cow::into_owned).ok();
        for (text, expected) in [
            ("\"a\" query { a }", "    query { a }"),
            ("\"\"\"é\n\"\"\" fragment F on X { a }", "     \n    fragment F on X { a }"),
            (
                "query (\"x\" $a: S = \"d\" \"y\" $b: S) { a }",
                "query (    $a: S = \"d\"     $b: S) { a }",
            ),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected));
        }
        for text in [
            "\"a\" { a }",
            "query ($a: S = \"d\", $b: S) { a }",
            "query @a(b: \"c\") { a(b: \"query\") }",
            "{ a(b: \"x\", c: $d) }",
        ] {
            assert_eq!(read(text).as_deref(), Some(text));
        }
    }
}
