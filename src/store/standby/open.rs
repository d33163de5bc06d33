//! What the store offers of its standby.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::Database;

use super::attempt::Attempt;
use super::identity::Identity;
use super::progress::Progress;
use super::server::{Parts, Standby, StandbyStatus, count};
use super::watch;
use crate::error::{Error, Kind, Noted, Result};
use crate::outage::Outage;
use crate::store::database::Store;
use crate::store::options::Opening;
use crate::store::place::Place;
use crate::store::pooler::Pool;
use crate::store::reads::Reads;
use crate::store::session;
use crate::store::sql;

/// How long a read waits for a connection at the most: the primary may have one.
const ACQUIRE: Duration = Duration::from_secs(1);

/// How to reach a standby. No `Debug`: the address may hold a password.
#[derive(Clone)]
pub struct StandbySettings {
    /// `postgres://…`: one server.
    pub url: String,
    /// One that is further behind is not used.
    pub max_lag: Duration,
}

/// A request that may be read at the standby, which has everything that was committed before.
#[must_use = "it is counted where it is answered"]
pub struct StandbyRead(Arc<Standby>);

impl StandbyRead {
    /// Runs what reads for the request; none if something has failed there, or if what is to be
    /// read was written in between. Then all of it has to be repeated at the primary.
    pub async fn run<F: Future>(self, work: F) -> Option<F::Output> {
        let done = tokio::select! {
            done = Attempt::run(work) => done,
            () = self.0.lost() => None,
        };
        count(if done.is_some() { "standby" } else { "repeated" });
        done
    }
}

impl Store {
    /// The same store, whose requests that only read may be read at this standby. It need not
    /// answer now.
    ///
    /// # Errors
    /// If its address cannot be read.
    pub async fn with_standby(mut self, of: &StandbySettings) -> Result<Self> {
        let standby = Arc::new(self.standby_of(&of.url).await?);
        tokio::spawn(watch::watch(Arc::downgrade(&standby), of.max_lag));
        self.reads = Arc::new(self.reads.with_standby(standby));
        Ok(self)
    }

    /// Looks at a standby once.
    ///
    /// # Errors
    /// If its address cannot be read.
    pub async fn look_at_standby(&self, of: &StandbySettings) -> Result<StandbyStatus> {
        let standby = Arc::new(self.standby_of(&of.url).await?);
        watch::look(&standby, &mut Progress::default(), of.max_lag).await;
        let status = standby.status();
        standby.close().await;
        Ok(status)
    }

    async fn standby_of(&self, url: &str) -> Result<Standby> {
        let unreadable = |error| {
            let message = "the address of the standby cannot be read; see DATABASE_READ_URL";
            Error::new(Kind::Invalid, message).because(error)
        };
        let place = Place::of(url).map_err(unreadable)?;
        let faults = Arc::default();
        let acquire_timeout = self.acquire_timeout.min(ACQUIRE);
        let opening = Opening {
            url,
            connections: self.max_connections,
            acquire_timeout,
            statement_timeout: self.statement_timeout,
            pooler: self.pooler,
            makes: false,
            faults: &faults,
        };
        let mut options = opening.options();
        // The gateway starts without it, too.
        options.connect_lazy(true);
        let db = Database::connect(options).await.map_err(sql::failed)?;
        let begin = session::of_transaction(self.pooler, self.statement_timeout);
        let begin = begin.map(|settings| format!("BEGIN; {settings}"));
        let (outage, identity) = (Outage::of("standby"), Arc::<Identity>::default());
        let reads =
            Reads::new(Pool::new(db, begin), self.max_connections, acquire_timeout, outage.clone());
        let reads = reads.of_server(Arc::clone(&identity)).open();
        let primary = Arc::clone(self.reads.primary());
        let url = url.to_owned();
        Ok(Standby::new(Parts { url, place, primary, reads, identity, faults, outage }))
    }

    /// The standby for a request that only reads; none if there is none, or if it lacks
    /// something that was committed before this call. Then the primary is read.
    pub async fn standby_read(&self) -> Option<StandbyRead> {
        let standby = self.reads.standby()?;
        // In a box: without a standby, requests need no room for it.
        let may_answer = Box::pin(standby.may_answer()).await;
        may_answer.then(|| StandbyRead(Arc::clone(standby)))
    }

    /// Something was written that the request reads next: at the primary. Where it is being
    /// read at the standby, it is repeated.
    ///
    /// # Errors
    /// If it is being read at the standby.
    pub fn read_what_was_written(&self) -> Result<()> {
        let Some(attempt) = Attempt::current() else { return Ok(()) };
        attempt.give_up();
        Err(Error::unavailable(Noted::MARK))
    }

    /// How the standby does, if there is one.
    pub fn standby(&self) -> Option<StandbyStatus> {
        self.reads.standby().map(|standby| standby.status())
    }
}
