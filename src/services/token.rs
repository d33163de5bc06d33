//! API tokens: their text, and how one is issued.
//!
//! The text is `cgw_`, 43 random base-62 digits (256 bits) and a checksum, so that
//! typing mistakes and tokens leaked into a repository are recognised without the
//! database.

use std::time::Duration;

use rand::distr::{Alphanumeric, SampleString as _};
use sha2::{Digest as _, Sha256};

use crate::domain::principal::ProgramId;
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::store::{NewToken, Store};

/// The prefix of every token. It must never change: secret scanners look for it.
pub const PREFIX: &str = "cgw_";
const RANDOM_LEN: usize = 43;
const CHECKSUM_LEN: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Issues a token and returns its text. Only the hash is stored, so that the text
/// cannot be shown again.
///
/// # Errors
/// If the database fails.
pub async fn issue(
    store: &Store,
    program: ProgramId,
    label: String,
    scopes: Scopes,
    expires_in: Option<Duration>,
) -> Result<String> {
    let text = generate();
    let created_at = Timestamp::now();
    let millis = |life: Duration| i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    let new = NewToken {
        id: uuid::Uuid::now_v7().to_string(),
        label,
        hash: hash(&text),
        scopes,
        created_at,
        expires_at: expires_in.map(|life| created_at.plus_millis(millis(life))),
    };
    store.create_token(program, new).await?;
    Ok(text)
}

/// A new token's text.
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

/// The hash that is stored: SHA-256. A token has 256 random bits, so that a fast
/// hash is enough.
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
