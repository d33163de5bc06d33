//! `sync`: with a progress bar on a terminal, and plain lines otherwise.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::interrupt::{self, Ended};
use super::lookup::program_named;
use super::output::{failed, out, say};
use crate::app;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::services::sync::{Options, Report, Sync};
use crate::store::{Program, Store};

/// Without a terminal, progress is printed once per this many customers.
const CUSTOMERS_PER_NOTE: u64 = 10_000;
/// And once per this many customers whose details are read, one call each.
const DETAILS_PER_NOTE: u64 = 1_000;

/// Synchronises one program, or all that have a key pair.
pub(super) async fn run(
    config: &Config,
    store: Store,
    program: Option<&str>,
    options: Options,
) -> Result<ExitCode> {
    let sync = app::sync(config, &store)?;
    let programs = if let Some(name) = program {
        vec![program_named(&store, name).await?]
    } else {
        let mut programs = store.programs().await?;
        programs.retain(|program| config.issuer.key_pairs.contains_key(&program.name));
        programs
    };
    if programs.is_empty() {
        let hint = "no program has a key pair of the issuer: set \
                    CARD_GATEWAY__ISSUER__<PROGRAM>__API_KEY and …__API_SECRET";
        return Err(Error::new(Kind::Invalid, hint));
    }
    let mut status = ExitCode::SUCCESS;
    for program in programs {
        let kept = || {
            let name = &program.name;
            format!("the pages of {name} that were read are kept; run it again to go on there")
        };
        match interrupt::watch(Box::pin(synchronise(&sync, &program, options)), kept).await {
            Ok(Ended::Done(text)) => out(&format!("{}: {text}\n", program.name))?,
            Ok(Ended::Stopped(code)) => {
                status = code;
                if let Err(error) = sync.stop(&program).await {
                    failed(&error);
                }
                break;
            }
            Err(error) => status = failed(&error),
        }
    }
    store.close().await;
    Ok(status)
}

async fn synchronise(sync: &Sync, program: &Program, options: Options) -> Result<String> {
    let summary = if io::stderr().is_terminal() {
        sync.once(program, options, &Bar::new()).await
    } else {
        sync.once(program, options, &Notes::default()).await
    };
    summary.map(|summary| summary.to_string())
}

struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::no_length();
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} customers eta {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }
}

impl Report for Bar {
    fn progress(&self, customers: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
        self.0.set_position(customers);
    }

    fn details(&self, customers: u64) {
        self.0.set_style(ProgressStyle::default_spinner());
        self.0.set_message(format!("details of {customers} customers"));
        self.0.tick();
    }

    fn note(&self, text: &str) {
        self.0.suspend(|| say(text));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[derive(Default)]
struct Notes {
    noted: AtomicU64,
    read: AtomicU64,
}

impl Report for Notes {
    fn progress(&self, customers: u64, total: Option<u64>) {
        let now = customers / CUSTOMERS_PER_NOTE;
        if self.noted.swap(now, Ordering::Relaxed) != now {
            let total = total.map(|total| format!(" of {total}")).unwrap_or_default();
            say(&format!("{customers}{total} customers"));
        }
    }

    fn details(&self, customers: u64) {
        let now = customers / DETAILS_PER_NOTE;
        if self.read.swap(now, Ordering::Relaxed) != now {
            say(&format!("details of {customers} customers"));
        }
    }

    fn note(&self, text: &str) {
        say(text);
    }
}
