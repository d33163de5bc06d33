//! The texts of the tokens, keys and secrets that the gateway makes.
//!
//! A text is a prefix, 43 random base-62 digits (256 bits) and a checksum, so that
//! typing mistakes and secrets leaked into a repository are recognised without the
//! database.

use rand::distr::{Alphanumeric, SampleString as _};
use sha2::{Digest as _, Sha256};

/// What a text is, by its prefix. Prefixes must never change: secret scanners look for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// A token that the operator has created.
    Token,
    /// A token that a client has fetched for its key pair.
    ClientToken,
    /// The key of a key pair.
    ApiKey,
    /// The secret of a key pair.
    ApiSecret,
}

const PREFIX_LEN: usize = 4;
const RANDOM_LEN: usize = 43;
const CHECKSUM_LEN: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Token => "cgw_",
            Self::ClientToken => "cgc_",
            Self::ApiKey => "cgk_",
            Self::ApiSecret => "cgs_",
        }
    }

    /// A new text of this kind.
    pub fn generate(self) -> String {
        let mut text = self.prefix().to_owned();
        Alphanumeric.append_string(&mut rand::rng(), &mut text, RANDOM_LEN);
        let checksum = checksum(&text);
        text.push_str(&checksum);
        text
    }

    /// Whether a text has the form of this kind and its checksum is right.
    pub fn is(self, text: &str) -> bool {
        let right_length = text.len() == PREFIX_LEN + RANDOM_LEN + CHECKSUM_LEN;
        if !right_length || !text.is_ascii() || !text.starts_with(self.prefix()) {
            return false;
        }
        let (body, sum) = text.split_at(text.len() - CHECKSUM_LEN);
        body[PREFIX_LEN..].bytes().all(|digit| digit.is_ascii_alphanumeric())
            && checksum(body) == sum
    }
}

/// The hash that is stored of tokens, and by which keys are looked up: SHA-256. They have
/// 256 random bits, so that a fast hash is enough.
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// CRC-32 of the text before it, in six base-62 digits.
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECKSUM_LEN];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_recognised_and_a_typing_mistake_too() {
        let kinds =
            [SecretKind::Token, SecretKind::ClientToken, SecretKind::ApiKey, SecretKind::ApiSecret];
        for kind in kinds {
            let text = kind.generate();
            assert!(kind.is(&text), "{text}");
            assert_ne!(text, kind.generate());
            assert_eq!(kinds.iter().filter(|kind| kind.is(&text)).count(), 1, "{text}");
            for at in PREFIX_LEN..text.len() {
                let mut typo = text.clone().into_bytes();
                typo[at] = if typo[at] == b'x' { b'y' } else { b'x' };
                let typo = String::from_utf8(typo).expect("ASCII");
                assert!(!kind.is(&typo), "{typo}");
            }
            let (short, lower, long) = (&text[1..], text.to_lowercase(), format!("{text}0"));
            for bad in ["", "cgw_", "cgw_é", short, &lower, &long] {
                assert!(!kind.is(bad), "{bad}");
            }
        }
    }
}
