//! The text of an API token: `cgw_`, 43 random base-62 digits (256 bits) and
//! a checksum, so that a typing mistake and a leaked token in a repository
//! are both recognised without asking anybody.

use rand::distr::{Alphanumeric, SampleString as _};
use sha2::{Digest as _, Sha256};

/// What every token begins with. It may never change: secret scanners know it.
pub const PREFIX: &str = "cgw_";
const RANDOM_LEN: usize = 43;
const CHECKSUM_LEN: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new token.
pub fn generate() -> String {
    let mut text = PREFIX.to_owned();
    Alphanumeric.append_string(&mut rand::rng(), &mut text, RANDOM_LEN);
    let checksum = checksum(&text);
    text.push_str(&checksum);
    text
}

/// Whether a text has the form of a token and its checksum is right.
pub fn is_well_formed(text: &str) -> bool {
    let right_length = text.len() == PREFIX.len() + RANDOM_LEN + CHECKSUM_LEN;
    if !right_length || !text.is_ascii() || !text.starts_with(PREFIX) {
        return false;
    }
    let (body, sum) = text.split_at(text.len() - CHECKSUM_LEN);
    body[PREFIX.len()..].bytes().all(|digit| digit.is_ascii_alphanumeric()) && checksum(body) == sum
}

/// What is stored of a token. It is random enough that a fast hash will do.
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
    fn a_token_is_recognised_and_a_typing_mistake_too() {
        let token = generate();
        assert!(is_well_formed(&token), "{token}");
        assert_ne!(token, generate());
        for at in PREFIX.len()..token.len() {
            let mut typo = token.clone().into_bytes();
            typo[at] = if typo[at] == b'x' { b'y' } else { b'x' };
            let typo = String::from_utf8(typo).expect("ASCII");
            assert!(!is_well_formed(&typo), "{typo}");
        }
        for bad in ["", "cgw_", "cgw_é", &token[1..], &token.to_lowercase(), &format!("{token}0")]
        {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }
}
