//! The calls to one endpoint, within its circuit breaker and rate limit.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use alloy_primitives::{B256, Bytes, U64};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing::Instrument as _;

use super::block::Block;
use super::circuit_breaker::{CircuitBreaker, State};
use super::network::Chain;
use super::rpc::{Failure, Rpc};
use crate::outage::Outage;
use crate::trace::{self, spans};

/// With less time left, no call is sent.
const MIN_TIME: Duration = Duration::from_millis(5);
/// A time-out counts as a failure of the endpoint if the call had at least this long.
const FAIR_TIME: Duration = Duration::from_millis(400);

/// An endpoint with its circuit breaker and rate limit.
pub(super) struct Endpoint {
    /// Its position in the settings, from 1. Logs show it instead of the address,
    /// which can contain a key.
    pub(super) number: usize,
    rpc: Rpc,
    breaker: Mutex<CircuitBreaker>,
    outage: Outage,
    /// Why its last call failed, as the end of a sentence.
    failure: Mutex<Option<String>>,
    rate_limit: DefaultDirectRateLimiter,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    number: U64,
    hash: B256,
    parent_hash: B256,
    timestamp: U64,
}

impl Endpoint {
    pub(super) fn new(number: usize, rpc: Rpc, calls_per_second: u32) -> Self {
        let calls = NonZeroU32::new(calls_per_second).unwrap_or(NonZeroU32::MIN);
        let rate_limit = RateLimiter::direct(Quota::per_second(calls));
        let outage = Outage::of(format!("chain endpoint {number}"));
        let (breaker, failure) = (Mutex::default(), Mutex::default());
        Self { number, rpc, breaker, outage, failure, rate_limit }
    }

    fn breaker(&self) -> MutexGuard<'_, CircuitBreaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_failure(&self) -> MutexGuard<'_, Option<String>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of its circuit breaker.
    pub(super) fn state(&self) -> State {
        self.breaker().state(Instant::now())
    }

    /// Why it fails; none if its last answer was valid.
    pub(super) fn failure(&self) -> Option<String> {
        self.last_failure().clone()
    }

    /// Records a valid answer.
    pub(super) fn succeeded(&self) {
        self.breaker().succeeded();
        *self.last_failure() = None;
    }

    /// Records a failed call or an invalid answer.
    pub(super) fn failed(&self, failure: &Failure) {
        *self.last_failure() = Some(failure.sentence());
        let after = if let Failure::Status(_, after) = failure { *after } else { None };
        self.breaker().failed(Instant::now(), after);
    }

    pub(super) async fn chain_id(&self, deadline: Instant) -> Result<u64, Failure> {
        let id: U64 = self.call("eth_chainId", json!([]), deadline).await?;
        Ok(id.to())
    }

    pub(super) async fn code(
        &self,
        address: alloy_primitives::Address,
        deadline: Instant,
    ) -> Result<Bytes, Failure> {
        self.call("eth_getCode", json!([address, "latest"]), deadline).await
    }

    /// The header of the newest block.
    pub(super) async fn newest(&self, deadline: Instant) -> Result<Block, Failure> {
        self.header(json!("latest"), deadline).await
    }

    /// The header of the block that has this number now.
    pub(super) async fn numbered(&self, number: u64, deadline: Instant) -> Result<Block, Failure> {
        self.header(json!(U64::from(number)), deadline).await
    }

    async fn header(&self, block: Value, deadline: Instant) -> Result<Block, Failure> {
        let params = json!([block, false]);
        let header: Header = self.call("eth_getBlockByNumber", params, deadline).await?;
        Ok(Block {
            number: header.number.to(),
            seconds: i64::try_from(header.timestamp.to::<u64>())
                .map_err(|_| Failure::InvalidAnswer)?,
            parent: header.parent_hash,
            hash: Some(header.hash),
        })
    }

    /// `eth_call` to Multicall3 in the block `at` (by its hash, EIP-1898), or in the newest.
    pub(super) async fn eth_call(
        &self,
        chain: &Chain,
        data: Bytes,
        at: Option<Block>,
        deadline: Instant,
    ) -> Result<Bytes, Failure> {
        let block = match at.and_then(|at| at.hash) {
            Some(hash) => json!({ "blockHash": hash, "requireCanonical": true }),
            None => json!("latest"),
        };
        let params = json!([{ "to": chain.multicall, "data": data }, block]);
        self.call("eth_call", params, deadline).await
    }

    /// One call, if circuit breaker and rate limit allow it before the deadline.
    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        deadline: Instant,
    ) -> Result<T, Failure> {
        if self.breaker().state(Instant::now()) == State::Open {
            return Err(Failure::NotCalled);
        }
        while let Err(early) = self.rate_limit.check() {
            let wait = early.wait_time_from(DefaultClock::default().now());
            if Instant::now() + wait >= deadline {
                return Err(Failure::NotCalled);
            }
            tokio::time::sleep(wait).await;
        }
        let sent = Instant::now();
        let left = deadline.saturating_duration_since(sent);
        if left < MIN_TIME || !self.breaker().may_call(sent) {
            return Err(Failure::NotCalled);
        }
        let span = spans::chain_call(self.number, method);
        let result = self.rpc.call(method, params, left).instrument(span.clone()).await;
        let outcome = result.as_ref().err().map_or("ok", Failure::name);
        spans::ended(&span, outcome, result.is_err());
        self.record(method, sent.elapsed(), result.as_ref().err());
        match &result {
            // Too little time was left; that is not a failure of the endpoint.
            Err(Failure::Timeout) if left < FAIR_TIME => {}
            Err(failure) if failure.is_of_endpoint() => self.failed(failure),
            _ => self.breaker().answered(sent),
        }
        result
    }

    fn record(&self, method: &'static str, took: Duration, failure: Option<&Failure>) {
        let outcome = failure.map_or("ok", Failure::name);
        let endpoint = self.number.to_string();
        metrics::counter!("chain_calls_total", "endpoint" => endpoint, "method" => method, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("chain_call_duration_seconds", "method" => method).record(took);
        match failure {
            None => self.outage.succeeded(),
            Some(failure) => {
                if failure.is_of_endpoint() {
                    self.outage.failed(&format!("{method}: {}", failure.sentence()));
                }
                // The message could contain anything, so that it is logged on request only.
                let trace_id = trace::id();
                let endpoint = self.number;
                tracing::debug!(trace_id, endpoint, method, ?failure, "a chain call failed");
            }
        }
    }
}
