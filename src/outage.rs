//! One line in the log for each outage.
//!
//! When the database is away, every request fails. The log says once that it has failed, with
//! the cause, and once that it works again, with the number of failures in between. What
//! single requests met is logged on level `debug`; each still has its own line with its status.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::error::Error;

/// An outage is over when something succeeds and nothing has failed for so long: one that
/// comes and goes is one outage.
const QUIET: Duration = Duration::from_secs(5);
/// How often a failure that has no end of its own is logged.
const AGAIN: Duration = Duration::from_mins(1);

/// How many dependencies fail at the moment.
static FAILING: AtomicUsize = AtomicUsize::new(0);

/// Something that the gateway depends on. Clones share its state.
#[derive(Clone, Debug)]
pub struct Outage(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dependency: String,
    is_failing: AtomicBool,
    failing: Mutex<Option<Failing>>,
}

#[derive(Debug)]
struct Failing {
    began: Instant,
    last: Instant,
    failures: u64,
    /// Whether something has succeeded since the last failure.
    has_succeeded: bool,
    /// Whether a task waits for the end.
    is_watched: bool,
}

impl Outage {
    /// None so far, of a dependency with this name.
    pub fn of(dependency: impl Into<String>) -> Self {
        let inner = Inner {
            dependency: dependency.into(),
            is_failing: AtomicBool::new(false),
            failing: Mutex::new(None),
        };
        inner.show();
        Self(Arc::new(inner))
    }

    /// Sets the metric again: it may have been made before metrics were collected.
    pub fn show(&self) {
        self.0.show();
    }

    /// Something has failed. The first failure is logged with its cause.
    pub fn failed(&self, cause: &str) {
        let Inner { dependency, is_failing, .. } = &*self.0;
        let mut failing = self.0.failing();
        let now = Instant::now();
        if let Some(failing) = &mut *failing {
            failing.last = now;
            failing.failures += 1;
            failing.has_succeeded = false;
            return;
        }
        *failing = Some(Failing {
            began: now,
            last: now,
            failures: 1,
            has_succeeded: false,
            is_watched: false,
        });
        is_failing.store(true, Ordering::Relaxed);
        FAILING.fetch_add(1, Ordering::Relaxed);
        self.0.show();
        tracing::error!(
            dependency,
            cause,
            "{dependency} fails; the next line says when it is over"
        );
    }

    /// Something has succeeded. The outage is over, and that is logged, if nothing fails in the
    /// next seconds.
    pub fn succeeded(&self) {
        // Most often: this costs next to nothing.
        if !self.0.is_failing.load(Ordering::Relaxed) {
            return;
        }
        let mut failing = self.0.failing();
        let Some(failing) = &mut *failing else { return };
        failing.has_succeeded = true;
        if !failing.is_watched
            && let Ok(runtime) = Handle::try_current()
        {
            failing.is_watched = true;
            runtime.spawn(Arc::clone(&self.0).end());
        }
    }
}

impl Inner {
    /// Waits until nothing has failed for a while.
    async fn end(self: Arc<Self>) {
        loop {
            tokio::time::sleep(QUIET / 4).await;
            let mut failing = self.failing();
            let Some(of) = &mut *failing else { return };
            if !of.has_succeeded {
                of.is_watched = false;
                return;
            }
            if of.last.elapsed() < QUIET {
                continue;
            }
            let (failures, seconds) = (of.failures, of.last.duration_since(of.began).as_secs());
            *failing = None;
            self.is_failing.store(false, Ordering::Relaxed);
            FAILING.fetch_sub(1, Ordering::Relaxed);
            self.show();
            let dependency = &*self.dependency;
            tracing::info!(dependency, failures, seconds, "{dependency} works again");
            return;
        }
    }

    /// Sets the metric.
    fn show(&self) {
        let fails = self.is_failing.load(Ordering::Relaxed);
        metrics::gauge!("dependency_failing", "dependency" => self.dependency.clone())
            .set(f64::from(u8::from(fails)));
    }

    fn failing(&self) -> MutexGuard<'_, Option<Failing>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Warns that a background task has failed at something, unless the log has the cause already.
/// It will try again.
pub fn warn(error: &Error, what: &str) {
    let cause = error.private_source().unwrap_or_default();
    if error.is_noted() {
        tracing::debug!(cause, "{what}");
    } else {
        tracing::warn!(cause, "{what}");
    }
}

/// As [`warn`], for a task of one program.
pub fn warn_of(program: &str, error: &Error, what: &str) {
    let (cause, message) = (error.private_source().unwrap_or_default(), error.message());
    if error.is_noted() {
        tracing::debug!(program, cause, "{what}: {message}");
    } else {
        tracing::warn!(program, cause, "{what}: {message}");
    }
}

/// Failures that are logged once a minute, with the number of those since.
#[derive(Debug)]
pub struct Repeated(Mutex<Option<(Instant, u64)>>);

impl Repeated {
    /// None so far.
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Counts one. If it is to be logged: how many were not since the last one that was.
    pub fn count(&self) -> Option<u64> {
        self.count_unless(false)
    }

    /// As [`Repeated::count`], of failures that an outage explains: while anything fails, none
    /// is to be logged.
    pub fn count_unexplained(&self) -> Option<u64> {
        self.count_unless(FAILING.load(Ordering::Relaxed) > 0)
    }

    fn count_unless(&self, is_explained: bool) -> Option<u64> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = last.is_some_and(|(at, _)| at.elapsed() < AGAIN);
        if is_explained || is_recent {
            if let Some((_, unlogged)) = &mut *last {
                *unlogged += 1;
            }
            return None;
        }
        let unlogged = last.map_or(0, |(_, unlogged)| unlogged);
        *last = Some((Instant::now(), 0));
        Some(unlogged)
    }
}

impl Default for Repeated {
    fn default() -> Self {
        Self::new()
    }
}
