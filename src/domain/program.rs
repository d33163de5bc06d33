//! A card program, as the issuer sees it.

/// The words of the issuer for a program that it has not approved, or no longer.
const NOT_APPROVED: [&str; 5] = ["pending", "rejected", "suspended", "not_applied", NOT_ENROLLED];
/// Our word for an account that has no program: the issuer has none.
const NOT_ENROLLED: &str = "not_enrolled";

/// The issuer's status of a program, in its word: new ones may come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramStatus(String);

impl ProgramStatus {
    /// What the issuer says; none if it says nothing of it.
    pub fn of(enrolled: Option<bool>, status: Option<&str>) -> Option<Self> {
        if enrolled == Some(false) {
            return Some(Self(NOT_ENROLLED.to_owned()));
        }
        status.map(|word| Self(word.to_owned()))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the issuer has approved the program. An unknown word does not lock
    /// a program out.
    pub fn is_approved(&self) -> bool {
        !NOT_APPROVED.contains(&self.0.as_str())
    }
}

impl From<String> for ProgramStatus {
    fn from(word: String) -> Self {
        Self(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_refusal_counts_as_one() {
        for (enrolled, status, approved) in [
            (Some(true), Some("approved"), Some(true)),
            (None, Some("approved"), Some(true)),
            (Some(true), Some("a new word"), Some(true)),
            (Some(true), Some("pending"), Some(false)),
            (Some(true), Some("suspended"), Some(false)),
            (Some(true), Some("rejected"), Some(false)),
            (None, Some("not_applied"), Some(false)),
            (Some(false), None, Some(false)),
            (Some(false), Some("approved"), Some(false)),
            (None, None, None),
            (Some(true), None, None),
        ] {
            let known = ProgramStatus::of(enrolled, status);
            assert_eq!(known.map(|of| of.is_approved()), approved, "{enrolled:?} {status:?}");
        }
    }
}
