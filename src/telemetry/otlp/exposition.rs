//! Reads the text that `/metrics` shows (Prometheus' text format).

/// A sample: a name, its labels, its value.
#[derive(Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: Vec<(String, String)>,
    pub(super) value: f64,
}

/// The samples of a text. A line that is none is left out.
pub(super) fn samples(text: &str) -> impl Iterator<Item = Sample> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(sample)
}

fn sample(line: &str) -> Option<Sample> {
    let (head, value) = line.rsplit_once(' ')?;
    let value = match value {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        other => other.parse().ok()?,
    };
    let (name, labels) = match head.split_once('{') {
        Some((name, labels)) => (name, self::labels(labels.strip_suffix('}')?)?),
        None => (head, Vec::new()),
    };
    Some(Sample { name: name.to_owned(), labels, value })
}

/// The labels between braces.
fn labels(mut text: &str) -> Option<Vec<(String, String)>> {
    let mut labels = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"")?;
        let (value, rest) = quoted(rest)?;
        labels.push((name.to_owned(), value));
        text = rest.strip_prefix(',').unwrap_or(rest);
    }
    Some(labels)
}

/// A value up to its closing quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_sample_is_read() {
        let text = "# HELP a What it is.\n# TYPE a counter\na 1\n\n\
            b{x=\"1\",le=\"+Inf\"} 2.5\nc{x=\"a \\\"b\\\" \\\\ {,}=\\n\"} NaN\nd +Inf\nnonsense\n";
        let found: Vec<Sample> = samples(text).collect();
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[0], Sample { name: "a".to_owned(), labels: Vec::new(), value: 1.0 });
        assert_eq!(found[1].labels, [label("x", "1"), label("le", "+Inf")]);
        assert_eq!(found[2].labels, [label("x", "a \"b\" \\ {,}=\n")]);
        assert!(found[2].value.is_nan() && found[3].value.is_infinite());
    }
}
