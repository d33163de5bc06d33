//! Pieces of HTML.

use crate::site::frame::escaped;

/// Text in which backticks enclose code.
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

/// Several lines of code. They may be wide, and can be focused so that the keyboard scrolls
/// them.
pub(super) fn block(class: &str, label: &str, code: &str) -> String {
    let code = escaped(code.trim_end());
    format!(
        "<pre class=\"{class}\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">{code}</pre>\n"
    )
}

/// Content below a heading; nothing if the content is empty.
pub(super) fn part(heading: &str, html: &str) -> String {
    if html.is_empty() { String::new() } else { format!("<h3>{heading}</h3>\n{html}") }
}

/// A description list.
pub(super) fn list(entries: impl Iterator<Item = Entry>) -> String {
    let entries: String = entries.map(|entry| entry.html()).collect();
    if entries.is_empty() { entries } else { format!("<dl>\n{entries}</dl>\n") }
}

/// An entry of a description list.
pub(super) struct Entry {
    /// The name of a member, parameter or header.
    pub(super) name: String,
    /// Its type. Backticks enclose code.
    pub(super) kind: String,
    /// Its description. Backticks enclose code.
    pub(super) words: String,
}

impl Entry {
    fn html(&self) -> String {
        let Self { name, kind, words } = self;
        let (name, kind, words) = (escaped(name), marked(kind), marked(words));
        format!("<dt><code>{name}</code> <span>{kind}</span></dt><dd>{words}</dd>\n")
    }
}
