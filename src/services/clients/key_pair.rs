//! A key pair as a client shows it.

use crate::domain::secret::Secret;
use crate::services::secret_text;

/// How long a key or a secret can be.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=512;

/// A key, and the secret that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    key: Secret,
    secret: Secret,
}

impl KeyPair {
    /// A pair of these texts.
    pub fn new(key: &str, secret: &str) -> Self {
        Self { key: Secret::new(key), secret: Secret::new(secret) }
    }

    /// Whether a client can have this pair: both texts are 8 to 512 printable ASCII
    /// characters without blanks, so that they fit into a header.
    pub fn is_plausible(&self) -> bool {
        [&self.key, &self.secret].into_iter().all(|text| {
            let text = text.expose();
            LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        })
    }

    pub(super) fn key(&self) -> &str {
        self.key.expose()
    }

    pub(super) fn secret(&self) -> &str {
        self.secret.expose()
    }

    /// The hash by which the key is looked up.
    pub(super) fn key_hash(&self) -> [u8; 32] {
        secret_text::hash(self.key())
    }
}
