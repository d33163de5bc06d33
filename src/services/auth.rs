//! From the credentials of a request to the principal that they belong to.

use std::net::IpAddr;
use std::time::Duration;

use moka::future::Cache;
use moka::sync::Cache as SyncCache;
use subtle::ConstantTimeEq as _;

use super::clients::{Clients, KeyPair};
use super::secret_text::{SecretKind, hash};
use crate::domain::principal::Principal;
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::store::{Store, StoredToken};

/// How many tokens are remembered at once.
const CACHED_TOKENS: u64 = 10_000;
/// How long a token that was valid is no stranger's after its last look-up.
const KNOWN_FOR: Duration = Duration::from_hours(1);

/// What a request shows to prove who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A token: the operator's, or one that a client has fetched.
    Token(Secret),
    /// The key pair of a client.
    KeyPair(KeyPair),
}

/// Looks credentials up, and remembers the operator's tokens for a moment.
#[derive(Clone)]
pub struct Auth {
    store: Store,
    clients: Clients,
    found: Cache<[u8; 32], StoredToken>,
    /// Tokens that were valid when they were last looked up.
    known: SyncCache<[u8; 32], ()>,
}

impl Auth {
    /// `ttl` bounds how long a revoked token still works in this process.
    pub fn new(store: Store, clients: Clients, ttl: Duration) -> Self {
        let found = Cache::builder().max_capacity(CACHED_TOKENS).time_to_live(ttl).build();
        let known = SyncCache::builder().max_capacity(CACHED_TOKENS).time_to_idle(KNOWN_FOR);
        Self { store, clients, found, known: known.build() }
    }

    /// Whether only the database can say who sends this token: it could be one, but was not
    /// valid lately. Anyone can invent those. Key pairs have limits of their own.
    pub fn is_strange(&self, credentials: &Credentials) -> bool {
        let Credentials::Token(token) = credentials else { return false };
        let token = token.expose();
        let could_be_one = SecretKind::Token.is(token) || SecretKind::ClientToken.is(token);
        could_be_one && !self.known.contains_key(&hash(token))
    }

    /// The principal of a request from an address.
    ///
    /// # Errors
    /// `Unauthenticated`, without a word on why, if the credentials are unknown, expired or
    /// revoked; `RateLimited` after many wrong key pairs.
    pub async fn principal(&self, credentials: &Credentials, from: IpAddr) -> Result<Principal> {
        match credentials {
            Credentials::Token(token) => self.of_token(token.expose()).await,
            Credentials::KeyPair(pair) => self.clients.authenticate(pair, from).await,
        }
    }

    /// Checks credentials again that were valid before, for connections that stay open.
    ///
    /// # Errors
    /// `Unauthenticated` if they are not valid any more.
    pub async fn check(&self, credentials: &Credentials) -> Result<()> {
        match credentials {
            Credentials::Token(token) => self.of_token(token.expose()).await.map(drop),
            Credentials::KeyPair(pair) => self.clients.check(pair).await,
        }
    }

    async fn of_token(&self, token: &str) -> Result<Principal> {
        if SecretKind::ClientToken.is(token) {
            let principal = self.clients.principal(token).await?;
            if principal.is_some() {
                self.known.insert(hash(token), ());
            } else {
                self.known.invalidate(&hash(token));
            }
            return principal.ok_or_else(Error::unauthenticated);
        }
        if !SecretKind::Token.is(token) {
            return Err(Error::unauthenticated());
        }
        let hash = hash(token);
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
        let Some(stored) = stored else {
            self.known.invalidate(&hash);
            return Err(Error::unauthenticated());
        };
        self.found.insert(hash, stored.clone()).await;
        self.known.insert(hash, ());
        Ok(stored)
    }
}
