//! `import`: with a progress bar on a terminal, and plain lines otherwise.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::lookup::program_named;
use super::output::out;
use crate::error::{Error, Kind, Result};
use crate::services::import::{Report, Summary, import};
use crate::store::Store;

/// Without a terminal, progress is printed once per this many lines.
const LINES_PER_NOTE: u64 = 100_000;
const BUFFER: usize = 1 << 18;

pub(super) async fn run(store: &Store, program: &str, file: &Path) -> Result<ExitCode> {
    let program = program_named(store, program).await?;
    let (input, size) = open(file)?;
    let report: Arc<dyn Report> = if io::stderr().is_terminal() {
        Arc::new(Bar::new(size))
    } else {
        Arc::new(Notes::default())
    };
    let Summary { good, bad } = import(store, program.id, input, report).await?;
    out(&format!("imported {good} customers into {}\n", program.name))?;
    if bad == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("card-gateway: {bad} lines were bad; correct them and import the file again");
    Ok(ExitCode::FAILURE)
}

/// The input, and its size where that is known.
fn open(path: &Path) -> Result<(Box<dyn BufRead + Send>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(BufReader::with_capacity(BUFFER, io::stdin())), None));
    }
    let file = File::open(path).map_err(|error| {
        Error::new(Kind::NotFound, format!("{} cannot be read", path.display())).because(error)
    })?;
    let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|meta| meta.len());
    Ok((Box::new(BufReader::with_capacity(BUFFER, file)), size))
}

struct Bar(ProgressBar);

impl Bar {
    fn new(size: Option<u64>) -> Self {
        let (bar, template) = match size {
            Some(size) => {
                let template = "{bar:40} {percent:>3}% {bytes}/{total_bytes} {msg} eta {eta}";
                (ProgressBar::new(size), template)
            }
            None => (ProgressBar::new_spinner(), "{spinner} {bytes} {msg}"),
        };
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }
}

impl Report for Bar {
    fn bad_line(&self, line: u64, reason: &str) {
        self.0.suspend(|| eprintln!("line {line}: {reason}"));
    }

    fn progress(&self, lines: u64, bytes: u64) {
        self.0.set_message(format!("{lines} lines"));
        self.0.set_position(bytes);
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
}

impl Report for Notes {
    fn bad_line(&self, line: u64, reason: &str) {
        eprintln!("line {line}: {reason}");
    }

    fn progress(&self, lines: u64, _bytes: u64) {
        let now = lines / LINES_PER_NOTE;
        if self.noted.swap(now, Ordering::Relaxed) != now {
            eprintln!("{lines} lines");
        }
    }
}
