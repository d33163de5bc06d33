//! 1, 2 and 4 replicas on one `PostgreSQL`: how much more they answer, and what is busy then.

use std::fs;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use crate::database::Database;
use crate::failure::{Result, While as _};
use crate::fill::fill;
use crate::front::{Front, List, Questions, Workload};
use crate::gateway::{self, Gateway, PROGRAM, find};
use crate::http::Request;
use crate::keeper::Keeper;
use crate::machine;
use crate::options::{Kind, Options};
use crate::process::{Threads, family_time};
use crate::report::{head, markdown, millis, thousands};
use crate::server::Server;
use crate::wrk;

/// How many replicas there are at once.
const REPLICAS: [usize; 3] = [1, 2, 4];
/// What is asked: the rest is like one of these.
const WORKLOADS: [Workload; 3] = [Workload::List, Workload::Balances, Workload::One];

/// What one run has found, of all replicas together.
struct Run {
    per_second: f64,
    p50_millis: f64,
    p99_millis: f64,
    /// Processors that were busy, of the gateways and of `PostgreSQL`.
    gateways: f64,
    database: f64,
    errors: f64,
}

/// Measures, prints, and fails if a request has failed.
pub(crate) fn measure(options: &Options) -> Result<ExitCode> {
    if cfg!(debug_assertions) {
        return Err("please run this with --release".into());
    }
    let wrk = wrk::version()?;
    let path = find(options.gateway.as_deref())?;
    let keeper = Keeper::new()?;
    let database = Database::make(Kind::Postgres, keeper.folder())?;
    let gateway =
        Gateway { keeper: &keeper, path: &path, database_url: &database.url, settings: &[] };
    gateway.run(&["migrate"])?;
    gateway.run(&["program", "create", "--name", PROGRAM])?;
    let filled = fill(&database, PROGRAM, options.customers)?;
    let token = gateway.run(&["token", "create", "--program", PROGRAM, "--name", "load"])?;
    let questions = Questions { filled: &filled, token: &token };
    let first = questions.list(Front::GraphQl, List::default());

    let mut rows = Vec::new();
    let mut errors = 0.0;
    for count in REPLICAS {
        let replicas = (0..count).map(|_| gateway.serve(&first)).collect::<Result<Vec<_>>>()?;
        for workload in WORKLOADS {
            let requests = questions.load(Front::GraphQl, workload);
            // To warm up.
            run(&keeper, &replicas, &requests, 1, &database)?;
            let found = run(&keeper, &replicas, &requests, options.seconds, &database)?;
            errors += found.errors;
            eprintln!("{count} replicas, {}: {:.0} a second", workload.name(), found.per_second);
            rows.push(row(count, workload, &found));
        }
        replicas.into_iter().try_for_each(Server::stop)?;
    }
    let facts = [
        format!("{}: {}", machine::date()?, machine::description()?),
        format!("{}, {}, {wrk}", gateway::version(&path)?, machine::rustc()),
        database.description()?,
        format!(
            "{} customers, {} connections in all, {} s a run",
            options.customers,
            wrk::CONNECTIONS,
            options.seconds
        ),
    ];
    let columns = [
        "replicas",
        "load",
        "answers/s",
        "p50 ms",
        "p99 ms",
        "processors of the gateways",
        "of PostgreSQL",
    ];
    let text = format!("{}\n{}", head(&facts), markdown(&columns.map(str::to_owned), &rows));
    print!("{text}");
    if let Some(output) = &options.output {
        fs::write(output, &text).during(output.display())?;
    }
    Ok(if errors > 0.0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn row(count: usize, workload: Workload, found: &Run) -> Vec<String> {
    vec![
        count.to_string(),
        workload.name().to_owned(),
        thousands(&format!("{:.0}", found.per_second)),
        millis(found.p50_millis),
        millis(found.p99_millis),
        format!("{:.2}", found.gateways),
        format!("{:.2}", found.database),
    ]
}

/// Loads all replicas at once, with the same number of connections however many they are.
fn run(
    keeper: &Keeper,
    replicas: &[Server<'_>],
    requests: &[Request],
    seconds: u32,
    database: &Database,
) -> Result<Run> {
    let postmaster = database.postmaster()?.ok_or("PostgreSQL has no process")?;
    let connections = wrk::CONNECTIONS / u32::try_from(replicas.len())?;
    let before: Vec<Threads> =
        replicas.iter().map(|replica| Threads::of(replica.id())).collect::<Result<_>>()?;
    let database_before = family_time(postmaster)?;
    let counts = thread::scope(|scope| {
        let loads = replicas.iter().map(|replica| {
            let load = move || {
                wrk::run_with(keeper, replica.port, requests, seconds, connections)
                    .map_err(|error| error.to_string())
            };
            scope.spawn(load)
        });
        let loads: Vec<_> = loads.collect();
        loads
            .into_iter()
            .map(|load| load.join().unwrap_or_else(|_| Err("a load has ended early".to_owned())))
            .collect::<std::result::Result<Vec<_>, String>>()
    })?;
    let mut busy = Duration::ZERO;
    for (replica, before) in replicas.iter().zip(&before) {
        busy += Threads::of(replica.id())?.since(before);
    }
    let database = family_time(postmaster)?.saturating_sub(database_before);
    let sum = |of: fn(&wrk::Count) -> f64| counts.iter().map(of).sum::<f64>();
    let most = |of: fn(&wrk::Count) -> f64| counts.iter().map(of).fold(0.0, f64::max);
    let took = most(|count| count.seconds);
    Ok(Run {
        per_second: sum(|count| count.requests / count.seconds),
        p50_millis: most(|count| count.p50_millis),
        p99_millis: most(|count| count.p99_millis),
        gateways: busy.as_secs_f64() / took,
        database: database.as_secs_f64() / took,
        errors: sum(|count| count.errors),
    })
}
