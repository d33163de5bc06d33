//! Pieces of HTML.

use crate::site::frame::escaped;

/// A text with code between backticks.
pub(super) fn marked(text: &str) -> String {
    let text = escaped(text);
    let mut parts = text.split('`');
    let mut html = parts.next().unwrap_or_default().to_owned();
    for (part, tag) in parts.zip(["<code>", "</code>"].into_iter().cycle()) {
        html += tag;
        html += part;
    }
    html
}

/// Several lines of code.
pub(super) fn block(code: &str) -> String {
    format!("<pre>{}</pre>\n", escaped(code.trim_end()))
}

/// A part with a heading; nothing, if there is nothing in it.
pub(super) fn part(heading: &str, html: &str) -> String {
    if html.is_empty() { String::new() } else { format!("<h3>{heading}</h3>\n{html}") }
}

/// A list of things and what they are.
pub(super) fn list(entries: impl Iterator<Item = Entry>) -> String {
    let entries: String = entries.map(|entry| entry.html()).collect();
    if entries.is_empty() { entries } else { format!("<dl>\n{entries}</dl>\n") }
}

/// A thing, and what it is.
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// What it can be, with code between backticks.
    pub(super) kind: String,
    /// What it means, with code between backticks.
    pub(super) words: String,
}

impl Entry {
    fn html(&self) -> String {
        let Self { name, kind, words } = self;
        let (name, kind, words) = (escaped(name), marked(kind), marked(words));
        format!("<dt><code>{name}</code> <span>{kind}</span></dt><dd>{words}</dd>\n")
    }
}
