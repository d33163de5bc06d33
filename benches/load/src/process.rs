//! What the system knows of a process.

use std::collections::HashMap;
use std::fs;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::failure::{Result, While as _};

/// How long each thread of a process has run.
///
/// The threads' own clocks count nanoseconds; `stat` counts hundredths of a
/// second, too coarse for a run of a hundred requests.
#[derive(Default)]
pub(crate) struct Threads(HashMap<String, u64>);

impl Threads {
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let mut threads = HashMap::new();
        for thread in fs::read_dir(format!("/proc/{pid}/task")).during("a server's threads")? {
            let thread = thread?;
            // A thread that ends in between is no error.
            if let Ok(text) = fs::read_to_string(thread.path().join("schedstat"))
                && let Some(nanos) = text.split_whitespace().next()
            {
                threads.insert(thread.file_name().to_string_lossy().into_owned(), nanos.parse()?);
            }
        }
        Ok(Self(threads))
    }

    /// How long they have run since an earlier look at the same process.
    pub(crate) fn since(&self, earlier: &Self) -> Duration {
        let nanos = self.0.iter().map(|(thread, nanos)| {
            nanos.saturating_sub(earlier.0.get(thread).copied().unwrap_or(0))
        });
        Duration::from_nanos(nanos.sum())
    }
}

/// How long a process, its children and its former children have run.
pub(crate) fn family_time(pid: u32) -> Result<Duration> {
    // utime, stime and what children left behind that have ended.
    let mut ticks: u64 = stat(pid)?.get(11..15).unwrap_or(&[]).iter().sum();
    for child in children(pid)? {
        if let Ok(stat) = stat(child) {
            ticks += stat.get(11..13).unwrap_or(&[]).iter().sum::<u64>();
        }
    }
    Ok(Duration::from_millis(ticks * 1_000 / ticks_per_second()))
}

/// The most memory that a process has had at once, in MiB.
pub(crate) fn peak_memory(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}

/// Who started a process.
pub(crate) fn parent(pid: u32) -> Result<u32> {
    let parent = stat(pid)?.get(1).copied().ok_or("no parent")?;
    Ok(u32::try_from(parent)?)
}

fn children(of: u32) -> Result<Vec<u32>> {
    let processes = fs::read_dir("/proc")?.flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(numbers.filter(|&pid| parent(pid).is_ok_and(|parent| parent == of)).collect())
}

/// The fields of `/proc/PID/stat` behind the process's name; those that are
/// not numbers as 0, to keep their places.
fn stat(pid: u32) -> Result<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = text.rsplit_once(") ").ok_or("no such process")?;
    Ok(fields.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect())
}

fn ticks_per_second() -> u64 {
    static TICKS: OnceLock<u64> = OnceLock::new();
    *TICKS.get_or_init(|| {
        let output = Command::new("getconf").arg("CLK_TCK").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        text.ok().and_then(|text| text.parse().ok()).unwrap_or(100)
    })
}
