//! The standby: what is known of it, and whether it may answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::{counter, gauge};
use sea_orm::{DbErr, QueryResult, Statement};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::attempt::Attempt;
use super::flight::Flight;
use super::identity::Identity;
use super::position::{Position, Replay, committed, committed_in, replayed, replayed_in};
use crate::error::{Error, Noted};
use crate::outage::{Outage, Repeated};
use crate::store::connection::Connection;
use crate::store::faults::Faults;
use crate::store::first_connection;
use crate::store::place::Place;
use crate::store::reads::Reads;
use crate::store::sql;

/// How long a request waits for the standby to replay what was committed before it came. Most
/// commits are there after a few milliseconds; the primary answers in less than this.
const PATIENCE: Duration = Duration::from_millis(25);
/// How long it waits before it asks again.
const POLL: Duration = Duration::from_millis(1);
/// How long the primary may take to say where it is, and a connection to be opened.
const ANSWER: Duration = Duration::from_secs(1);

/// How the standby does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandbyState {
    /// It was not looked at yet.
    Unknown,
    /// It answers reads.
    Used,
    /// It is further behind than it may be, and is not used.
    Behind,
    /// It is not used, because of this.
    Lost(String),
}

/// How the standby does, for operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandbyStatus {
    /// Where it is: an address without a password.
    pub place: String,
    /// Whether it is used.
    pub state: StandbyState,
    /// How far behind it was when it was looked at last.
    pub lag: Duration,
}

/// What its connections are made of.
pub(super) struct Parts {
    pub(super) url: String,
    pub(super) place: Place,
    pub(super) primary: Arc<Reads>,
    pub(super) reads: Arc<Reads>,
    pub(super) identity: Arc<Identity>,
    pub(super) faults: Arc<Faults>,
    pub(super) outage: Outage,
}

/// A standby of the database.
pub(crate) struct Standby {
    /// It may hold a password.
    url: String,
    place: Place,
    primary: Arc<Reads>,
    reads: Arc<Reads>,
    identity: Arc<Identity>,
    faults: Arc<Faults>,
    committed: Flight<Position>,
    replays: Flight<Replay>,
    known: Mutex<Known>,
    state: watch::Sender<StandbyState>,
    outage: Outage,
    failed_reads: Repeated,
    is_closed: AtomicBool,
}

/// What is known of where it is.
#[derive(Debug, Default)]
struct Known {
    /// Another number after each loss: an answer from before says nothing of the server that
    /// comes after.
    epoch: u64,
    replayed: Position,
    /// What a request has waited for in vain. Until this is replayed, no other one waits.
    missed: Position,
    lag: Duration,
}

impl Standby {
    /// A standby that was not looked at yet.
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { url, place, primary, reads, identity, faults, outage } = parts;
        Self {
            url,
            place,
            primary,
            reads,
            identity,
            faults,
            committed: Flight::default(),
            replays: Flight::default(),
            known: Mutex::default(),
            state: watch::Sender::new(StandbyState::Unknown),
            outage,
            failed_reads: Repeated::new(),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Whether it has everything that was committed until now, so that it may answer.
    pub(crate) async fn may_answer(&self) -> bool {
        if *self.state.borrow() != StandbyState::Used {
            count("unused");
            return false;
        }
        let has_all = self.has_all().await;
        if !has_all {
            count("behind");
        }
        has_all
    }

    async fn has_all(&self) -> bool {
        {
            let known = self.known();
            if known.replayed < known.missed {
                return false;
            }
        }
        let Some(wanted) = self.ask_primary().await else { return false };
        if self.known().replayed >= wanted {
            return true;
        }
        let waiting = async {
            while let Some(replay) = self.ask().await {
                if replay.position >= wanted {
                    return true;
                }
                sleep(POLL).await;
            }
            false
        };
        let has_all = timeout(PATIENCE, waiting).await.unwrap_or(false);
        if !has_all {
            let mut known = self.known();
            known.missed = known.missed.max(wanted);
        }
        has_all
    }

    /// Up to where everything is committed at the primary, at a moment after this call.
    pub(crate) async fn ask_primary(&self) -> Option<Position> {
        let question = async {
            let rows = timeout(ANSWER, self.primary.own_rows(committed())).await.ok()?;
            let position = rows.and_then(|rows| committed_in(&rows));
            position.inspect_err(|error| tracing::debug!(%error, "no position")).ok()
        };
        self.committed.join(question).await
    }

    /// Where it is, at a moment after this call; none if it fails.
    async fn ask(&self) -> Option<Replay> {
        let question = async {
            match self.replay().await {
                Ok(replay) => Some(replay),
                Err(error) => {
                    self.note(&error);
                    None
                }
            }
        };
        self.replays.join(question).await.filter(|replay| replay.is_standby)
    }

    /// Asks where it is.
    pub(crate) async fn replay(&self) -> Result<Replay, DbErr> {
        let epoch = self.known().epoch;
        let replay = replayed_in(&self.reads.own_rows(replayed()).await?)?;
        let mut known = self.known();
        if replay.is_standby && known.epoch == epoch {
            known.replayed = known.replayed.max(replay.position);
        }
        Ok(replay)
    }

    /// Why no connection to it can be opened, in words for operators; none if one can.
    pub(crate) async fn unreachable(&self) -> Option<String> {
        let opened = first_connection::check(&self.url, &self.place, false, ANSWER).await;
        opened.err().map(|error| error.message().to_owned())
    }

    /// The primary's connections.
    pub(super) fn primary(&self) -> &Reads {
        &self.primary
    }

    /// Its connections.
    pub(super) fn reads(&self) -> &Reads {
        &self.reads
    }

    /// A connection to it, for something that takes longer than one statement.
    pub(crate) async fn lease(&self) -> Result<Connection, DbErr> {
        self.reads.lease().await
    }

    /// All rows of a statement of an attempt, which is given up if that fails.
    pub(crate) async fn rows(
        &self,
        attempt: &Attempt,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        if attempt.is_given_up() {
            return Err(sql::given_up());
        }
        self.reads.rows(statement).await.map_err(|error| {
            self.note(&error);
            attempt.give_up();
            sql::given_up()
        })
    }

    /// An error of something that was begun in an attempt. The attempt is given up, if it is
    /// still running.
    pub(crate) fn failed(&self, error: &DbErr) -> Error {
        self.note(error);
        if let Some(attempt) = Attempt::current() {
            attempt.give_up();
        }
        Error::unavailable(Noted::MARK)
    }

    /// Notes what has failed. A lost connection means that the server is gone, for now; anything
    /// else is about one read, like one that it has cancelled in favour of the replay.
    fn note(&self, error: &DbErr) {
        let is_lost = sql::is_lost(error) && !is_conflict(error);
        if is_lost || matches!(error, DbErr::Custom(_)) {
            self.lose(&cause_of(error));
        } else if let Some(others) = self.failed_reads.count() {
            let cause = error.to_string();
            tracing::warn!(cause, others, "the standby has failed at a read; the primary answers");
        }
    }

    /// It looks well, and is so far behind.
    pub(crate) fn is_well(&self, lag: Duration, max_lag: Duration) {
        self.known().lag = lag;
        if lag > max_lag {
            self.outage.failed(&format!("it is {} s behind", lag.as_secs()));
            self.state.send_replace(StandbyState::Behind);
        } else {
            self.outage.succeeded();
            self.state.send_replace(StandbyState::Used);
        }
    }

    /// It cannot be used. What was known of it does not count any more, and what is being read
    /// there is read at the primary.
    pub(crate) fn lose(&self, cause: &str) {
        if self.is_closed.load(Ordering::Relaxed) {
            return;
        }
        self.outage.failed(cause);
        {
            let mut known = self.known();
            *known = Known { epoch: known.epoch + 1, lag: known.lag, ..Known::default() };
        }
        self.identity.forget();
        self.faults.note();
        self.reads.give_up_all();
        self.state.send_replace(StandbyState::Lost(cause.to_owned()));
    }

    /// Ends when it is lost.
    pub(crate) async fn lost(&self) {
        let mut state = self.state.subscribe();
        // The sender is there as long as this borrow is.
        drop(state.wait_for(|state| matches!(state, StandbyState::Lost(_))).await);
    }

    /// How it does.
    pub(crate) fn status(&self) -> StandbyStatus {
        let state = self.state.borrow().clone();
        StandbyStatus { place: self.place.to_string(), state, lag: self.known().lag }
    }

    /// Sets its metrics.
    pub(crate) fn show(&self) {
        let StandbyStatus { state, lag, .. } = self.status();
        gauge!("standby_lag_seconds").set(lag.as_secs_f64());
        gauge!("standby_used").set(f64::from(u8::from(state == StandbyState::Used)));
        let pool = self.reads.pool().get_postgres_connection_pool();
        let (open, idle) = (pool.size(), pool.num_idle() + self.reads.held());
        let idle = u32::try_from(idle).unwrap_or(u32::MAX).min(open);
        gauge!("standby_connections", "state" => "idle").set(idle);
        gauge!("standby_connections", "state" => "in_use").set(open - idle);
        self.outage.show();
    }

    /// Closes all connections to it.
    pub(crate) async fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.reads.close();
        if let Err(error) = self.reads.pool().clone().into_inner().close().await {
            tracing::debug!(%error, "the standby did not close cleanly");
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the standby has ended a connection only because what it reads is in the way of the
/// replay: with the code of a shutdown, sometimes. A server that speaks another language counts
/// as lost, until it is looked at again.
fn is_conflict(error: &DbErr) -> bool {
    error.to_string().contains("conflict with recovery")
}

/// An error in the words of an operator's log. What we say of the server ourselves is all of it.
pub(crate) fn cause_of(error: &DbErr) -> String {
    match error {
        DbErr::Custom(what) => what.clone(),
        error => error.to_string(),
    }
}

/// Counts a request that reads, by where it was answered, and why there.
pub(crate) fn count(outcome: &'static str) {
    counter!("standby_reads_total", "outcome" => outcome).increment(1);
}

impl std::fmt::Debug for Standby {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standby").field("place", &self.place.to_string()).finish_non_exhaustive()
    }
}
