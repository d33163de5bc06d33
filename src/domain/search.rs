//! Search by the beginning of a name.

use unicode_normalization::UnicodeNormalization as _;

use super::identifier;

/// The beginning of a name, without case, in each of the forms in which Unicode can write it:
/// "é" is one character, or "e" with an accent behind it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Search(Vec<String>);

/// A text may not be shorter, in characters.
const MIN: usize = 2;

impl Search {
    /// A text to search by; spaces around it do not count.
    ///
    /// # Errors
    /// The rest of a sentence that begins with the field's name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.chars().count() < MIN {
            return Err("must have at least 2 characters");
        }
        identifier::check(text)?;
        let text = text.to_lowercase();
        let mut forms: Vec<String> = vec![text.nfc().collect(), text.nfd().collect()];
        forms.dedup();
        Ok(Self(forms))
    }

    /// The forms, in lower case.
    pub fn forms(&self) -> &[String] {
        &self.0
    }

    /// For each form, the texts that begin with it: from the first one up to the second one,
    /// which is not included, in the order of their bytes. None: there is no end.
    pub fn ranges(&self) -> impl Iterator<Item = (&str, Option<String>)> {
        self.0.iter().map(|form| (form.as_str(), behind(form)))
    }
}

/// The first text behind all that begin with `prefix`.
fn behind(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // The next character, which is not the next number before the surrogates.
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_and_cases_are_one_search() {
        let forms = |text: &str| Search::parse(text).expect("fine").0;
        assert_eq!(forms("Mira@"), ["mira@"]);
        let both = ["jos\u{e9}".to_owned(), "jose\u{301}".to_owned()];
        for text in ["JOS\u{c9}", "Jose\u{301}", " jos\u{e9} "] {
            assert_eq!(forms(text), both);
        }
        for bad in ["", "a", " a ", "a\0", &"x".repeat(400)] {
            assert!(Search::parse(bad).is_err(), "{bad:.10}");
        }
        assert!(Search::parse("\u{e9}a").is_ok());
    }

    #[test]
    fn what_begins_with_a_text_is_between_it_and_what_is_behind() {
        for prefix in ["ab", "a\u{d7ff}", "a\u{10ffff}", "\u{e9}\u{10ffff}"] {
            let end = behind(prefix).expect("there is one");
            for inside in ["", "a", "\u{10ffff}\u{10ffff}"] {
                let text = format!("{prefix}{inside}");
                assert!(prefix <= text.as_str() && text < end, "{prefix:?} {text:?}");
            }
            for outside in ["a", "b", "zz", "ac", "aa"] {
                let within = prefix <= outside && outside < end.as_str();
                assert_eq!(within, outside.starts_with(prefix), "{prefix:?} {outside}");
            }
        }
        assert_eq!(behind("\u{10ffff}"), None);
    }
}
