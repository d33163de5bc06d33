//! What clients learn of an answer by which the issuer refuses.

use std::fmt::Write as _;

/// The longest sentence of the issuer that clients see, in characters.
const LONGEST: usize = 200;
/// A longer word may be a key, and a longer number a person's.
const LONGEST_WORD: usize = 40;
const LONGEST_NUMBER: usize = 5;

/// The issuer's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The issuer's code, like `DAILY_LIMIT_EXCEEDED`; none where it has given none.
    pub code: Option<String>,
    /// A sentence for clients.
    pub message: String,
}

impl Rejection {
    /// A refusal in the issuer's words. Its sentence is for clients only if it can be no more
    /// than that: short, in plain text, without addresses, keys and long numbers.
    pub fn of(code: Option<String>, message: Option<String>) -> Self {
        let sentence = message.filter(|message| is_safe(message));
        let message = sentence.unwrap_or_else(|| {
            let mut sentence = "The issuer has refused it".to_owned();
            if let Some(code) = &code {
                // Writing to a text cannot fail.
                let _ = write!(sentence, ": {code}");
            }
            sentence
        });
        Self { code, message }
    }
}

fn is_safe(text: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '<' | '>' | '{' | '}' | '\\' | '@');
    let is_long = |word: &str| word.chars().count() > LONGEST_WORD;
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    !text.trim().is_empty()
        && text.chars().count() <= LONGEST
        && !text.contains(odd)
        && !text.contains("://")
        && !text.split_whitespace().any(is_long)
        && !numbers.any(|number| number.len() > LONGEST_NUMBER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_sentence_of_the_issuer_is_shown() {
        let of = |message: &str| {
            Rejection::of(Some("OTP_EXPIRED".to_owned()), Some(message.to_owned())).message
        };
        for safe in ["The code is too old", "At most 50000 USD a day", "Déjà vu — try again."] {
            assert_eq!(of(safe), safe);
        }
        let (long, key) = ("a ".repeat(150), "k".repeat(41));
        for odd in [
            "",
            " ",
            "a\nb",
            "<b>No</b>",
            "{\"a\":1}",
            "mira@example.com is in use",
            "See https://issuer.example/kyc?token=1",
            "The code 123456 is wrong",
            "+49 1701234567 is not a number",
            long.as_str(),
            key.as_str(),
        ] {
            assert_eq!(of(odd), "The issuer has refused it: OTP_EXPIRED", "{odd}");
        }
        assert_eq!(Rejection::of(None, None).message, "The issuer has refused it");
    }
}
