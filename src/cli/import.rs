//! `import`: with a progress bar on a terminal, and plain lines otherwise.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::interrupt;
use super::lookup::program_named;
use super::output::{out, say};
use crate::error::{Error, Kind, Result};
use crate::services::import::{Report, Summary, import};
use crate::store::Store;

/// Without a terminal, progress is printed once per this many lines.
const LINES_PER_NOTE: u64 = 100_000;
const BUFFER: usize = 1 << 18;

pub(super) async fn run(store: &Store, program: &str, file: &Path) -> Result<ExitCode> {
    let program = program_named(store, program).await?;
    let (input, size) = open(file)?;
    let stored = Arc::new(AtomicU64::new(0));
    let bar = io::stderr().is_terminal().then(|| bar(size));
    let shown: Box<dyn Report> = match &bar {
        Some(bar) => Box::new(Bar(bar.clone())),
        None => Box::new(Notes::default()),
    };
    let report = Arc::new(Counted { stored: Arc::clone(&stored), shown });
    let work = async {
        let done = import(store, program.id, input, report).await;
        clear(bar.as_ref());
        let Summary { good, bad } = done?;
        out(&format!("imported {good} customers into {}\n", program.name))?;
        if bad == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        say(&format!("card-gateway: {bad} lines were bad; correct them and import the file again"));
        Ok(ExitCode::FAILURE)
    };
    let kept = || {
        clear(bar.as_ref());
        let lines = stored.load(Ordering::Relaxed);
        format!("the first {lines} lines are stored and kept; import the file again to go on")
    };
    interrupt::or(Box::pin(work), kept).await
}

/// Counts the lines that are stored, for a person who stops the import.
struct Counted {
    stored: Arc<AtomicU64>,
    shown: Box<dyn Report>,
}

impl Report for Counted {
    fn bad_line(&self, line: u64, reason: &str) {
        self.shown.bad_line(line, reason);
    }

    fn progress(&self, lines: u64, bytes: u64) {
        self.stored.store(lines, Ordering::Relaxed);
        self.shown.progress(lines, bytes);
    }
}

/// The input, and its size where that is known.
fn open(path: &Path) -> Result<(Box<dyn BufRead + Send>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(BufReader::with_capacity(BUFFER, io::stdin())), None));
    }
    let file = File::open(path).map_err(|error| {
        Error::new(Kind::NotFound, format!("{} cannot be read", path.display())).because(error)
    })?;
    let of = file.metadata().ok();
    if of.as_ref().is_some_and(std::fs::Metadata::is_dir) {
        let message =
            format!("{} is a folder; name a file, or - for standard input", path.display());
        return Err(Error::new(Kind::Invalid, message));
    }
    let size = of.filter(std::fs::Metadata::is_file).map(|meta| meta.len());
    Ok((Box::new(BufReader::with_capacity(BUFFER, file)), size))
}

fn bar(size: Option<u64>) -> ProgressBar {
    let (bar, template) = match size {
        Some(size) => {
            let template = "{bar:40} {percent:>3}% {bytes}/{total_bytes} {msg} eta {eta}";
            (ProgressBar::new(size), template)
        }
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} {msg}"),
    };
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn clear(bar: Option<&ProgressBar>) {
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

struct Bar(ProgressBar);

impl Report for Bar {
    fn bad_line(&self, line: u64, reason: &str) {
        self.0.suspend(|| say(&format!("line {line}: {reason}")));
    }

    fn progress(&self, lines: u64, bytes: u64) {
        self.0.set_message(format!("{lines} lines"));
        self.0.set_position(bytes);
    }
}

#[derive(Default)]
struct Notes {
    noted: AtomicU64,
}

impl Report for Notes {
    fn bad_line(&self, line: u64, reason: &str) {
        say(&format!("line {line}: {reason}"));
    }

    fn progress(&self, lines: u64, _bytes: u64) {
        let now = lines / LINES_PER_NOTE;
        if self.noted.swap(now, Ordering::Relaxed) != now {
            say(&format!("{lines} lines"));
        }
    }
}
