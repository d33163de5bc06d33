//! The signals that stop the process, and how it stops.

use std::time::Duration;

use tokio::signal::unix::{self, SignalKind};

/// What stops the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: of a supervisor, which may have sent requests here until now.
    Terminate,
    /// SIGINT (Ctrl-C) or SIGHUP (the terminal was closed): of a person.
    Person,
}

/// Ends when the process receives a signal to stop. The signals are caught from the
/// call on, not from the first poll.
pub fn shutdown_signal() -> impl Future<Output = Signal> {
    async fn received(signal: std::io::Result<unix::Signal>) {
        match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "a signal cannot be caught");
                std::future::pending::<()>().await;
            }
        }
    }
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [interrupt, terminate, hangup] = kinds.map(unix::signal);
    async move {
        tokio::select! {
            () = received(interrupt) => Signal::Person,
            () = received(terminate) => Signal::Terminate,
            () = received(hangup) => Signal::Person,
        }
    }
}

/// Waits after a signal while a load balancer notices that the process is not ready any
/// more, and sends its requests elsewhere. A person does not wait; nor does a second signal.
pub(super) async fn drain(signal: Signal, delay: Duration) {
    if signal == Signal::Person || delay.is_zero() {
        return;
    }
    let again = shutdown_signal();
    tracing::info!(?delay, "draining: not ready any more, but requests are still taken");
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        _ = again => {}
    }
}
