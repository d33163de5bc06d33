//! Imports a program's customers from newline-delimited JSON. It streams: memory
//! does not grow with the file.

mod batch_sizes;
mod line;

use std::io::{self, BufRead, Read as _};
use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use tokio::sync::mpsc;

use self::batch_sizes::BatchSizes;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::records;
use crate::store::{Record, Store};

/// Bytes of text that the records of one batch come from, at most.
const BATCH_BYTES: u64 = 4 << 20;
/// Batches that are read ahead of the database.
const AHEAD: usize = 2;
/// The longest line that is read, in bytes.
const MAX_LINE: usize = 1 << 20;

/// The database looks at its tables again when they have so many times the customers.
const LOOK_AGAIN: usize = 16;

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
    let sizes = BatchSizes::of(store);
    let reading = {
        let report = Arc::clone(&report);
        tokio::task::spawn_blocking(move || read(input, sizes.most, &sender, report.as_ref()))
    };
    let (mut stored, mut next_look) = (0, sizes.most);
    while let Some(Batch { records, lines, bytes }) = batches.recv().await {
        let size = sizes.now(store).await?;
        stored += records.len();
        for records in chunks(records, size) {
            put_with_retries(store, program, records, at).await?;
        }
        report.progress(lines, bytes);
        if stored >= next_look {
            next_look = stored * LOOK_AGAIN;
            look_at(store, stored).await;
        }
    }
    if stored >= sizes.most {
        look_at(store, stored).await;
    }
    let summary = reading.await.map_err(Error::internal)?;
    summary
        .map_err(|error| Error::new(Kind::Unavailable, "the input cannot be read").because(error))
}

/// Has the database look at what it has got, so that it reads that in a good way. If it
/// does not, nothing is lost.
async fn look_at(store: &Store, stored: usize) {
    if let Err(error) = store.look_at_imported(stored as u64).await {
        let cause = error.private_source().unwrap_or_default();
        tracing::debug!(cause, "the database does not look at what was imported");
    }
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

/// Records in parts of `size`.
fn chunks(records: Vec<Record>, size: usize) -> impl Iterator<Item = Vec<Record>> {
    let mut records = records.into_iter();
    std::iter::from_fn(move || {
        let part: Vec<Record> = records.by_ref().take(size).collect();
        (!part.is_empty()).then_some(part)
    })
}

/// Reads and checks lines until the end, or until the receiver is gone.
fn read(
    mut input: impl BufRead,
    size: usize,
    sender: &mpsc::Sender<Batch>,
    report: &dyn Report,
) -> io::Result<Summary> {
    let mut summary = Summary::default();
    let mut batch = Batch { records: Vec::with_capacity(size), lines: 0, bytes: 0 };
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
        if batch.records.len() == size || batch.bytes - sent > BATCH_BYTES {
            sent = batch.bytes;
            let next = Batch { records: Vec::with_capacity(size), ..batch };
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
