//! The accept loop. axum's own has no time-out for slow headers and no
//! deadline for stopping.

use std::net::SocketAddr;
use std::sync::Arc;
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

use super::connections::{Connections, Crowded, Room};
use super::read_timeout::{Answering, ReadTimeout};
use super::write_timeout::{Stalled, WriteTimeout};

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The same on a connection beyond the limit, of which there are few.
const CROWDED_HEAD_TIMEOUT: Duration = Duration::from_millis(500);

/// How long no connection is accepted after a failure.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What one connection may read ahead, in bytes: more than its headers may be.
const READ_AHEAD: usize = 128 * 1024;

/// How long a client may read nothing of what it was sent; and when it is time
/// to stop.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);
const LAST_WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// The server's times.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How long a connection may be idle between two requests.
    pub idle: Duration,
    /// How long open requests may take to finish when the server stops.
    pub grace: Duration,
}

/// Serves until `stop` ends; then lets open requests finish. While it is `draining`, each
/// answer ends its connection, so that the client opens the next one elsewhere.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    times: Times,
    connections: Connections,
    draining: watch::Receiver<bool>,
    stop: impl Future<Output = ()>,
) {
    // HTTP/1.1 alone: a proxy in front speaks the rest, and a connection that
    // says nothing is closed in time.
    let mut http = http1::Builder::new();
    // hyper's limit of a head begins when the one before was answered: it is that of an idle
    // connection. A head that has begun has our own.
    http.timer(TokioTimer::new()).header_read_timeout(times.idle).max_buf_size(READ_AHEAD);
    // Each open connection holds a receiver.
    let stopping = watch::Sender::new(false);
    tokio::pin!(stop);
    loop {
        let (stream, peer, room) = tokio::select! {
            accepted = accept(&listener, &connections) => accepted,
            () = &mut stop => break,
        };
        let open = Arc::new(room.taken());
        // Small answers must not wait for the acknowledgement of earlier ones.
        let _ = stream.set_nodelay(true);
        let stream = WriteTimeout::new(stream, WRITE_TIMEOUT);
        let stalled = stream.stalled();
        let crowded = open.is_crowded();
        let stream =
            ReadTimeout::new(stream, if crowded { CROWDED_HEAD_TIMEOUT } else { HEAD_TIMEOUT });
        let phase = stream.phase();
        let (router, draining) = (router.clone(), draining.clone());
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let running = phase.request(Arc::clone(&open));
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            if crowded {
                request.extensions_mut().insert(Crowded);
            }
            let answering = router.clone().oneshot(request);
            let draining = draining.clone();
            async move {
                answering
                    .await
                    .map(|answer| running.answer(last_if(crowded || *draining.borrow(), answer)))
            }
        });
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        tokio::spawn(run(connection, stalled, stopping.subscribe()));
    }
    drop(listener);
    stopping.send_replace(true);
    if tokio::time::timeout(times.grace, stopping.closed()).await.is_err() {
        tracing::warn!("some requests were still open when the time to stop was up");
    }
}

/// The next connection.
async fn accept(
    listener: &TcpListener,
    connections: &Connections,
) -> (TcpStream, SocketAddr, Room) {
    let mut failed = false;
    loop {
        let room = connections.room().await;
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, room),
            // One failure is one line: the system may be out of descriptors for long.
            Err(error) if !failed => tracing::warn!(%error, "cannot accept a connection"),
            Err(_) => {}
        }
        failed = true;
        // Do not spin.
        tokio::time::sleep(ACCEPT_PAUSE).await;
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
    connection: UpgradeableConnection<TokioIo<ReadTimeout<WriteTimeout<TcpStream>>>, S>,
    stalled: Stalled,
    mut stopping: watch::Receiver<bool>,
) where
    S: HttpService<Incoming, ResBody = Answering>,
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
