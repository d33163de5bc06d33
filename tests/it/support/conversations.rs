//! The blocks of code of a Markdown text, and for `console` blocks the commands with
//! what they print.

/// A block of code.
pub(crate) struct Block {
    /// The line that it begins on.
    pub(crate) line: usize,
    /// Its language: the first word after the fence.
    pub(crate) language: String,
    /// The tools that it needs: the other words.
    pub(crate) needs: Vec<String>,
    pub(crate) text: String,
}

/// All blocks of a text, in order.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut all = Vec::new();
    let mut open: Option<Block> = None;
    for (line, number) in text.lines().zip(1..) {
        match (line.strip_prefix("```"), open.take()) {
            (Some(info), None) => {
                let mut words = info.split_whitespace().map(str::to_owned);
                let language = words.next().unwrap_or_default();
                let needs = words.collect();
                open = Some(Block { line: number, language, needs, text: String::new() });
            }
            (Some(_), Some(block)) => all.push(block),
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    if let Some(block) = open {
        panic!("the block that begins on line {} has no end", block.line);
    }
    all
}

/// The commands of a `console` block, each with what it prints. A command goes on
/// in lines that begin with `> `.
pub(crate) fn conversation(block: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            all.push((command.to_owned(), String::new()));
            continue;
        }
        let (command, printed) = all.last_mut().expect("a command comes first");
        if let Some(more) = line.strip_prefix("> ") {
            command.push('\n');
            command.push_str(more);
        } else {
            printed.push_str(line);
            printed.push('\n');
        }
    }
    all
}

/// Whether a text is as expected, where `…` stands for any text.
pub(crate) fn fits(expected: &str, text: &str) -> bool {
    let (expected, text) = (expected.trim(), text.trim());
    let mut parts = expected.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn only_dots_match_anything() {
    for (expected, text, does) in [
        ("a b", "a b\n", true),
        ("a b", "a  b", false),
        ("a…", "abc", true),
        ("…c", "abc", true),
        ("a…c", "abbc", true),
        ("a…c", "abcd", false),
        ("a…b…c", "a1b2c", true),
        ("a…b…c", "a1c", false),
        ("ab…bc", "abc", false),
        ("…", "", true),
        ("", "a", false),
    ] {
        assert_eq!(fits(expected, text), does, "{expected} and {text}");
    }
}
