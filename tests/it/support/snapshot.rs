//! Answers in the form in which snapshots show them. `just snapshots` updates those in
//! `tests/it/snapshots`.

use super::Answer;

impl Answer {
    /// Status, media type and body, byte for byte but for the request's identifier.
    pub(crate) fn snapshot(&self) -> String {
        let id = regex::Regex::new(r#""requestId":"[^"]+""#).expect("a pattern");
        let body = id.replace_all(&self.text, r#""requestId":"[request id]""#);
        format!("{} {}\n\n{}", self.status, self.header("content-type"), pretty(&body))
    }
}

/// JSON with one member or item per line. Only white space is added, and the text must
/// have none, so that equal results mean equal bytes.
pub(crate) fn pretty(json: &str) -> String {
    let (mut text, mut depth, mut in_string, mut escaped) = (String::new(), 0, false, false);
    let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next() {
        if in_string {
            in_string = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
            text.push(c);
            continue;
        }
        assert!(!c.is_whitespace(), "white space in {json}");
        match c {
            '{' | '[' => {
                text.push(c);
                if let Some(end) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    text.push(end);
                } else {
                    depth += 1;
                    text += &line(depth);
                }
            }
            '}' | ']' => {
                depth -= 1;
                text += &line(depth);
                text.push(c);
            }
            ',' => {
                text.push(',');
                text += &line(depth);
            }
            ':' => text += ": ",
            _ => {
                in_string = c == '"';
                text.push(c);
            }
        }
    }
    text
}
