//! The four identifiers of a card customer.

/// Maximum length of an identifier in bytes; no e-mail address is longer.
pub const MAX_LEN: usize = 320;

/// Whether a text is a customer's `id`: 24 lower-case hexadecimal digits.
pub fn is_customer_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The form of an e-mail address that look-ups compare: in lower case.
pub fn email_key(email: &str) -> String {
    email.to_lowercase()
}

/// A customer's `id`, `yativo_card_id`, `external_customer_id` or e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identifier(String);

impl Identifier {
    /// Parses an identifier.
    ///
    /// # Errors
    /// The rest of a sentence that begins with the field's name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The identifier as the caller gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As an `id`, if it can be one.
    pub fn as_customer_id(&self) -> Option<String> {
        let id = self.0.to_ascii_lowercase();
        is_customer_id(&id).then_some(id)
    }

    /// As the key of an e-mail address, if it can be one.
    pub fn as_email_key(&self) -> Option<String> {
        self.0.contains('@').then(|| email_key(&self.0))
    }
}

/// Checks a text that should be an identifier.
///
/// # Errors
/// The rest of a sentence that begins with the field's name.
pub fn check(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        Err("must not be empty")
    } else if text.len() > MAX_LEN {
        Err("must not be longer than 320 bytes")
    } else if text.chars().any(char::is_control) {
        Err("must not contain control characters")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_tried_only_as_what_it_can_be() {
        let id = Identifier::parse("69F0BDF29A84752DB9CC8FF9").expect("fine");
        assert_eq!(id.as_customer_id().as_deref(), Some("69f0bdf29a84752db9cc8ff9"));
        assert_eq!(id.as_email_key(), None);
        let email = Identifier::parse("Mira@Example.com").expect("fine");
        assert_eq!(email.as_customer_id(), None);
        assert_eq!(email.as_email_key().as_deref(), Some("mira@example.com"));
    }

    #[test]
    fn what_cannot_name_anything_is_refused() {
        for bad in [String::new(), "x".repeat(10_000), "a\0b".into(), "a\nb".into()] {
            assert!(Identifier::parse(&bad).is_err());
        }
        assert!(Identifier::parse(&"x".repeat(320)).is_ok());
    }
}
