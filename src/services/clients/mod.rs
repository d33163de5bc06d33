//! Clients with a key pair: registering them, checking their pairs, and the tokens that
//! they fetch.
//!
//! Nothing about a client is cached but the fact that a secret belongs to a stored hash, so
//! that revoking a client ends all that it has in every replica at once.

pub mod cleanup;
mod key_pair;
mod registration;
mod secrets;
mod window;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use subtle::ConstantTimeEq as _;
use tokio::time::{Instant, sleep_until};

pub use key_pair::KeyPair;
pub use registration::{NewKeyPair, add, create};

use self::secrets::Secrets;
use self::window::{Window, network};
use super::secret_text::{SecretKind, hash};
use crate::domain::principal::Principal;
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::store::{NewClientToken, Store, StoredClient, StoredClientToken};

/// How long a token lives.
pub const TOKEN_LIFETIME: Duration = Duration::from_hours(1);
/// How long a client may renew its tokens until it must show its key pair again: a stolen
/// token is of no use after that.
const RENEWABLE_FOR: i64 = 24 * 60 * 60 * 1_000;
/// How long a refusal takes at least. It costs no work, and hides how long the check took.
const REFUSAL: Duration = Duration::from_millis(500);
/// Failed attempts a minute from one network, and with one key from anywhere.
const ATTEMPTS_OF_NETWORK: u32 = 10;
const ATTEMPTS_WITH_KEY: u32 = 30;
/// Tokens a minute for one client: each is a write.
const TOKENS_OF_CLIENT: u32 = 60;

/// A token that was just issued.
pub struct IssuedToken {
    /// Its text, which cannot be shown again.
    pub text: String,
    /// When it expires.
    pub expires_at: Timestamp,
    /// What it allows.
    pub scopes: Scopes,
}

/// Checks key pairs, and issues tokens for them. Clones share what they count and remember.
#[derive(Clone)]
pub struct Clients {
    store: Store,
    secrets: Secrets,
    limits: Arc<Limits>,
}

struct Limits {
    networks: Window<IpAddr>,
    keys: Window<[u8; 32]>,
    tokens: Window<String>,
}

impl Clients {
    /// Knows no pair yet.
    pub fn new(store: Store) -> Self {
        let limits = Limits {
            networks: Window::new(ATTEMPTS_OF_NETWORK),
            keys: Window::new(ATTEMPTS_WITH_KEY),
            tokens: Window::new(TOKENS_OF_CLIENT),
        };
        Self { store, secrets: Secrets::new(), limits: Arc::new(limits) }
    }

    /// The principal of the client with this key pair.
    ///
    /// # Errors
    /// `Unauthenticated` if there is no such client or its secret is another one, which
    /// look alike; `RateLimited` after too many such failures.
    pub async fn authenticate(&self, pair: &KeyPair, from: IpAddr) -> Result<Principal> {
        self.client(pair, from).await.map(|client| client.principal)
    }

    /// Whether a pair that was authenticated still belongs to a client, for connections that
    /// stay open.
    ///
    /// # Errors
    /// `Unauthenticated` if it does not.
    pub async fn check(&self, pair: &KeyPair) -> Result<()> {
        self.remembered(pair).await?.map(drop).ok_or_else(wrong_pair)
    }

    /// A new token for a key pair.
    ///
    /// # Errors
    /// As [`Clients::authenticate`]; `RateLimited` too if the client asks too often.
    pub async fn exchange(&self, pair: &KeyPair, from: IpAddr) -> Result<IssuedToken> {
        let client = self.client(pair, from).await?;
        self.issue(client.id, client.principal.scopes, Timestamp::now()).await
    }

    /// A new token for one that is still valid. The old one stays valid until it expires.
    ///
    /// # Errors
    /// `Unauthenticated` if the token is not valid, or if the key pair was shown too long ago;
    /// `RateLimited` if the client asks too often.
    pub async fn renew(&self, token: &str) -> Result<IssuedToken> {
        let stored = self.token(token).await?.ok_or_else(wrong_token)?;
        let StoredClientToken { principal, client_id, authenticated_at, .. } = stored;
        if authenticated_at.plus_millis(RENEWABLE_FOR) <= Timestamp::now() {
            return Err(wrong_token());
        }
        self.issue(client_id, principal.scopes, authenticated_at).await
    }

    /// The principal of a token that a client has fetched; none if the token is not valid.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn principal(&self, token: &str) -> Result<Option<Principal>> {
        Ok(self.token(token).await?.map(|stored| stored.principal))
    }

    async fn token(&self, token: &str) -> Result<Option<StoredClientToken>> {
        if !SecretKind::ClientToken.is(token) {
            return Ok(None);
        }
        let hash = hash(token);
        let stored = self.store.client_token_by_hash(hash).await?;
        let now = Timestamp::now();
        Ok(stored.filter(|stored| bool::from(stored.hash.ct_eq(&hash)) && stored.expires_at > now))
    }

    async fn issue(
        &self,
        client_id: String,
        scopes: Scopes,
        authenticated_at: Timestamp,
    ) -> Result<IssuedToken> {
        self.limits.tokens.take(client_id.clone())?;
        let text = SecretKind::ClientToken.generate();
        let lifetime = i64::try_from(TOKEN_LIFETIME.as_millis()).unwrap_or(i64::MAX);
        let expires_at = Timestamp::now().plus_millis(lifetime);
        let hash = hash(&text);
        let token = NewClientToken { hash, client_id, authenticated_at, expires_at };
        self.store.create_client_token(token).await?;
        Ok(IssuedToken { text, expires_at, scopes })
    }

    /// The client with this key pair. Whether the key is unknown or the secret wrong shows
    /// neither in the answer nor in the time that it takes.
    async fn client(&self, pair: &KeyPair, from: IpAddr) -> Result<StoredClient> {
        if !pair.is_plausible() {
            return Err(wrong_pair());
        }
        // A client that is known is not held up by others who guess.
        if let Some(client) = self.remembered(pair).await? {
            return Ok(client);
        }
        let begun = Instant::now();
        // Before the database and the hash: guesses must cost little.
        let of_network = self.limits.networks.take(network(from)).inspect_err(|_| limited())?;
        let of_key = self.limits.keys.take(pair.key_hash()).inspect_err(|_| limited())?;
        let client = self.find(pair).await?;
        let stored = client.as_ref().map(|client| client.secret_hash.clone());
        let is_right = self.secrets.check(stored, pair).await?;
        if let Some(client) = client.filter(|_| is_right) {
            of_network.give_back();
            of_key.give_back();
            count("accepted");
            Ok(client)
        } else {
            count("refused");
            sleep_until(begun + REFUSAL).await;
            Err(wrong_pair())
        }
    }

    /// The client with this key pair, if the pair was right before and the client still has it.
    async fn remembered(&self, pair: &KeyPair) -> Result<Option<StoredClient>> {
        let Some(secret_hash) = self.secrets.remembered(pair) else { return Ok(None) };
        let client = self.find(pair).await?;
        let client = client.filter(|client| *client.secret_hash == *secret_hash);
        if client.is_none() {
            self.secrets.forget(pair);
        }
        Ok(client)
    }

    async fn find(&self, pair: &KeyPair) -> Result<Option<StoredClient>> {
        let hash = pair.key_hash();
        let client = self.store.client_by_key(hash).await?;
        Ok(client.filter(|client| bool::from(client.key_hash.ct_eq(&hash))))
    }
}

fn wrong_pair() -> Error {
    Error::new(Kind::Unauthenticated, "Invalid API credentials")
}

fn wrong_token() -> Error {
    Error::new(Kind::Unauthenticated, "Invalid or expired token")
}

fn limited() {
    count("limited");
}

fn count(outcome: &'static str) {
    metrics::counter!("client_authentications_total", "outcome" => outcome).increment(1);
}
