//! `reconcile`: with a progress bar on a terminal, and plain lines otherwise.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::out;
use crate::app::Chain;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::services::reconciliation::{Reconciliation, Summary};
use crate::store::Store;

/// Without a terminal, progress is printed once per this many wallets.
const WALLETS_PER_NOTE: u64 = 10_000;

pub(super) async fn run(config: &Config, store: Store) -> Result<ExitCode> {
    let Some(chain) = Chain::open(config, &store)? else {
        let hint = "there is no chain to read: set CARD_GATEWAY__CHAIN__RPC_URLS";
        return Err(Error::new(Kind::Invalid, hint));
    };
    let reader = chain.reader.clone();
    let watching = tokio::spawn(reader.clone().watch());
    let reconciliation = Reconciliation::new(store.clone(), reader, config.realtime_max_age);
    let stale = reconciliation.stale().await?;
    let bar = io::stderr().is_terminal().then(|| ProgressBar::new(stale));
    if let Some(bar) = &bar {
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} wallets eta {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    }
    let mut noted = 0;
    let done = reconciliation.once(|done| {
        let wallets = done.read + done.unread;
        match &bar {
            Some(bar) => bar.set_position(wallets),
            None if wallets / WALLETS_PER_NOTE > noted => {
                noted = wallets / WALLETS_PER_NOTE;
                eprintln!("{wallets} of {stale} wallets");
            }
            None => {}
        }
    });
    let done = done.await;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    drop(reconciliation);
    watching.abort();
    chain.finish().await;
    store.close().await;
    let Summary { read, unread, drifted } = done?;
    out(&format!(
        "read {read} wallets, {drifted} of them hold something else than was notified\n"
    ))?;
    if unread == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("card-gateway: {unread} wallets could not be read; run it again later");
    Ok(ExitCode::FAILURE)
}
