//! From a bearer token to the principal that it speaks for.

use std::time::Duration;

use moka::future::Cache;
use subtle::ConstantTimeEq as _;

use super::token;
use crate::domain::principal::Principal;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::store::{Store, StoredToken};

/// How many tokens are remembered at once.
const CACHED_TOKENS: u64 = 10_000;

/// Looks tokens up, and remembers for a moment what it found.
#[derive(Clone)]
pub struct Auth {
    store: Store,
    found: Cache<[u8; 32], StoredToken>,
}

impl Auth {
    /// `ttl` bounds how long a revoked token still works in this process.
    pub fn new(store: Store, ttl: Duration) -> Self {
        let found = Cache::builder().max_capacity(CACHED_TOKENS).time_to_live(ttl).build();
        Self { store, found }
    }

    /// The principal of a token.
    ///
    /// # Errors
    /// `Unauthenticated`, without a word on why, if the token is unknown,
    /// expired or revoked.
    pub async fn principal(&self, bearer: &str) -> Result<Principal> {
        if !token::is_well_formed(bearer) {
            return Err(Error::unauthenticated());
        }
        let hash = token::hash(bearer);
        let stored = match self.found.get(&hash).await {
            Some(stored) => stored,
            None => self.look_up(hash).await?,
        };
        if stored.expires_at.is_some_and(|end| end <= Timestamp::now()) {
            return Err(Error::unauthenticated());
        }
        Ok(stored.principal)
    }

    /// Unknown tokens are not cached: anyone can invent those.
    async fn look_up(&self, hash: [u8; 32]) -> Result<StoredToken> {
        let stored = self.store.token_by_hash(hash).await?;
        let stored = stored.filter(|stored| bool::from(stored.hash.ct_eq(&hash)));
        let stored = stored.ok_or_else(Error::unauthenticated)?;
        self.found.insert(hash, stored.clone()).await;
        Ok(stored)
    }
}
