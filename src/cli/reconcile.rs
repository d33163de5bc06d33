//! `reconcile`: with a progress bar on a terminal, and plain lines otherwise.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::interrupt::{self, Ended};
use super::output::{out, say};
use crate::app::Chain;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::services::reconciliation::{Reconciliation, Summary};
use crate::store::Store;

/// Without a terminal, progress is printed once per this many wallets.
const WALLETS_PER_NOTE: u64 = 10_000;
/// How often it looks whether an endpoint fails.
const LOOK: Duration = Duration::from_millis(200);

pub(super) async fn run(config: &Config, store: Store) -> Result<ExitCode> {
    let Some(chain) = Chain::open(config, &store)? else {
        let hint = "there is no blockchain to read: set CARD_GATEWAY__CHAIN__RPC_URLS";
        return Err(Error::new(Kind::Invalid, hint));
    };
    let reader = chain.reader.clone();
    let watching = tokio::spawn(reader.clone().watch());
    let reconciliation = Reconciliation::new(store.clone(), reader, config.realtime_max_age);
    let progress = Progress::new(reconciliation.stale().await?);
    let work = async {
        tokio::select! {
            done = reconciliation.once(|done| progress.set(done.read + done.unread)) => done,
            never = tell_failures(&chain, &progress) => never,
        }
    };
    let kept = || {
        let (done, of) = progress.end();
        format!("{done} of {of} wallets were read, which is kept; run it again for the others")
    };
    let ended = interrupt::watch(work, kept).await;
    progress.end();
    drop(reconciliation);
    watching.abort();
    chain.finish().await;
    store.close().await;
    let Summary { read, unread, drifted } = match ended? {
        Ended::Done(summary) => summary,
        Ended::Stopped(status) => return Ok(status),
    };
    out(&format!(
        "read {read} wallets, {drifted} of them hold something else than was notified\n"
    ))?;
    if unread == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("card-gateway: {unread} wallets could not be read; run it again later"));
    Ok(ExitCode::FAILURE)
}

/// Prints a line whenever an endpoint begins to fail, fails for another reason, or works
/// again. Never ends.
async fn tell_failures(chain: &Chain, progress: &Progress) -> Result<Summary> {
    let endpoints = || chain.reader.endpoints();
    let mut before: Vec<String> = endpoints().iter().map(|_| "ok".to_owned()).collect();
    loop {
        for (at, state) in endpoints().iter().enumerate() {
            let text = state.to_string();
            if state.is_known() && text != before[at] {
                progress.tell(&format!("endpoint {}: {text}", at + 1));
                before[at] = text;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// How many wallets are done.
struct Progress {
    all: u64,
    done: AtomicU64,
    bar: Option<ProgressBar>,
}

impl Progress {
    fn new(all: u64) -> Self {
        let bar = io::stderr().is_terminal().then(|| ProgressBar::new(all));
        match &bar {
            Some(bar) => {
                let style = ProgressStyle::with_template("{bar:40} {pos}/{len} wallets eta {eta}");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.tick();
            }
            None => say(&format!("0 of {all} wallets")),
        }
        Self { all, done: AtomicU64::new(0), bar }
    }

    fn set(&self, wallets: u64) {
        let before = self.done.swap(wallets, Ordering::Relaxed);
        match &self.bar {
            Some(bar) => bar.set_position(wallets),
            None if wallets / WALLETS_PER_NOTE > before / WALLETS_PER_NOTE => {
                say(&format!("{wallets} of {} wallets", self.all));
            }
            None => {}
        }
    }

    fn tell(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(text)),
            None => say(text),
        }
    }

    /// Takes the bar off the terminal. Returns how many of how many are done.
    fn end(&self) -> (u64, u64) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        (self.done.load(Ordering::Relaxed), self.all)
    }
}
