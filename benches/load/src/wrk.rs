//! Load by `wrk`, which needs less CPU for it than anything written here would.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::failure::{Result, While as _};
use crate::http::Request;
use crate::keeper::Keeper;

/// Requests that are under way at once.
pub(crate) const CONNECTIONS: u32 = 32;

/// What one run of `wrk` counted.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Count {
    pub(crate) requests: f64,
    pub(crate) seconds: f64,
    /// Bytes of all answers, heads included.
    pub(crate) bytes: f64,
    /// Connections that failed, answers that did not come, statuses that are
    /// not of success.
    pub(crate) errors: f64,
    pub(crate) p50_millis: f64,
    pub(crate) p99_millis: f64,
}

/// The version, or what to do about there being none.
pub(crate) fn version() -> Result<String> {
    // It ends unsuccessfully, whatever it was asked.
    let output = Command::new("wrk").arg("-v").output();
    let output = output.during("wrk, which sends the load (Debian: apt install wrk)")?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    Ok(text.split(" [").next().unwrap_or("wrk").trim().to_owned())
}

/// Loads a server of this machine with requests that take turns.
pub(crate) fn run(keeper: &Keeper, port: u16, requests: &[Request], seconds: u32) -> Result<Count> {
    run_with(keeper, port, requests, seconds, CONNECTIONS)
}

/// As [`run`], with another number of connections.
pub(crate) fn run_with(
    keeper: &Keeper,
    port: u16,
    requests: &[Request],
    seconds: u32,
    connections: u32,
) -> Result<Count> {
    // Several servers may be loaded at once.
    let script = keeper.folder().join(format!("load-{port}.lua"));
    fs::write(&script, lua(requests)?).during("the script of wrk")?;
    let mut command = Command::new("wrk");
    command
        .args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s")])
        // Counting a million rows 32 times at once takes longer than wrk's own 2 s.
        .args(["--timeout", "60s", "-s"])
        .arg(&script)
        .arg(format!("http://127.0.0.1:{port}/"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut wrk = keeper.start(&mut command)?;
    let mut said = String::new();
    if let Some(stdout) = wrk.child().stdout.as_mut() {
        stdout.read_to_string(&mut said).during("wrk")?;
    }
    count(&said).ok_or_else(|| format!("wrk did not count:\n{said}").into())
}

/// The requests stand in the script as they are: nothing is put together
/// while the load runs.
fn lua(requests: &[Request]) -> Result<String> {
    let mut script = "local requests = {\n".to_owned();
    for request in requests {
        writeln!(script, "{},", quoted(request.as_str()))?;
    }
    script.push_str(
        r#"}
local at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("COUNT %.0f %.0f %.0f %.0f %.0f %.0f\n",
    summary.requests, summary.duration, summary.bytes,
    e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"#,
    );
    Ok(script)
}

fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '\r' => quoted.push_str("\\r"),
            '\n' => quoted.push_str("\\n"),
            '"' | '\\' => quoted.extend(['\\', character]),
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

fn count(said: &str) -> Option<Count> {
    let line = said.lines().find_map(|line| line.strip_prefix("COUNT "))?;
    let numbers: Vec<f64> = line.split(' ').map_while(|number| number.parse().ok()).collect();
    let [requests, micros, bytes, errors, p50, p99] = numbers[..] else { return None };
    Some(Count {
        requests,
        seconds: micros / 1e6,
        bytes,
        errors,
        p50_millis: p50 / 1e3,
        p99_millis: p99 / 1e3,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_the_script() {
        let request = Request::post("/graphql", Some("t"), r#"{"query":"{ a\n }"}"#);
        let script = lua(&[request]).expect("it can be written");
        assert!(script.contains(r#"\r\n\r\n{\"query\":\"{ a\\n }\"}","#), "{script}");
    }

    #[test]
    fn what_wrk_counts_is_read() {
        let said = "Running 5s test\n  1 threads\nCOUNT 30000 5000000 90000 2 4500 9000\n";
        let expected = Count {
            requests: 30_000.0,
            seconds: 5.0,
            bytes: 90_000.0,
            errors: 2.0,
            p50_millis: 4.5,
            p99_millis: 9.0,
        };
        assert_eq!(count(said), Some(expected));
        assert_eq!(count("unable to connect"), None);
    }
}
