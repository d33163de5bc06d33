//! Synchronises in the background of a server, beside other replicas.

use std::time::Duration;

use tokio::task::JoinSet;

use super::context::Context;
use super::lease::Lease;
use super::pass::Pass;
use super::report::Report;
use super::{Sync, approval, details};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::outage;
use crate::store::Program;

/// The longest pause before it looks again whether there is something to do.
const CHECK: Duration = Duration::from_secs(5);
/// The first and the longest pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// A server shows no progress; what an operator should know is in its log.
struct Log;

impl Report for Log {
    fn progress(&self, _customers: u64, _total: Option<u64>) {}

    fn details(&self, _customers: u64) {}

    fn note(&self, text: &str) {
        tracing::warn!("{text}");
    }
}

impl Sync {
    /// Synchronises each program that has a key pair, until it is dropped: a pass over its list
    /// begins when the last one's end is `interval` ago, and details are read in
    /// between. One replica does it at a time; another one goes on when it dies.
    pub async fn keep_at_it(self, interval: Duration) {
        let mut programs = JoinSet::new();
        let names: Vec<String> = self.issuer.programs().map(|(name, _)| name.to_owned()).collect();
        for name in names {
            programs.spawn(self.clone().keep_program(name, interval));
        }
        while programs.join_next().await.is_some() {}
    }

    async fn keep_program(self, name: String, interval: Duration) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.work_if_due(&name, interval).await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    // Several replicas need not look together.
                    tokio::time::sleep(CHECK.min(interval).mul_f64(0.5 + fastrand::f64() / 2.0))
                        .await;
                }
                Err(error) => {
                    outage::warn_of(&name, &error, "the synchronisation stopped");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Does what there is to do for a program, unless another process does it.
    async fn work_if_due(&self, name: &str, interval: Duration) -> Result<()> {
        let Some(program) = self.store.program_named(name).await? else { return Ok(()) };
        if !self.is_pass_due(&program, interval).await? && !self.are_details_due(&program).await? {
            return Ok(());
        }
        let time = self.settings.lease;
        let Some(lease) = Lease::take(&self.store, program.id, &self.holder, time).await? else {
            return Ok(());
        };
        let done = self.work(&program, &lease, interval).await;
        let released = lease.release().await;
        done.and(released)
    }

    async fn work(&self, program: &Program, lease: &Lease, interval: Duration) -> Result<()> {
        let client = self.client(program)?;
        let report = &Log;
        let context = Context { store: &self.store, client: &client, program, lease, report };
        loop {
            if self.is_pass_due(program, interval).await? {
                approval::read(context).await?;
                let summary = Pass::open(context).await?.run(false).await?;
                tracing::info!(program = program.name, "synchronised with the issuer: {summary}");
            } else if details::read_due(context).await? == 0 {
                return Ok(());
            }
        }
    }

    async fn is_pass_due(&self, program: &Program, interval: Duration) -> Result<bool> {
        let state = self.store.sync_state(program.id).await?;
        let millis = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        let next = state.completed_at.map(|at| at.plus_millis(millis));
        Ok(state.pass.is_some() || next.is_none_or(|next| next <= Timestamp::now()))
    }

    async fn are_details_due(&self, program: &Program) -> Result<bool> {
        self.store.has_due_details(program.id, Timestamp::now()).await
    }
}
