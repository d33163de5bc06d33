//! `export`: to standard output, or to a file that is there only when it is whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::ProgressBar;

use super::arguments::ExportArgs;
use super::interrupt;
use super::lookup::program_named;
use super::output::{out, say};
use crate::error::{Error, Kind, Result};
use crate::services::export::{Export, FilterTexts, export};
use crate::store::Store;

/// Without a terminal, progress is printed once per this many customers.
const PER_NOTE: u64 = 100_000;

pub(super) async fn run(store: &Store, arguments: ExportArgs) -> Result<ExitCode> {
    let ExportArgs { program, format, output, filter } = arguments;
    let filter = FilterTexts::from(filter).checked()?;
    let program = program_named(store, &program).await?;
    let mut target = Target::open(output)?;
    let progress = Progress::new();
    let work = async {
        let mut export = export(store, program.id, &filter, format.into()).await?;
        let is_read = write(&mut export, &mut target, &progress).await?;
        let is_file = target.finish()?;
        progress.end();
        let said = format!("exported {} customers of {}", export.customers(), program.name);
        if is_file {
            out(&format!("{said}\n"))?;
        } else if is_read {
            say(&said);
        }
        Ok(ExitCode::SUCCESS)
    };
    let done =
        interrupt::or(Box::pin(work), || "nothing that was written is complete".into()).await;
    progress.end();
    target.discard();
    done
}

/// Writes all of an export. Returns whether there is still a reader.
async fn write(export: &mut Export, target: &mut Target, progress: &Progress) -> Result<bool> {
    while let Some(part) = export.next().await? {
        if !target.write(&part)? {
            return Ok(false);
        }
        progress.show(export.customers());
    }
    Ok(true)
}

/// Where an export goes.
enum Target {
    Standard,
    /// A file beside the one that it will be.
    File {
        part: PathBuf,
        whole: PathBuf,
        file: File,
    },
    /// It is complete.
    Finished,
}

impl Target {
    fn open(whole: Option<PathBuf>) -> Result<Self> {
        let Some(whole) = whole else { return Ok(Self::Standard) };
        let mut part: OsString = whole.clone().into();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(|error| cannot_write(&part, error))?;
        Ok(Self::File { part, whole, file })
    }

    /// Returns whether there is still a reader.
    fn write(&mut self, bytes: &[u8]) -> Result<bool> {
        match self {
            Self::Standard => match io::stdout().lock().write_all(bytes) {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
                Err(error) => Err(cannot_write(Path::new("standard output"), error)),
            },
            Self::File { part, file, .. } => {
                file.write_all(bytes).map_err(|error| cannot_write(part, error))?;
                Ok(true)
            }
            Self::Finished => Ok(true),
        }
    }

    /// Gives a file its name. Returns whether it is one.
    fn finish(&mut self) -> Result<bool> {
        match std::mem::replace(self, Self::Finished) {
            Self::File { part, whole, file } => {
                let named = file.sync_all().and_then(|()| fs::rename(&part, &whole));
                named.map(|()| true).map_err(|error| {
                    remove(&part);
                    cannot_write(&whole, error)
                })
            }
            Self::Standard => match io::stdout().lock().flush() {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    Err(cannot_write(Path::new("standard output"), error))
                }
                _ => Ok(false),
            },
            Self::Finished => Ok(false),
        }
    }

    /// Removes a part.
    fn discard(self) {
        if let Self::File { part, .. } = self {
            remove(&part);
        }
    }
}

/// There is nothing else to do if it cannot be removed.
fn remove(part: &Path) {
    let _ = fs::remove_file(part);
}

fn cannot_write(path: &Path, error: io::Error) -> Error {
    let message = format!("{} cannot be written to", path.display());
    Error::new(Kind::Unavailable, message).because(error)
}

/// A line that changes on a terminal, and lines elsewhere.
struct Progress {
    bar: Option<ProgressBar>,
    noted: std::cell::Cell<u64>,
}

impl Progress {
    fn new() -> Self {
        // Not between the lines of an export that goes to the same terminal.
        let shown = io::stderr().is_terminal() && !io::stdout().is_terminal();
        let bar = shown.then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { bar, noted: std::cell::Cell::new(0) }
    }

    fn show(&self, customers: u64) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{customers} customers"));
            return;
        }
        let now = customers / PER_NOTE;
        if self.noted.replace(now) != now {
            say(&format!("{customers} customers"));
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
