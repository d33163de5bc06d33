//! The chain, if the settings name an endpoint.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::settings;
use crate::chain::Reader;
use crate::config::Config;
use crate::error::Result;
use crate::services::balances;
use crate::store::Store;

/// Maximum number of reads that wait to be stored. Further ones are dropped; the next
/// read of the same wallets stores a newer balance.
const QUEUE: usize = 256;
/// How long storing them may take when the process stops.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);

/// The reader of the chain, and the task that stores what it reads.
pub struct Chain {
    /// The reader.
    pub reader: Reader,
    writer: JoinHandle<()>,
}

impl Chain {
    /// The chain of the settings; none if they name no endpoint.
    ///
    /// # Errors
    /// If this machine cannot do TLS.
    pub fn open(config: &Config, store: &Store) -> Result<Option<Self>> {
        if config.chain.rpc_urls.is_empty() {
            return Ok(None);
        }
        let (sender, readings) = mpsc::channel(QUEUE);
        let reader = Reader::new(settings::chain(&config.chain), sender)?;
        let writer = tokio::spawn(balances::keep(store.clone(), readings));
        Ok(Some(Self { reader, writer }))
    }

    /// Waits a few seconds until everything that was read is stored. Drop every clone of the
    /// reader first.
    pub async fn close(self) {
        if tokio::time::timeout(STORE_TIMEOUT, self.finish()).await.is_err() {
            tracing::warn!("some balances that were read from the chain were not stored");
        }
    }

    /// As [`Chain::close`], however long it takes: for a command that says what it has read.
    pub async fn finish(self) {
        drop(self.reader);
        // A task that failed has said so in the log.
        let _ = self.writer.await;
    }
}
