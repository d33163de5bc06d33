//! How long an import takes.

pub(crate) mod lines;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crate::database::Database;
use crate::failure::{Result, While as _};
use crate::gateway::{self, Gateway, find};
use crate::keeper::Keeper;
use crate::machine;
use crate::options::Kind;
use crate::process::peak_memory;
use crate::report::{head, markdown, thousands};

/// The program that is filled, as in "card program".
const PROGRAM: &str = "bench";
/// What a million customers may take on `PostgreSQL`.
const PROMISE: Duration = Duration::from_secs(45);
const MILLION: i64 = 1_000_000;
/// How often the process's memory is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How to measure.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) customers: i64,
    pub(crate) databases: Vec<Kind>,
    pub(crate) gateway: Option<PathBuf>,
    pub(crate) output: Option<PathBuf>,
}

/// One import.
struct Run {
    took: Duration,
    /// Of the importing process, in MiB.
    memory: f64,
}

/// What was found on one database.
struct Found {
    kind: Kind,
    first: Run,
    again: Run,
}

impl Found {
    fn is_as_promised(&self, customers: i64) -> bool {
        self.kind != Kind::Postgres || customers != MILLION || self.first.took <= PROMISE
    }

    fn row(&self, customers: i64) -> Vec<String> {
        // Customers are millions at most.
        #[expect(clippy::cast_precision_loss)]
        let per_second = customers as f64 / self.first.took.as_secs_f64();
        vec![
            self.kind.to_string(),
            format!("{:.1}", self.first.took.as_secs_f64()),
            thousands(&format!("{per_second:.0}")),
            format!("{:.0}", self.first.memory),
            format!("{:.1}", self.again.took.as_secs_f64()),
        ]
    }
}

/// Measures, prints, and fails if the promise was not kept.
pub(crate) fn measure(options: &Options) -> Result<ExitCode> {
    let path = find(options.gateway.as_deref())?;
    let keeper = Keeper::new()?;
    let file = keeper.folder().join("customers.ndjson");
    lines::write(&file, options.customers)?;
    let mut facts = vec![
        format!("{}: {}", machine::date()?, machine::description()?),
        format!("{}, {}", gateway::version(&path)?, machine::rustc()),
        format!("{} customers, 7 of 10 with a balance and a card", options.customers),
    ];
    let mut found = Vec::new();
    for &kind in &options.databases {
        let database = Database::make(kind, keeper.folder())?;
        found.push(imports(&database, &keeper, &path, &file, options.customers)?);
        facts.push(database.description()?);
    }
    let columns = ["", "first import, s", "customers a second", "peak memory, MiB", "again, s"];
    let rows: Vec<_> = found.iter().map(|found| found.row(options.customers)).collect();
    let table = markdown(&columns.map(str::to_owned), &rows);
    let text = format!("{}\n{table}", head(&facts));
    print!("{text}");
    if let Some(output) = &options.output {
        fs::write(output, &text).during(output.display())?;
    }
    let kept = found.iter().all(|found| found.is_as_promised(options.customers));
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn imports(
    database: &Database,
    keeper: &Keeper,
    path: &Path,
    file: &Path,
    customers: i64,
) -> Result<Found> {
    let gateway = Gateway { keeper, path, database_url: &database.url, settings: &[] };
    gateway.run(&["migrate"])?;
    gateway.run(&["program", "create", "--name", PROGRAM])?;
    let import = || -> Result<Run> {
        let started = Instant::now();
        let file = file.display().to_string();
        let mut process = gateway.start(&["import", "--program", PROGRAM, &file])?;
        let mut memory: f64 = 0.0;
        let status = loop {
            if let Some(status) = process.child().try_wait()? {
                break status;
            }
            // A process that has just ended has none.
            memory = memory.max(peak_memory(process.id()).unwrap_or(0.0));
            thread::sleep(LOOK);
        };
        if !status.success() {
            return Err(format!("the import ended with {status}").into());
        }
        let took = started.elapsed();
        eprintln!("{}: {customers} customers in {took:.1?}", database.kind);
        Ok(Run { took, memory })
    };
    let (first, again) = (import()?, import()?);
    gateway.run(&["migrate", "--verify"])?;
    let stored = database.session()?.number("SELECT COUNT(*) FROM card_customers")?;
    if stored != customers {
        return Err(format!("{stored} of {customers} customers are stored").into());
    }
    Ok(Found { kind: database.kind, first, again })
}
