//! A connection whose client must send the head of a request in time, once it has begun.
//!
//! hyper has one limit for both: for how long a connection may be idle, and for how long
//! a client may take to send a head. An idle connection must outlive the one that a load
//! balancer keeps (a minute, as a rule); a head that takes so long is an attack.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Response as HttpResponse, StatusCode, header};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::connections::Open;

/// A stream with a limit for the time of a head.
pub(super) struct ReadTimeout<S> {
    stream: S,
    limit: Duration,
    phase: Phase,
    /// Runs while a head is read.
    waiting: Option<Pin<Box<Sleep>>>,
}

/// What a connection is doing. Clones share it.
#[derive(Clone)]
pub(super) struct Phase(Arc<AtomicU8>);

const IDLE: u8 = 0;
const HEAD: u8 = 1;
const REQUEST: u8 = 2;

impl Phase {
    fn new() -> Self {
        Self(Arc::new(AtomicU8::new(HEAD)))
    }

    fn is(&self, phase: u8) -> bool {
        self.0.load(Ordering::Relaxed) == phase
    }

    fn becomes(&self, phase: u8) {
        self.0.store(phase, Ordering::Relaxed);
    }

    /// A head is complete: the request runs until the value that this returns is dropped.
    pub(super) fn request(&self, connection: Arc<Open>) -> Running {
        self.becomes(REQUEST);
        Running { phase: self.clone(), connection, upgraded: false }
    }
}

/// A request that runs, or is answered.
pub(super) struct Running {
    phase: Phase,
    connection: Arc<Open>,
    upgraded: bool,
}

impl Running {
    /// The answer to the request, which runs until all of it is sent.
    pub(super) fn answer(mut self, answer: Response) -> HttpResponse<Answering> {
        // Such a connection does not speak HTTP any more.
        self.upgraded = answer.status() == StatusCode::SWITCHING_PROTOCOLS;
        let kind = answer.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        if kind.is_some_and(|kind| kind.starts_with(b"text/event-stream")) {
            self.connection.count(false);
        }
        answer.map(|body| Answering { body, _running: self })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.upgraded {
            self.phase.becomes(IDLE);
            self.connection.count(true);
        }
    }
}

/// The body of an answer, and the request that it belongs to.
pub(super) struct Answering {
    body: Body,
    _running: Running,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<S> ReadTimeout<S> {
    /// Limits the time of each head. A new connection has the same time for its first
    /// byte: a client opens it because it has a request.
    pub(super) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, phase: Phase::new(), waiting: None }
    }

    /// Learns of the connection's requests.
    pub(super) fn phase(&self) -> Phase {
        self.phase.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before && self.phase.is(IDLE) {
            self.phase.becomes(HEAD);
        }
        if !self.phase.is(HEAD) {
            self.waiting = None;
            return read;
        }
        let limit = self.limit;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
        match (waiting.as_mut().poll(context), read) {
            (Poll::Ready(()), Poll::Pending) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            (_, read) => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReadTimeout<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    use super::*;
    use crate::http::connections::Connections;

    const LIMIT: Duration = Duration::from_secs(10);

    async fn open() -> Arc<Open> {
        Arc::new(Connections::new(1).room().await.taken())
    }

    async fn times_out(stream: &mut ReadTimeout<tokio::io::DuplexStream>) -> Duration {
        let began = Instant::now();
        let error = stream.read(&mut [0; 8]).await.expect_err("the client does not go on");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_says_nothing_has_the_time_of_one_head() {
        let (stream, _silent) = tokio::io::duplex(64);
        assert!(times_out(&mut ReadTimeout::new(stream, LIMIT)).await >= LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_do_not_give_a_slow_head_more_time() {
        let (stream, mut slow) = tokio::io::duplex(64);
        let mut stream = ReadTimeout::new(stream, LIMIT);
        let began = Instant::now();
        let sending = tokio::spawn(async move {
            while slow.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let error = loop {
            if let Err(error) = stream.read(&mut [0; 1]).await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() < LIMIT * 2, "{:?}", began.elapsed());
        drop(stream);
        sending.await.expect("no panic");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_and_idle_connections_have_other_limits() {
        let (stream, mut client) = tokio::io::duplex(64);
        let mut stream = ReadTimeout::new(stream, LIMIT);
        client.write_all(b"a").await.expect("it fits");
        stream.read_exact(&mut [0; 1]).await.expect("a byte");
        let running = stream.phase().request(open().await);
        let pause = tokio::time::timeout(LIMIT * 5, stream.read(&mut [0; 1])).await;
        assert!(pause.is_err(), "a request may take longer");
        drop(running);
        let pause = tokio::time::timeout(LIMIT * 5, stream.read(&mut [0; 1])).await;
        assert!(pause.is_err(), "an idle connection may be idle for longer");
        client.write_all(b"a").await.expect("it fits");
        stream.read_exact(&mut [0; 1]).await.expect("a byte");
        assert!(times_out(&mut stream).await >= LIMIT, "the next head has begun");
        let answer = (StatusCode::SWITCHING_PROTOCOLS, Body::empty()).into_response();
        drop(stream.phase().request(open().await).answer(answer));
        let pause = tokio::time::timeout(LIMIT * 5, stream.read(&mut [0; 1])).await;
        assert!(pause.is_err(), "another protocol has its own limits");
    }
}
