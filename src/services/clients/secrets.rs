//! Checks secrets against their stored hashes.
//!
//! A secret that the operator brings in may be weak, so that the hash must be slow for
//! those who try secrets against a stolen database: Argon2id with the parameters that OWASP
//! recommends (19 MiB, two passes). For us it is bounded: only a few checks run at a time,
//! and a pair that was right is remembered.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::key_pair::KeyPair;
use crate::error::{Error, Result};

/// How many pairs are remembered.
const REMEMBERED: u64 = 10_000;
/// How long a pair is remembered after its last use. Clients ask for a token every hour.
const REMEMBERED_FOR: Duration = Duration::from_hours(2);
/// How long a check waits for others.
const TURN: Duration = Duration::from_secs(5);

/// Checks secrets. Clones share what they remember.
#[derive(Clone)]
pub(super) struct Secrets {
    /// How many checks may run at a time.
    turns: Arc<Semaphore>,
    /// The stored hash that a pair was checked against, by the pair's fingerprint.
    right: Cache<[u8; 32], Arc<str>>,
    /// Random, so that fingerprints mean nothing outside of this process.
    salt: [u8; 32],
}

impl Secrets {
    /// Remembers nothing.
    pub(super) fn new() -> Self {
        // Half of the machine: requests must go on while secrets are guessed.
        let turns = std::thread::available_parallelism().map_or(1, |cores| cores.get() / 2).max(1);
        let right = Cache::builder().max_capacity(REMEMBERED).time_to_idle(REMEMBERED_FOR).build();
        Self { turns: Arc::new(Semaphore::new(turns)), right, salt: rand::random() }
    }

    /// The stored hash that the pair has matched.
    pub(super) fn remembered(&self, pair: &KeyPair) -> Option<Arc<str>> {
        self.right.get(&self.fingerprint(pair))
    }

    /// Forgets a pair.
    pub(super) fn forget(&self, pair: &KeyPair) {
        self.right.invalidate(&self.fingerprint(pair));
    }

    /// Whether the secret of the pair has this hash. Without a hash, the same work is done
    /// in vain, so that an unknown key cannot be told from a wrong secret.
    ///
    /// # Errors
    /// `Unavailable` if others are being checked.
    pub(super) async fn check(&self, stored: Option<String>, pair: &KeyPair) -> Result<bool> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn
            .map_err(|_| Error::unavailable("too many secrets are being checked"))?
            .map_err(Error::internal)?;
        let (secrets, pair) = (self.clone(), pair.clone());
        let checking = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let Some(stored) = stored else { return hash_of_secret(pair.secret()).map(|_| false) };
            match Argon2::default().verify_password(pair.secret().as_bytes(), stored.as_str()) {
                Ok(()) => {
                    secrets.right.insert(secrets.fingerprint(&pair), stored.into());
                    Ok(true)
                }
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(failed(error)),
            }
        });
        checking.await.map_err(Error::internal)?
    }

    fn fingerprint(&self, pair: &KeyPair) -> [u8; 32] {
        // A key has no blanks, so that no two pairs are the same text.
        let parts = [&self.salt, pair.key().as_bytes(), b" ", pair.secret().as_bytes()];
        let hash = parts.into_iter().fold(Sha256::new(), Sha256::chain_update);
        hash.finalize().into()
    }
}

/// The hash that is stored of a secret, with a random salt, in the PHC string format.
///
/// # Errors
/// If this machine has no memory or no randomness left.
pub(super) fn hash_of_secret(secret: &str) -> Result<String> {
    let hash: phc::PasswordHash =
        Argon2::default().hash_password(secret.as_bytes()).map_err(failed)?;
    Ok(hash.to_string())
}

fn failed(error: password_hash::Error) -> Error {
    Error::internal(format!("a secret could not be hashed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_secret_matches_and_is_remembered() {
        let secrets = Secrets::new();
        let pair = KeyPair::new("key_of_acme", "hunter2hunter2");
        let stored = hash_of_secret("hunter2hunter2").expect("hashed");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, hash_of_secret("hunter2hunter2").expect("hashed"), "it is salted");
        assert!(secrets.remembered(&pair).is_none());
        assert!(!secrets.check(None, &pair).await.expect("checked"));
        let wrong = KeyPair::new("key_of_acme", "hunter3hunter3");
        assert!(!secrets.check(Some(stored.clone()), &wrong).await.expect("checked"));
        assert!(secrets.remembered(&pair).is_none() && secrets.remembered(&wrong).is_none());
        assert!(secrets.check(Some(stored.clone()), &pair).await.expect("checked"));
        assert_eq!(secrets.remembered(&pair).as_deref(), Some(stored.as_str()));
        secrets.forget(&pair);
        assert!(secrets.remembered(&pair).is_none());
    }

    #[tokio::test]
    async fn a_stored_text_that_is_no_hash_is_our_failure() {
        let pair = KeyPair::new("key_of_acme", "hunter2hunter2");
        let checked = Secrets::new().check(Some("nonsense".to_owned()), &pair).await;
        assert!(checked.expect_err("it cannot be").is_ours());
    }
}
