//! The calls that are made to an endpoint, if it has time for them.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use alloy_primitives::{B256, Bytes, U64};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::health::{Health, State};
use super::rpc::{Failure, Rpc};
use super::{Block, Chain};

/// With less time left, a call is not made.
const HARDLY: Duration = Duration::from_millis(5);
/// A call that had so much time and was not answered says something of the endpoint.
const ENOUGH: Duration = Duration::from_millis(400);

/// An endpoint with its health and its budget.
pub(super) struct Endpoint {
    /// Its place in the settings, from 1: addresses can hold keys.
    pub(super) number: usize,
    rpc: Rpc,
    health: Mutex<Health>,
    budget: DefaultDirectRateLimiter,
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
        let budget = RateLimiter::direct(Quota::per_second(calls));
        Self { number, rpc, health: Mutex::default(), budget }
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may be sent to it now.
    pub(super) fn state(&self) -> State {
        self.health().state(Instant::now())
    }

    /// Its answers were believed.
    pub(super) fn succeeded(&self) {
        self.health().succeeded();
    }

    /// A call failed, or its answer cannot be believed.
    pub(super) fn failed(&self, failure: &Failure) {
        let after = if let Failure::Status(_, after) = failure { *after } else { None };
        self.health().failed(Instant::now(), after);
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

    /// The header of the block that has a number now.
    pub(super) async fn numbered(&self, number: u64, deadline: Instant) -> Result<Block, Failure> {
        self.header(json!(U64::from(number)), deadline).await
    }

    async fn header(&self, block: Value, deadline: Instant) -> Result<Block, Failure> {
        let params = json!([block, false]);
        let header: Header = self.call("eth_getBlockByNumber", params, deadline).await?;
        Ok(Block {
            number: header.number.to(),
            seconds: i64::try_from(header.timestamp.to::<u64>())
                .map_err(|_| Failure::Incredible)?,
            parent: header.parent_hash,
            hash: Some(header.hash),
        })
    }

    /// `eth_call` to Multicall3, in the block of a hash (EIP-1898) or the newest.
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

    /// A call, if the endpoint has time for one.
    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        deadline: Instant,
    ) -> Result<T, Failure> {
        if self.health().state(Instant::now()) == State::Resting {
            return Err(Failure::Resting);
        }
        while let Err(early) = self.budget.check() {
            let wait = early.wait_time_from(DefaultClock::default().now());
            if Instant::now() + wait >= deadline {
                return Err(Failure::Resting);
            }
            tokio::time::sleep(wait).await;
        }
        let sent = Instant::now();
        let left = deadline.saturating_duration_since(sent);
        if left < HARDLY || !self.health().may_call(sent) {
            return Err(Failure::Resting);
        }
        let result = self.rpc.call(method, params, left).await;
        self.record(method, sent.elapsed(), result.as_ref().err());
        match &result {
            // There was no time for it, which is not its fault.
            Err(Failure::Timeout) if left < ENOUGH => {}
            Err(failure) if failure.is_its_own() => self.failed(failure),
            _ => self.health().answered(sent),
        }
        result
    }

    fn record(&self, method: &'static str, took: Duration, failure: Option<&Failure>) {
        let outcome = failure.map_or("ok", Failure::name);
        let endpoint = self.number.to_string();
        metrics::counter!("chain_calls_total", "endpoint" => endpoint, "method" => method, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("chain_call_duration_seconds", "method" => method).record(took);
        if let Some(failure) = failure {
            // What it says in words could hold anything.
            tracing::warn!(endpoint = self.number, method, outcome, "a chain call failed");
            tracing::debug!(endpoint = self.number, ?failure, "what the endpoint said");
        }
    }
}
