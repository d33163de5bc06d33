//! A cheap pass over a document's text, before the parser works: the parser
//! descends into brackets on the stack, and builds a tree of whatever it is given.

use crate::graphql::admission::limits::{Excess, Limits};

/// What a bracket encloses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Selections, where a name with a colon is an alias.
    Selections,
    /// Arguments, lists and objects, where it is not.
    Values,
}

/// Refuses a text that is beyond the limits. Whether it is GraphQL, the parser
/// will say.
pub(crate) fn check(text: &str, limits: &Limits) -> Result<(), Excess> {
    Excess::check("document", limits.document, text.len())?;
    let bytes = text.as_bytes();
    let (mut tokens, mut aliases, mut directives) = (0, 0, 0);
    let mut open: Vec<Inside> = Vec::with_capacity(limits.nesting + 1);
    let mut after_name = false;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let mut name = false;
        let next = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += bytes[at..].iter().take_while(|b| !matches!(b, b'\n' | b'\r')).count();
                continue;
            }
            b'"' => end_of_string(bytes, at) + 1,
            b'{' | b'(' | b'[' => {
                let selections = byte == b'{' && !open.contains(&Inside::Values);
                open.push(if selections { Inside::Selections } else { Inside::Values });
                Excess::check("nesting", limits.nesting, open.len())?;
                at + 1
            }
            b'}' | b')' | b']' => {
                open.pop();
                at + 1
            }
            b':' => {
                aliases += usize::from(after_name && open.last() == Some(&Inside::Selections));
                at + 1
            }
            b'@' => {
                directives += 1;
                at + 1
            }
            _ if is_word(byte) => {
                name = true;
                at + bytes[at..].iter().take_while(|b| is_word(**b)).count()
            }
            // Anything else is a sign, or a part of a character that the parser refuses.
            _ => at + 1,
        };
        tokens += 1;
        Excess::check("tokens", limits.tokens, tokens)?;
        Excess::check("aliases", limits.aliases, aliases)?;
        Excess::check("directives", limits.directives, directives)?;
        after_name = name;
        at = next;
    }
    Ok(())
}

/// What names and numbers are made of.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::admission::limits::DEFAULTS;

    fn limit(text: &str) -> Option<&'static str> {
        check(text, &DEFAULTS).err().map(|excess| excess.limit)
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
    fn whatever_comes_it_ends() {
        for text in [
            "",
            "\"",
            "\"\"\"",
            "\"\\",
            "\"\"\"\\",
            "#",
            "}",
            "))))",
            "é🦊",
            "\u{feff}{a}",
            "\0",
            "a:",
            ":",
            "{:",
        ] {
            assert_eq!(limit(text), None, "{text}");
        }
    }
}
