//! A call to the server, within its time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult};

use crate::error::{Error, Result};
use crate::outage::Outage;

/// How long the server is left alone after a call that has failed.
const REST: Duration = Duration::from_secs(1);
/// How long it may take to connect. No request waits for it.
const CONNECT: Duration = Duration::from_secs(2);

/// How to reach the server. No `Debug`: the address may hold a password.
#[derive(Clone)]
pub struct Settings {
    /// `redis://…` or `rediss://…`.
    pub url: String,
    /// How long a request waits for the server.
    pub timeout: Duration,
    /// What all keys begin with.
    pub prefix: String,
}

/// The server that replicas share. Clones share its connection.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    connection: ConnectionManager,
    timeout: Duration,
    prefix: String,
    /// Until when nothing is sent.
    resting: Mutex<Option<Instant>>,
    outage: Outage,
}

impl Shared {
    /// The server of the settings. It need not be there yet.
    ///
    /// # Errors
    /// If the address cannot be one.
    pub fn new(settings: Settings) -> Result<Self> {
        let Settings { url, timeout, prefix } = settings;
        let client = Client::open(url).map_err(Error::internal)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(timeout))
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_lazy_with_config(client, config);
        Ok(Self(Arc::new(Inner {
            connection: connection.map_err(Error::internal)?,
            timeout,
            prefix,
            resting: Mutex::new(None),
            outage: Outage::of("shared server"),
        })))
    }

    /// Whether the last call has succeeded, or there was none.
    pub fn is_there(&self) -> bool {
        self.resting().is_none()
    }

    /// The connection. It comes about by itself, again and again.
    pub(super) fn connection(&self) -> ConnectionManager {
        self.0.connection.clone()
    }

    /// The result of a call; none while the server is away or too slow.
    pub(super) async fn call<T>(
        &self,
        what: &'static str,
        call: impl Future<Output = RedisResult<T>>,
    ) -> Option<T> {
        let inner = &*self.0;
        {
            let mut resting = self.resting();
            if let Some(until) = *resting {
                let now = Instant::now();
                if now < until {
                    count(what, "resting");
                    return None;
                }
                // This call is the trial; others go on resting meanwhile.
                *resting = Some(now + REST);
            }
        }
        let called = tokio::time::timeout(inner.timeout, call).await;
        let cause = match called {
            Ok(Ok(result)) => {
                *self.resting() = None;
                inner.outage.succeeded();
                count(what, "ok");
                return Some(result);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {:?}", inner.timeout),
        };
        *self.resting() = Some(Instant::now() + REST);
        inner.outage.failed(&cause);
        count(what, "failed");
        None
    }

    /// The key of something of a kind.
    pub(super) fn key(&self, kind: &str, name: &str) -> String {
        format!("{}{kind}:{name}", self.0.prefix)
    }

    fn resting(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(what: &'static str, outcome: &'static str) {
    metrics::counter!("shared_calls_total", "what" => what, "outcome" => outcome).increment(1);
}
