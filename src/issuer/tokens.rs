//! A program's token at the issuer: its key pair is exchanged for one, once for
//! all callers who wait, and again before it ends.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as Turn;
use tokio::time::Instant;

use super::error::{IssuerError, Reason};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;

/// A token is renewed so long before its end; one that lives no longer, in the
/// middle of its life.
const BEFORE_END: Duration = Duration::from_mins(5);
/// So long a refused key pair is not sent again: the issuer might lock it.
const REFUSED: Duration = Duration::from_secs(30);
/// So long after a failed renewal the old token is used without another try.
const NEXT_RENEWAL: Duration = Duration::from_secs(10);

/// What the issuer gives for a key pair.
pub(super) struct Grant {
    pub(super) token: Secret,
    pub(super) lifetime: Duration,
}

/// A token.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) value: Secret,
    /// The how manieth exchange it comes from.
    pub(super) serial: u64,
    renew_at: Instant,
    ends: Instant,
}

/// The token of a program. Clones of a client share it.
#[derive(Default)]
pub(super) struct Tokens {
    current: Mutex<Option<Token>>,
    /// Held during an exchange.
    exchange: Turn<Option<Failed>>,
}

/// The last exchange, if it failed.
struct Failed {
    error: IssuerError,
    /// Who asked before this moment gets the same error.
    until: Instant,
}

impl Tokens {
    fn current(&self) -> MutexGuard<'_, Option<Token>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present token; where there is none, or it is about to end, a new one
    /// by `fetch`. `refused` is the serial of a token that the issuer does not
    /// accept any more; 0 for none.
    ///
    /// # Errors
    /// Those of `fetch`, for all who waited for it.
    pub(super) async fn get(
        &self,
        refused: u64,
        fetch: impl Future<Output = Result<Grant, IssuerError>>,
    ) -> Result<Token, IssuerError> {
        let asked = Instant::now();
        let old = match self.present(refused, asked) {
            Present::Good(token) => return Ok(token),
            Present::Old(token) => Some(token),
            Present::None => None,
        };
        let mut turn = match (self.exchange.try_lock(), old) {
            (Ok(turn), _) => turn,
            // Another caller is renewing it.
            (Err(_), Some(old)) => return Ok(old),
            (Err(_), None) => self.exchange.lock().await,
        };
        let now = Instant::now();
        let old = match self.present(refused, now) {
            Present::Good(token) => return Ok(token),
            Present::Old(token) => Some(token),
            Present::None => None,
        };
        if let Some(failed) = turn.as_ref().filter(|failed| failed.until > asked) {
            return old.ok_or_else(|| failed.error.clone());
        }
        match fetch.await {
            Ok(grant) => {
                *turn = None;
                Ok(self.put(grant))
            }
            Err(error) => {
                let hold = match (error.reason(), &old) {
                    (Reason::Unauthorized | Reason::Rejected, None) => REFUSED,
                    (_, None) => Duration::ZERO,
                    (_, Some(_)) => NEXT_RENEWAL,
                };
                *turn = Some(Failed { error: error.clone(), until: Instant::now() + hold });
                old.ok_or(error)
            }
        }
    }

    fn present(&self, refused: u64, now: Instant) -> Present {
        match &*self.current() {
            Some(token) if token.serial <= refused => Present::None,
            Some(token) if now < token.renew_at => Present::Good(token.clone()),
            Some(token) if now < token.ends => Present::Old(token.clone()),
            _ => Present::None,
        }
    }

    fn put(&self, grant: Grant) -> Token {
        let now = Instant::now();
        let before_end = if grant.lifetime > BEFORE_END { BEFORE_END } else { grant.lifetime / 2 };
        let mut current = self.current();
        let token = Token {
            value: grant.token,
            serial: current.as_ref().map_or(0, |token| token.serial) + 1,
            renew_at: now + grant.lifetime.saturating_sub(before_end),
            ends: now + grant.lifetime,
        };
        *current = Some(token.clone());
        token
    }

    /// When the present token ends.
    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        let ends = self.current().as_ref()?.ends;
        let left = ends.saturating_duration_since(Instant::now());
        Some(Timestamp::now().plus_millis(i64::try_from(left.as_millis()).ok()?))
    }

    /// The present token, to keep it out of texts.
    pub(super) fn value(&self) -> Option<Secret> {
        self.current().as_ref().map(|token| token.value.clone())
    }
}

enum Present {
    Good(Token),
    /// Usable, and to be renewed.
    Old(Token),
    None,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// An issuer that takes a second for each exchange and counts them.
    #[derive(Default)]
    struct Exchanges {
        tokens: Tokens,
        count: AtomicU64,
        down: std::sync::atomic::AtomicBool,
    }

    impl Exchanges {
        async fn get(&self, refused: u64, lifetime: u64) -> Result<String, IssuerError> {
            let fetch = async {
                let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
                if self.down.load(Ordering::SeqCst) {
                    return Err(IssuerError::new(Reason::Unreachable));
                }
                let token = Secret::new(&format!("token {number}"));
                Ok(Grant { token, lifetime: Duration::from_secs(lifetime) })
            };
            self.tokens.get(refused, fetch).await.map(|token| token.value.expose().to_owned())
        }

        fn count(&self) -> u64 {
            self.count.load(Ordering::SeqCst)
        }
    }

    async fn all(exchanges: &Arc<Exchanges>, refused: u64) -> Vec<Result<String, IssuerError>> {
        let calls = (0..20).map(|_| {
            let exchanges = Arc::clone(exchanges);
            tokio::spawn(async move { exchanges.get(refused, 3_600).await })
        });
        let mut results = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            results.push(call.await.expect("it ends"));
        }
        results
    }

    #[tokio::test(start_paused = true)]
    async fn twenty_callers_share_an_exchange_and_its_failure() {
        let exchanges = Arc::new(Exchanges::default());
        exchanges.down.store(true, Ordering::SeqCst);
        assert!(all(&exchanges, 0).await.iter().all(Result::is_err));
        assert_eq!(exchanges.count(), 1);
        exchanges.down.store(false, Ordering::SeqCst);
        let found = all(&exchanges, 0).await;
        assert!(found.iter().all(|found| found.as_deref().ok() == Some("token 2")), "{found:?}");
        assert!(all(&exchanges, 1).await.iter().all(Result::is_ok), "refused by the issuer");
        assert_eq!(exchanges.count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_five_minutes_before_its_end() {
        let exchanges = Exchanges::default();
        for (after, lifetime, token) in [
            (0, 3_600, "token 1"),
            (3_299, 3_600, "token 1"),
            (2, 60, "token 2"),
            (29, 60, "token 2"),
            (2, 3_600, "token 3"),
        ] {
            tokio::time::sleep(Duration::from_secs(after)).await;
            assert_eq!(exchanges.get(0, lifetime).await.expect("a token"), token);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_holds_up_nobody_who_has_a_token() {
        let exchanges = Arc::new(Exchanges::default());
        exchanges.get(0, 3_600).await.expect("a token");
        tokio::time::sleep(Duration::from_secs(3_400)).await;
        let renewing = Arc::clone(&exchanges);
        let renewing = tokio::spawn(async move { renewing.get(0, 3_600).await });
        tokio::time::sleep(Duration::from_millis(1)).await;
        let start = Instant::now();
        assert_eq!(exchanges.get(0, 3_600).await.expect("the old one"), "token 1");
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(renewing.await.expect("it ends").expect("a token"), "token 2");
    }

    #[tokio::test(start_paused = true)]
    async fn the_old_token_is_used_while_it_cannot_be_renewed() {
        let exchanges = Exchanges::default();
        exchanges.get(0, 3_600).await.expect("a token");
        exchanges.down.store(true, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(3_400)).await;
        for _ in 0..5 {
            assert_eq!(exchanges.get(0, 3_600).await.expect("the old one"), "token 1");
        }
        assert_eq!(exchanges.count(), 2, "and not tried again each time");
        tokio::time::sleep(Duration::from_mins(5)).await;
        assert!(exchanges.get(0, 3_600).await.is_err(), "it has ended");
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_during_an_exchange_leaves_it_to_the_next() {
        let exchanges = Exchanges::default();
        let gone = tokio::time::timeout(Duration::from_millis(500), exchanges.get(0, 60));
        assert!(gone.await.is_err());
        assert_eq!(exchanges.get(0, 60).await.expect("a token"), "token 2");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_key_pair_is_not_sent_again_at_once() {
        let tokens = Tokens::default();
        let count = AtomicU64::new(0);
        let refuse = || async {
            count.fetch_add(1, Ordering::SeqCst);
            Err(IssuerError::new(Reason::Unauthorized))
        };
        for _ in 0..5 {
            assert!(tokens.get(0, refuse()).await.is_err());
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        tokio::time::sleep(REFUSED + Duration::from_secs(1)).await;
        assert!(tokens.get(0, refuse()).await.is_err());
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }
}
