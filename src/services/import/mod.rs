//! Imports a program's customers from newline-delimited JSON. It streams: memory
//! does not grow with the file.

mod line;

use std::io::{self, BufRead, Read as _};
use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use tokio::sync::mpsc;

use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::records;
use crate::store::{Record, Store};

/// Records of one database transaction, and bytes of text that they come from.
const BATCH: usize = 500;
const BATCH_BYTES: u64 = 2 << 20;
/// Batches that are read ahead of the database.
const AHEAD: usize = 2;
/// The longest line that is read, in bytes.
const MAX_LINE: usize = 1 << 20;

/// How often a batch is tried again while the database is away, and how long
/// to wait first; each time it is twice as long.
const RETRIES: usize = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// Receives the progress of an import.
pub trait Report: Send + Sync {
    /// A line was skipped; the first line is 1.
    fn bad_line(&self, line: u64, reason: &str);
    /// So many lines and bytes are done: their customers are stored.
    fn progress(&self, lines: u64, bytes: u64);
}

/// How an import went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines that were stored.
    pub good: u64,
    /// Lines that were skipped.
    pub bad: u64,
}

struct Batch {
    records: Vec<Record>,
    lines: u64,
    bytes: u64,
}

/// Inserts or updates every good line of `input` into the program, and
/// reports the bad ones.
///
/// # Errors
/// If the input cannot be read or the store fails; earlier batches are stored then.
pub async fn import(
    store: &Store,
    program: ProgramId,
    input: impl BufRead + Send + 'static,
    report: Arc<dyn Report>,
) -> Result<Summary> {
    // The input states how things were before it is read.
    let at = Timestamp::now();
    let (sender, mut batches) = mpsc::channel(AHEAD);
    let reading = {
        let report = Arc::clone(&report);
        tokio::task::spawn_blocking(move || read(input, &sender, report.as_ref()))
    };
    while let Some(Batch { records, lines, bytes }) = batches.recv().await {
        put_with_retries(store, program, records, at).await?;
        report.progress(lines, bytes);
    }
    let summary = reading.await.map_err(Error::internal)?;
    summary
        .map_err(|error| Error::new(Kind::Unavailable, "the input cannot be read").because(error))
}

/// As [`put`], with retries while the database is away: it may be restarting, or
/// has ended a transaction that was idle because this process was stopped.
async fn put_with_retries(
    store: &Store,
    program: ProgramId,
    records: Vec<Record>,
    at: Timestamp,
) -> Result<()> {
    let pauses = ExponentialBuilder::default().with_min_delay(PAUSE).with_max_times(RETRIES);
    (|| put_at(store, program, records.clone(), at))
        .retry(pauses)
        .sleep(tokio::time::sleep)
        .when(|error| matches!(error.kind(), Kind::Unavailable | Kind::Timeout))
        .await
}

/// Inserts or updates customers as they are now, all or none, applies the events
/// that wait for them, and records the changes for subscribers.
///
/// # Errors
/// If the store fails; nothing was changed then.
pub async fn put(store: &Store, program: ProgramId, records: Vec<Record>) -> Result<()> {
    put_at(store, program, records, Timestamp::now()).await
}

/// As [`put`], of customers as they were at `at`.
async fn put_at(
    store: &Store,
    program: ProgramId,
    records: Vec<Record>,
    at: Timestamp,
) -> Result<()> {
    let tx = store.write_import(program).await?;
    records::put(&tx, records, Vec::new(), at).await?;
    tx.commit().await
}

/// Reads and checks lines until the end, or until the receiver is gone.
fn read(
    mut input: impl BufRead,
    sender: &mpsc::Sender<Batch>,
    report: &dyn Report,
) -> io::Result<Summary> {
    let mut summary = Summary::default();
    let mut batch = Batch { records: Vec::with_capacity(BATCH), lines: 0, bytes: 0 };
    let mut text = Vec::new();
    let mut sent = 0;
    loop {
        text.clear();
        let Some(whole) = read_line(&mut input, &mut text)? else { break };
        batch.lines += 1;
        batch.bytes += text.len() as u64;
        let record = if whole {
            let text = if batch.lines == 1 { without_mark(&text) } else { &text };
            match text.trim_ascii() {
                [] => continue,
                text => line::parse(text),
            }
        } else {
            Err(format!("the line is longer than {MAX_LINE} bytes"))
        };
        match record {
            Ok(record) => {
                summary.good += 1;
                batch.records.push(record);
            }
            Err(reason) => {
                summary.bad += 1;
                report.bad_line(batch.lines, &reason);
            }
        }
        if batch.records.len() == BATCH || batch.bytes - sent > BATCH_BYTES {
            sent = batch.bytes;
            let next = Batch { records: Vec::with_capacity(BATCH), ..batch };
            let full = std::mem::replace(&mut batch, next);
            if sender.blocking_send(full).is_err() {
                return Ok(summary);
            }
        }
    }
    // The receiver is gone only if the database has failed, which it reports.
    let _ = sender.blocking_send(batch);
    Ok(summary)
}

/// Some editors begin a file with a byte order mark.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// The next line, and whether it is whole; the rest of one that is too long is skipped.
fn read_line(input: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<Option<bool>> {
    let read = input.take(MAX_LINE as u64 + 1).read_until(b'\n', text)?;
    if read == 0 {
        return Ok(None);
    }
    if read <= MAX_LINE || text.ends_with(b"\n") {
        return Ok(Some(true));
    }
    input.skip_until(b'\n')?;
    Ok(Some(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_the_limit_and_the_next_one_is_whole() {
        let long = vec![b'x'; 3 * MAX_LINE];
        let input = [b"one\n".as_slice(), &long, b"\n\nlast"].concat();
        let mut input = io::Cursor::new(input);
        let mut lines = Vec::new();
        let mut text = Vec::new();
        while let Some(whole) = read_line(&mut input, &mut text).expect("memory") {
            lines.push((whole, text.trim_ascii().len().min(10)));
            text.clear();
        }
        assert_eq!(lines, [(true, 3), (false, 10), (true, 0), (true, 4)]);
    }
}
