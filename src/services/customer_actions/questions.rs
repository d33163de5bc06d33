//! The questions about the source of funds, as the issuer asks them.

use serde_json::Value;

/// What the issuer asks about the source of a customer's funds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceOfFunds {
    /// The issuer's word for how far it is, such as `pending` or `completed`.
    pub status: Option<String>,
    /// The questions, in their order.
    pub questions: Vec<Question>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its name, which the answer repeats.
    pub question: String,
    /// How it is shown to people.
    pub label: Option<String>,
    /// What can be answered.
    pub options: Vec<String>,
}

impl SourceOfFunds {
    /// Reads what the issuer says; what is missing or odd is left out.
    pub(super) fn read(data: &Value) -> Self {
        let questions = data["questions"].as_array();
        Self {
            status: text(&data["status"]),
            questions: questions.into_iter().flatten().filter_map(question).collect(),
        }
    }
}

fn question(json: &Value) -> Option<Question> {
    Some(Question {
        question: text(&json["question"])?,
        label: text(&json["label"]),
        options: json["options"].as_array().into_iter().flatten().filter_map(text).collect(),
    })
}

fn text(json: &Value) -> Option<String> {
    json.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_odd_is_left_out() {
        let read = SourceOfFunds::read(&json!({ "status": 1, "questions": [
            { "question": "a", "label": "A?", "options": ["x", 1, "y"] },
            { "label": "nameless" }, 17, { "question": "b" },
        ] }));
        let question = |name: &str, label: Option<&str>, options: &[&str]| Question {
            question: name.to_owned(),
            label: label.map(str::to_owned),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
        };
        let questions = vec![question("a", Some("A?"), &["x", "y"]), question("b", None, &[])];
        assert_eq!(read, SourceOfFunds { status: None, questions });
        assert_eq!(SourceOfFunds::read(&json!(null)), SourceOfFunds::default());
    }
}
