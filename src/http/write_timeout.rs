//! A connection whose client must read what it was sent.
//!
//! A client that stops reading fills the kernel's buffers, and what is written
//! then waits without end. So a write that makes no progress for some time is
//! an error, which closes the connection.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream with a limit for how long a write may make no progress.
pub(super) struct WriteTimeout<S> {
    stream: S,
    limit: Duration,
    /// Runs while a write waits.
    waiting: Option<Pin<Box<Sleep>>>,
    stalled: Stalled,
}

/// Whether a connection waits for its client to read.
#[derive(Clone, Default)]
pub(super) struct Stalled(Arc<AtomicBool>);

impl Stalled {
    /// Whether it does now.
    pub(super) fn is_stalled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<S> WriteTimeout<S> {
    /// Limits the writes to a stream.
    pub(super) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, waiting: None, stalled: Stalled::default() }
    }

    /// Shows the test whether a write waits.
    pub(super) fn stalled(&self) -> Stalled {
        self.stalled.clone()
    }

    /// Passes on what a write has come to, or that it has waited for too long.
    fn limited<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.waiting.take().is_some() {
                self.stalled.0.store(false, Ordering::Relaxed);
            }
            return written;
        }
        let limit = self.limit;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
        self.stalled.0.store(true, Ordering::Relaxed);
        match waiting.as_mut().poll(context) {
            Poll::Ready(()) => {
                waiting.as_mut().reset(Instant::now() + limit);
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.limited(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.limited(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.limited(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.limited(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(15);
    const ALMOST: Duration = Duration::from_secs(14);

    #[tokio::test(start_paused = true)]
    async fn a_write_that_makes_no_progress_is_an_error() {
        let (stream, _unread) = tokio::io::duplex(4);
        let mut stream = WriteTimeout::new(stream, LIMIT);
        let stalled = stream.stalled();
        let began = Instant::now();
        let error =
            stream.write_all(b"more than fits").await.expect_err("the other side does not read");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= LIMIT && stalled.is_stalled(), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_has_the_whole_limit_again_after_each_part() {
        let (stream, mut slow) = tokio::io::duplex(4);
        let mut stream = WriteTimeout::new(stream, LIMIT);
        let stalled = stream.stalled();
        let reading = tokio::spawn(async move {
            let mut read = vec![0; 4];
            for _ in 0..5 {
                tokio::time::sleep(ALMOST).await;
                slow.read_exact(&mut read).await.expect("four bytes");
            }
        });
        stream.write_all(&[0; 20]).await.expect("it is read in the end");
        reading.await.expect("no panic");
        assert!(!stalled.is_stalled());
    }
}
