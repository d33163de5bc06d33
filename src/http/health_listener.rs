//! Health and metrics at an address of their own, served by a thread that does nothing else:
//! however busy the gateway is, an orchestrator's probe is answered at once.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use super::connections::Connections;
use super::health::{self, Monitored};
use super::server::{self, Times};
use crate::error::{Error, Kind, Result};

/// Probes and scrapers; each has a connection or two.
const CONNECTIONS: usize = 100;
/// How long answers may take to finish when the process stops.
const GRACE: Duration = Duration::from_secs(1);

/// The thread. It ends when this is dropped.
pub struct HealthListener {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl HealthListener {
    /// Answers at an address; keeps connections that are idle for so long.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub fn start(address: SocketAddr, monitored: Monitored, idle: Duration) -> Result<Self> {
        let unusable = |error: io::Error| {
            let message = format!("cannot listen on {address}; change server.health_listen");
            Error::new(Kind::Unavailable, message).because(error)
        };
        let listener = StdListener::bind(address).map_err(unusable)?;
        listener.set_nonblocking(true).map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("health".to_owned());
        let serve = move || {
            if let Err(error) = serve(listener, monitored, idle, stopped) {
                tracing::error!(%error, "health and metrics are not served at {address}");
            }
        };
        let thread = thread.spawn(serve).map_err(unusable)?;
        tracing::info!(health = %address, "health and metrics are at http://{address} as well");
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

fn serve(
    listener: StdListener,
    monitored: Monitored,
    idle: Duration,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        let (_draining, is_draining) = watch::channel(false);
        let times = Times { idle, grace: GRACE };
        let stopped = async move { drop(stopped.await) };
        let connections = Connections::new(CONNECTIONS);
        let routes = health::router(monitored);
        server::serve(listener, routes, times, connections, is_draining, stopped).await;
        Ok(())
    })
}

impl Drop for HealthListener {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Otherwise the thread has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
