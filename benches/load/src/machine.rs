//! When and on what it was measured.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::failure::Result;
use crate::text::Time;

/// The date, in UTC.
pub(crate) fn date() -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let (year, month, day) = Time(i64::try_from(now)?).date();
    Ok(format!("{year}-{month:02}-{day:02}"))
}

/// Cores, memory and kernel.
pub(crate) fn description() -> Result<String> {
    let cores = thread::available_parallelism()?;
    let model = value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown cores".into());
    let memory = value("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kib: u64 = memory.trim_end_matches(" kB").parse().unwrap_or(0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let gib = (kib + (1 << 19)) >> 20;
    Ok(format!("{cores} x {model}, {gib} GiB of memory, Linux {}", kernel.trim()))
}

/// The compiler that is found here: most likely the one that built all this.
pub(crate) fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().filter(|text| !text.is_empty()).unwrap_or_else(|| "rustc of unknown version".into())
}

/// The first value by this name in a list like those below `/proc`.
fn value(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
