//! Recovers events in the background of a server, beside other replicas.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Extent, Recovery, Summary};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::issuer::{Issuer, ProgramClient};
use crate::outage;
use crate::store::Program;

/// The longest pause before it looks again whether there is something to do.
const CHECK: Duration = Duration::from_secs(5);
/// How long a process that has stopped keeps others from going on.
const CLAIM: Duration = Duration::from_secs(20);
/// How old a failed delivery may be: the issuer gives a delivery up after two days.
const AGE: Duration = Duration::from_hours(7 * 24);
/// Deliveries of one round. More are left for the next one, so that calls for
/// customers have their turn.
const ROUND: usize = 100;
/// A delivery that cannot be read is fetched so often.
const TRIES: u64 = 5;

impl Recovery {
    /// Recovers the events of each program that has a key pair, until it is dropped: once at the
    /// start, then each `interval`. One replica does it at a time.
    pub async fn keep_at_it(self, issuer: Issuer, interval: Duration) {
        let mut programs = JoinSet::new();
        for (name, client) in issuer.programs() {
            let client = client.background();
            programs.spawn(self.clone().keep_program(name.to_owned(), client, interval));
        }
        while programs.join_next().await.is_some() {}
    }

    async fn keep_program(self, name: String, client: ProgramClient, interval: Duration) {
        // What was sent while no process ran is missed most.
        let mut is_start = true;
        loop {
            if let Err(error) = self.work_if_due(&name, &client, interval, &mut is_start).await {
                outage::warn_of(&name, &error, "events cannot be recovered");
            }
            // Several replicas need not look together.
            tokio::time::sleep(CHECK.min(interval).mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        }
    }

    /// Recovers a program's events if that is due, unless another process does it.
    async fn work_if_due(
        &self,
        name: &str,
        client: &ProgramClient,
        interval: Duration,
        is_start: &mut bool,
    ) -> Result<()> {
        let Some(program) = self.store.program_named(name).await?.map(Arc::new) else {
            return Ok(());
        };
        let now = Timestamp::now();
        if !self.store.begin_recovery(program.id, now, after(now, CLAIM), *is_start).await? {
            return Ok(());
        }
        *is_start = false;
        let done = self.round(client, &program).await;
        // What is left is not kept waiting.
        let is_complete = done.as_ref().map_or(true, |summary| summary.left == 0);
        let pause = if is_complete { interval } else { Duration::ZERO };
        self.store.end_recovery(program.id, after(Timestamp::now(), pause)).await?;
        let summary = done?;
        if summary.recovered > 0 {
            tracing::info!(program = name, "recovered from the issuer: {summary}");
        }
        Ok(())
    }

    /// Recovers the newest events, and keeps other processes away meanwhile.
    async fn round(&self, client: &ProgramClient, program: &Arc<Program>) -> Result<Summary> {
        let since = Timestamp::now().plus_millis(-millis(AGE));
        let extent = Extent { since, tries: Some(TRIES), limit: Some(ROUND) };
        let mut run = std::pin::pin!(self.run(client, program, &extent));
        loop {
            if let Ok(done) = tokio::time::timeout(CLAIM / 3, &mut run).await {
                return done;
            }
            self.store.renew_recovery(program.id, after(Timestamp::now(), CLAIM)).await?;
        }
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn after(moment: Timestamp, time: Duration) -> Timestamp {
    moment.plus_millis(millis(time))
}
