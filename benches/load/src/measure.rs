//! Loads and probes, one server after the other, round after round: what the
//! machine does besides hits all of them alike.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Result, While as _};
use crate::front::{Front, Probe, Questions, Workload};
use crate::http::Request;
use crate::keeper::Keeper;
use crate::process::{Threads, family_time, peak_memory};
use crate::server::Server;
use crate::wrk;

/// Requests of a probe in each round.
const PROBES: i64 = 50;

/// The longest wait for a server to be done with requests whose client is gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// One run, or the medians of several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) per_second: f64,
    /// Of the server, a request.
    pub(crate) cpu_millis: f64,
    /// Of all of `PostgreSQL`, a request; SQLite works within the server.
    pub(crate) database_millis: f64,
    pub(crate) p50_millis: f64,
    pub(crate) p99_millis: f64,
}

/// All that was measured on one database.
#[derive(Default)]
pub(crate) struct Measured {
    pub(crate) loads: BTreeMap<(Front, Workload), Load>,
    /// Medians, in milliseconds.
    pub(crate) probes: BTreeMap<(Front, Probe), f64>,
    /// In MiB.
    pub(crate) gateway_peak: f64,
    pub(crate) ceiling_peak: f64,
    /// Runs that do not count, and why.
    pub(crate) problems: Vec<String>,
}

/// Where and how long.
pub(crate) struct Bench<'a> {
    pub(crate) keeper: &'a Keeper,
    pub(crate) questions: Questions<'a>,
    pub(crate) gateway: &'a Server<'a>,
    pub(crate) ceiling: &'a Server<'a>,
    pub(crate) postmaster: Option<u32>,
    pub(crate) seconds: u32,
    pub(crate) rounds: u32,
}

/// The requests of a workload to one front, and what their answers are like.
struct Case {
    front: Front,
    workload: Workload,
    requests: Vec<Request>,
    /// The body of the first one's answer.
    body: Vec<u8>,
    /// The mean size of an answer.
    size: f64,
}

impl Bench<'_> {
    /// Measures everything.
    pub(crate) fn measure(&self) -> Result<Measured> {
        let cases = self.cases()?;
        for case in &cases {
            // To warm up; what is wrong will still be wrong when it counts.
            let _ = self.load(case, 1)?;
        }
        let mut measured = Measured::default();
        let mut loads: BTreeMap<_, Vec<Load>> = BTreeMap::new();
        let mut probes: BTreeMap<_, Vec<f64>> = BTreeMap::new();
        for round in 1..=self.rounds {
            for case in &cases {
                let name = format!("{}, {}", case.workload.name(), case.front.name());
                eprint!("round {round}: {name}: ");
                match self.load(case, self.seconds)? {
                    Ok(load) => {
                        eprintln!("{:.0} a second, {:.3} ms", load.per_second, load.cpu_millis);
                        loads.entry((case.front, case.workload)).or_default().push(load);
                    }
                    Err(problem) => {
                        eprintln!("invalid: {problem}");
                        measured.problems.push(format!("round {round}, {name}: {problem}"));
                    }
                }
            }
            for probe in Probe::ALL {
                for front in Front::ALL {
                    if front != Front::CeilingRestUncounted {
                        let samples = probes.entry((front, probe)).or_default();
                        samples.extend(self.probe(front, probe)?);
                    }
                }
            }
        }
        measured.loads = loads.into_iter().map(|(key, runs)| (key, medians(&runs))).collect();
        measured.probes = probes.into_iter().map(|(key, times)| (key, median(times))).collect();
        measured.gateway_peak = peak_memory(self.gateway.id())?;
        measured.ceiling_peak = peak_memory(self.ceiling.id())?;
        Ok(measured)
    }

    fn cases(&self) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        for workload in Workload::ALL {
            for front in Front::ALL {
                // A kept connection would be idle too long while the ceiling counts.
                let mut client = self.server(front).client()?;
                let requests = self.questions.load(front, workload);
                let (mut sizes, mut body) = (Vec::new(), None);
                for request in &requests {
                    let answer = client.expect(request).during(front.name())?;
                    sizes.push(f64::from(u32::try_from(answer.size)?));
                    body.get_or_insert(answer.body);
                }
                if let Some(body) = body {
                    let size = sizes.iter().sum::<f64>() / f64::from(u32::try_from(sizes.len())?);
                    cases.push(Case { front, workload, requests, body, size });
                }
            }
        }
        Ok(cases)
    }

    fn server(&self, front: Front) -> &Server<'_> {
        if front.is_gateway() { self.gateway } else { self.ceiling }
    }

    /// One run; the inner error is why it does not count.
    fn load(&self, case: &Case, seconds: u32) -> Result<Result<Load, String>> {
        self.settle()?;
        let server = self.server(case.front);
        let (before, database) = (Threads::of(server.id())?, self.database_time()?);
        let count = wrk::run(self.keeper, server.port, &case.requests, seconds)?;
        self.settle()?;
        let busy = Threads::of(server.id())?.since(&before);
        let database = self.database_time()?.saturating_sub(database);
        if count.errors > 0.0 {
            return Ok(Err(format!("{} errors of {} requests", count.errors, count.requests)));
        }
        if count.requests < 1.0 {
            return Ok(Err("no request was answered".to_owned()));
        }
        // GraphQL's errors have a status of success, but are not of this size.
        let size = count.bytes / count.requests;
        if (size - case.size).abs() > case.size / 10.0 {
            return Ok(Err(format!("answers of {size:.0} instead of {:.0} bytes", case.size)));
        }
        if server.client()?.expect(&case.requests[0])?.body != case.body {
            return Ok(Err("the answer is another one than before".to_owned()));
        }
        // What was under way at the end had its work done as well. With a
        // thousand answers a second it does not matter, with ten it does.
        let served = count.requests + f64::from(wrk::CONNECTIONS);
        let each = |time: Duration| time.as_secs_f64() * 1_000.0 / served;
        Ok(Ok(Load {
            per_second: count.requests / count.seconds,
            cpu_millis: each(busy),
            database_millis: each(database),
            p50_millis: count.p50_millis,
            p99_millis: count.p99_millis,
        }))
    }

    /// How long each of a probe's requests took, in milliseconds.
    fn probe(&self, front: Front, probe: Probe) -> Result<Vec<f64>> {
        self.settle()?;
        let mut client = self.server(front).client()?;
        let requests = self.questions.probe(front, probe, PROBES);
        // The first few pay for the connection and for statements being prepared.
        for request in requests.iter().take(3) {
            client.expect(request).during(front.name())?;
        }
        let mut times = Vec::new();
        for request in &requests {
            let started = Instant::now();
            client.expect(request).during(front.name())?;
            times.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(times)
    }

    fn database_time(&self) -> Result<Duration> {
        self.postmaster.map_or(Ok(Duration::ZERO), family_time)
    }

    /// Waits until no server works any more: requests whose client is gone may go on.
    fn settle(&self) -> Result<()> {
        const PAUSE: Duration = Duration::from_millis(100);
        let busy = || -> Result<Duration> {
            let mut all = self.database_time()?;
            for server in [self.gateway, self.ceiling] {
                all += Threads::of(server.id())?.since(&Threads::default());
            }
            Ok(all)
        };
        let started = Instant::now();
        let mut before = busy()?;
        while started.elapsed() < PATIENCE {
            thread::sleep(PAUSE);
            let now = busy()?;
            if now.saturating_sub(before) < PAUSE / 5 {
                return Ok(());
            }
            before = now;
        }
        Err("the servers do not come to rest".into())
    }
}

fn medians(runs: &[Load]) -> Load {
    let of = |part: fn(&Load) -> f64| median(runs.iter().map(part).collect());
    Load {
        per_second: of(|load| load.per_second),
        cpu_millis: of(|load| load.cpu_millis),
        database_millis: of(|load| load.database_millis),
        p50_millis: of(|load| load.p50_millis),
        p99_millis: of(|load| load.p99_millis),
    }
}

/// The middle of some numbers, of which there is at least one.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[middle]
    } else {
        f64::midpoint(numbers[middle - 1], numbers[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-9);
    }
}
