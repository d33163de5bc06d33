//! The accept loop. axum's own has no time-out for slow headers and no
//! deadline for stopping.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper::service::HttpService;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::write_timeout::{Stalled, WriteTimeout};

/// How long a client may take to send its headers, and how long an idle
/// connection is kept.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);

/// What one connection may read ahead, in bytes: more than its headers may be.
const READ_AHEAD: usize = 128 * 1024;

/// How long a client may read nothing of what it was sent; and when it is time
/// to stop.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);
const LAST_WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves until `stop` ends; then lets open requests finish for `grace`. While it is
/// `draining`, each answer ends its connection, so that the client opens the next one
/// elsewhere.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    draining: watch::Receiver<bool>,
    stop: impl Future<Output = ()>,
    grace: Duration,
) {
    // HTTP/1.1 alone: a proxy in front speaks the rest, and a connection that
    // says nothing is closed in time.
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS_TIMEOUT).max_buf_size(READ_AHEAD);
    // Each open connection holds a receiver.
    let stopping = watch::Sender::new(false);
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: do not spin.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        // Small answers must not wait for the acknowledgement of earlier ones.
        let _ = stream.set_nodelay(true);
        let (router, draining) = (router.clone(), draining.clone());
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            let answering = router.clone().oneshot(request);
            let draining = draining.clone();
            async move { answering.await.map(|answer| last_if(*draining.borrow(), answer)) }
        });
        let stream = WriteTimeout::new(stream, WRITE_TIMEOUT);
        let stalled = stream.stalled();
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        tokio::spawn(run(connection, stalled, stopping.subscribe()));
    }
    drop(listener);
    stopping.send_replace(true);
    if tokio::time::timeout(grace, stopping.closed()).await.is_err() {
        tracing::warn!("some requests were still open when the time to stop was up");
    }
}

/// Makes an answer the last one of its connection. An upgraded connection goes on.
fn last_if(draining: bool, mut answer: Response) -> Response {
    if draining && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// Serves one connection to its end; when it is time to stop, to the end of its
/// open request, but not for a client that does not read.
async fn run<S>(
    connection: UpgradeableConnection<TokioIo<WriteTimeout<TcpStream>>, S>,
    stalled: Stalled,
    mut stopping: watch::Receiver<bool>,
) where
    S: HttpService<Incoming, ResBody = axum::body::Body>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        // Nothing is said but that it is time to stop.
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = unread(&stalled) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Ends when the client has read nothing for some time.
async fn unread(stalled: &Stalled) {
    const LOOKS: u32 = 8;
    let mut waited = 0;
    while waited < LOOKS {
        tokio::time::sleep(LAST_WRITE_TIMEOUT / LOOKS).await;
        waited = if stalled.is_stalled() { waited + 1 } else { 0 };
    }
}
