//! What each call of a program goes through, in this order: the circuit breaker,
//! the token, the limits, the network. Reads are tried again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::time::Instant;
use tracing::Instrument as _;
use zeroize::Zeroizing;

use super::breaker::{Breaker, Position};
use super::error::{IssuerError, Reason};
use super::pace::{Outcome, Pace, Priority};
use super::path::Path;
use super::rate_headers::RateHeaders;
use super::settings::KeyPair;
use super::snapshot::{BreakerState, LastError, Snapshot};
use super::tokens::{Grant, Token, Tokens};
use super::transport::{Answer, Call, Transport};
use super::wire::envelope::{self, Body, Refusal};
use super::wire::token;
use crate::domain::time::Timestamp;
use crate::outage::Outage;
use crate::trace::{self, spans};

/// The pauses between the tries of a read: so many, from the first to the longest.
const RETRIES: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a call of a background task waits for its turn, at the most.
const BACKGROUND_PATIENCE: Duration = Duration::from_mins(15);
/// A call that had so much time and was not answered says something of the issuer.
const ENOUGH: Duration = Duration::from_secs(2);

const TOKEN: &str = "/v1/auth/token";

/// The calls of one program.
pub(super) struct Caller {
    program: String,
    key_pair: KeyPair,
    transport: Transport,
    timeout: Duration,
    tokens: Tokens,
    pace: Pace,
    breaker: Breaker,
    outage: Outage,
    /// Of the key pair, which the issuer may refuse while all else is well.
    key_pair_outage: Outage,
    lately: Mutex<Lately>,
}

#[derive(Default)]
struct Lately {
    error: Option<LastError>,
    success: Option<Timestamp>,
}

impl Caller {
    pub(super) fn new(
        program: &str,
        key_pair: KeyPair,
        transport: Transport,
        timeout: Duration,
        calls_per_minute: u32,
    ) -> Self {
        Self {
            program: program.to_owned(),
            key_pair,
            transport,
            timeout,
            tokens: Tokens::default(),
            pace: Pace::new(calls_per_minute),
            breaker: Breaker::default(),
            outage: Outage::of(format!("issuer for {program}")),
            key_pair_outage: Outage::of(format!("key pair of {program} at the issuer")),
            lately: Mutex::default(),
        }
    }

    /// Makes a call with the program's token. A read is tried again while it
    /// fails in a way that passes, as long as the priority has patience.
    ///
    /// # Errors
    /// If there is no answer. One with an error's status is an answer.
    pub(super) async fn call(
        &self,
        call: &Call<'_>,
        priority: Priority,
    ) -> Result<Answer, IssuerError> {
        let deadline = Instant::now() + self.patience(priority);
        let result = if call.is_read() {
            self.persist(deadline, || self.authorized(call, priority, deadline).boxed()).await
        } else {
            self.authorized(call, priority, deadline).await
        };
        match &result {
            Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => {
                self.note(&self.failure(answer));
            }
            Ok(_) => {}
            Err(error) => self.note(error),
        }
        result
    }

    /// Makes sure that there is a token.
    ///
    /// # Errors
    /// If there is none.
    pub(super) async fn prepare(&self) -> Result<(), IssuerError> {
        let token = self.token(0).await.map(drop);
        token.inspect_err(|error| self.note(error))
    }

    fn patience(&self, priority: Priority) -> Duration {
        match priority {
            Priority::Foreground => self.timeout * 3,
            Priority::Background => BACKGROUND_PATIENCE.max(self.timeout * 3),
        }
    }

    /// Tries again what can succeed a moment later, with a growing pause.
    async fn persist<'a>(
        &self,
        deadline: Instant,
        attempt: impl Fn() -> BoxFuture<'a, Result<Answer, IssuerError>>,
    ) -> Result<Answer, IssuerError> {
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_factor(3.0)
            .with_max_times(RETRIES)
            .with_jitter()
            .build();
        let mut last = attempt().await;
        loop {
            let passes = match &last {
                Ok(answer) => is_transient(answer.status),
                Err(error) => error.is_transient() && !error.is_denial(),
            };
            let pause = pauses.next().filter(|pause| passes && Instant::now() + *pause < deadline);
            let Some(pause) = pause else { return last };
            tokio::time::sleep(pause).await;
            match attempt().await {
                // What was sent says more than that nothing is sent now.
                Err(error) if error.is_denial() => return last,
                next => last = next,
            }
        }
    }

    /// Makes a call with a token. One that the issuer refuses is renewed, once.
    async fn authorized(
        &self,
        call: &Call<'_>,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Answer, IssuerError> {
        let token = self.token(0).await?;
        let answer = self.attempt(call, Some(&token), priority, deadline).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let token = self.token(token.serial).await?;
        self.attempt(call, Some(&token), priority, deadline).await
    }

    /// The program's token, with tries of its own. `refused`: the serial of one that is not accepted.
    async fn token(&self, refused: u64) -> Result<Token, IssuerError> {
        let token = self.tokens.get(refused, self.exchange_key_pair()).await;
        token.map_err(|error| error.exhausted().unsent())
    }

    async fn exchange_key_pair(&self) -> Result<Grant, IssuerError> {
        let path = Path::fixed(TOKEN);
        let KeyPair { api_key, api_secret } = &self.key_pair;
        let body = json!({ "api_key": api_key.expose(), "api_secret": api_secret.expose() });
        let body = Zeroizing::new(body.to_string());
        let call = Call {
            method: Method::POST,
            path: &path,
            query: &[],
            headers: HeaderMap::new(),
            body: Some(body.as_bytes()),
            json: true,
        };
        // Everybody waits for it.
        let priority = Priority::Foreground;
        let deadline = Instant::now() + self.patience(priority);
        let attempt = || self.attempt(&call, None, priority, deadline).boxed();
        let answer = self.persist(deadline, attempt).await?;
        let grant = if answer.status.is_success() {
            match envelope::success(&answer.body) {
                Body::Data(data) => token::read(data, Timestamp::now())
                    .ok_or_else(|| unreadable(&answer).detail("it holds no token")),
                Body::Refusal(refusal) => Err(self.refused(401, refusal)),
                Body::Unreadable => Err(unreadable(&answer)),
            }
        } else {
            Err(self.failure(&answer))
        };
        match &grant {
            Ok(_) => self.key_pair_outage.succeeded(),
            // What is wrong with the issuer is noted with the call.
            Err(error) if error.reason().is_outage() || error.is_denial() => {}
            Err(error) => self.key_pair_outage.failed(&error.to_string()),
        }
        grant
    }

    /// Makes a call, once, if that is allowed now.
    async fn attempt(
        &self,
        call: &Call<'_>,
        token: Option<&Token>,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Answer, IssuerError> {
        let open = |until: Instant| denied(Reason::CircuitOpen, Some(until));
        self.breaker.check(Instant::now()).map_err(open)?;
        let permit = self.pace.acquire(priority, deadline).await;
        let permit = permit.map_err(|wait| denied(Reason::RateLimited, wait.until))?;
        let sent = Instant::now();
        let within = self.timeout.min(deadline.saturating_duration_since(sent));
        self.breaker.admit(sent, within).map_err(open)?;
        let span = spans::issuer_call(&self.program, call.method.as_str(), call.path.route());
        let exchange = self.transport.exchange(call, token.map(|token| &token.value), within);
        let result = exchange.instrument(span.clone()).await;
        let status = result.as_ref().ok().map(|answer| answer.status);
        match &result {
            Ok(answer) => spans::ended(&span, answer.status.as_str(), is_transient(answer.status)),
            Err(error) => spans::ended(&span, error.reason().name(), true),
        }
        let result = match result {
            Ok(answer) if call.json && status.is_some_and(|status| status.is_success()) => {
                match envelope::success(&answer.body) {
                    Body::Unreadable => Err(unreadable(&answer)),
                    _ => Ok(answer),
                }
            }
            result => result,
        };
        if let Ok(answer) = &result {
            let headers = RateHeaders::read(&answer.headers, SystemTime::now());
            let outcome = match answer.status {
                StatusCode::TOO_MANY_REQUESTS => Outcome::Refused,
                // The exchange can have limits of its own.
                status if token.is_none() || status.is_server_error() => Outcome::Other,
                _ => Outcome::Counted,
            };
            let waits = is_transient(answer.status);
            let refusal = if waits { envelope::refusal(&answer.body) } else { None };
            let headers = headers.with_body(refusal.and_then(|found| found.retry_after));
            permit.answered(&headers, outcome);
        } else {
            drop(permit);
        }
        self.judge(&result, within, self.timeout);
        self.record(call.path, sent.elapsed(), &result);
        result
    }

    /// Tells the breaker how a call ended.
    fn judge(&self, result: &Result<Answer, IssuerError>, within: Duration, timeout: Duration) {
        let failed = match result {
            Ok(answer) => answer.status.is_server_error(),
            Err(error) => match error.reason() {
                // There was hardly time for it.
                Reason::Timeout if within < timeout.min(ENOUGH) => return,
                // Nothing was sent, or it says nothing of the issuer's health.
                Reason::Invalid | Reason::TooLarge => return,
                _ => true,
            },
        };
        if !failed {
            self.breaker.succeeded();
        } else if let Some(rest) = self.breaker.failed(Instant::now()) {
            let (program, seconds) = (&self.program, rest.as_secs());
            tracing::debug!(program, seconds, "the issuer failed repeatedly and is left alone");
        }
    }

    fn record(&self, path: &Path, took: Duration, result: &Result<Answer, IssuerError>) {
        let (program, route) = (&self.program, path.route());
        let status = match result {
            Ok(answer) => answer.status.as_u16().to_string(),
            Err(error) => error.reason().name().to_owned(),
        };
        let failed = match result {
            Ok(answer) => is_transient(answer.status),
            Err(_) => true,
        };
        let trace_id = trace::id();
        if failed {
            self.outage.failed(&format!("{route}: {status}"));
            tracing::debug!(trace_id, program, route, status, "a call to the issuer failed");
        } else {
            self.outage.succeeded();
            tracing::debug!(trace_id, program, route, status, "a call to the issuer");
        }
        let labels = [("program", program.clone()), ("route", route.to_owned())];
        metrics::histogram!("issuer_request_duration_seconds", &labels).record(took);
        metrics::counter!("issuer_requests_total", "program" => program.clone(), "route" => route, "status" => status)
            .increment(1);
        let mut lately = self.lately();
        match result {
            Ok(answer) if answer.status.is_success() => lately.success = Some(Timestamp::now()),
            Ok(answer) if is_transient(answer.status) => {
                lately.error = Some(last_error(&self.failure(answer)));
            }
            Ok(_) => {}
            Err(error) => lately.error = Some(last_error(error)),
        }
    }

    fn lately(&self) -> MutexGuard<'_, Lately> {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a failure for operators. That nothing was sent is none.
    pub(super) fn note(&self, error: &IssuerError) {
        if !error.is_denial() && error.reason() != Reason::Invalid {
            self.lately().error = Some(last_error(error));
        }
    }

    /// The failure that an answer is.
    pub(super) fn failure(&self, answer: &Answer) -> IssuerError {
        let mut refusal = envelope::refusal(&answer.body).unwrap_or_default();
        let headers = RateHeaders::read(&answer.headers, SystemTime::now());
        refusal.retry_after = refusal.retry_after.max(headers.retry_after);
        self.refused(answer.status.as_u16(), refusal)
    }

    /// The failure that a refusal is, without credentials that the issuer repeats.
    pub(super) fn refused(&self, status: u16, mut refusal: Refusal) -> IssuerError {
        let KeyPair { api_key, api_secret } = &self.key_pair;
        let token = self.tokens.value();
        let secrets = [Some(api_key), Some(api_secret), token.as_ref()];
        for text in [&mut refusal.code, &mut refusal.message].into_iter().flatten() {
            for secret in secrets.into_iter().flatten() {
                *text = text.replace(secret.expose(), "[hidden]");
            }
        }
        envelope::failure(status, refusal)
    }

    /// How the calls do at the moment.
    pub(super) fn snapshot(&self) -> Snapshot {
        let now = Instant::now();
        let wall = Timestamp::now();
        let at = |moment: Instant| {
            let left = moment.saturating_duration_since(now).as_millis();
            wall.plus_millis(i64::try_from(left).unwrap_or(i64::MAX))
        };
        let room = self.pace.room(now);
        let breaker = match self.breaker.position(now) {
            Position::Closed => BreakerState::Closed,
            Position::Open(until) => BreakerState::Open(at(until)),
            Position::HalfOpen => BreakerState::HalfOpen,
        };
        let lately = self.lately();
        Snapshot {
            program: self.program.clone(),
            issuer_calls_left: room.issuer_left,
            issuer_window_ends: room.window_ends.map(at),
            budget_calls_left: room.budget_left,
            paused_until: room.paused_until.map(at),
            breaker,
            last_error: lately.error.clone(),
            last_success: lately.success,
            token_expires_at: self.tokens.expires_at(),
        }
    }
}

/// An answer that is not what the pages describe.
pub(super) fn unreadable(answer: &Answer) -> IssuerError {
    IssuerError::new(Reason::Unreadable).with_status(answer.status.as_u16())
}

/// Whether the same call can have another answer a moment later.
fn is_transient(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// Nothing was sent, and when something will be.
fn denied(reason: Reason, until: Option<Instant>) -> IssuerError {
    let wait = until.map(|until| until.saturating_duration_since(Instant::now()));
    IssuerError::new(reason).with_retry_after(wait)
}

fn last_error(error: &IssuerError) -> LastError {
    LastError { at: Timestamp::now(), sentence: error.to_string() }
}
