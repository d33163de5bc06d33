//! How many webhook events the gateway acknowledges, and how soon.

mod connection;
pub(crate) mod customers;
pub(crate) mod plan;
pub(crate) mod sender;
mod signer;
pub(crate) mod table;
pub(crate) mod tally;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Builder;

use crate::database::Database;
use crate::failure::{Result, While as _};
use crate::gateway::{self, Gateway, find};
use crate::http::Request;
use crate::keeper::Keeper;
use crate::machine;
use crate::options::Kind;
use crate::report::head;
use plan::{Phase, Plan};
use sender::{PACE, Sender};
use table::{Found, Waits};
use tally::Tally;

/// The program whose events are sent, as in "card program".
const PROGRAM: &str = "bench";
/// What they are signed with.
pub(crate) const SECRET: &str = "whsec_only-this-benchmark-knows";
/// How the gateway learns it.
const SETTINGS: [(&str, &str); 1] = [("CARD_GATEWAY__WEBHOOKS__SECRETS__BENCH", SECRET)];

/// How to measure.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) customers: i64,
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
    pub(crate) databases: Vec<Kind>,
    pub(crate) gateway: Option<PathBuf>,
    pub(crate) output: Option<PathBuf>,
}

/// Measures, prints, and fails if a promise was not kept.
pub(crate) fn measure(options: &Options) -> Result<ExitCode> {
    if cfg!(debug_assertions) {
        return Err("the sender is in here as well: please run this with --release".into());
    }
    let path = find(options.gateway.as_deref())?;
    let keeper = Keeper::new()?;
    let mut facts = vec![
        format!("{}: {}", machine::date()?, machine::description()?),
        format!("{}, {}", gateway::version(&path)?, machine::rustc()),
        format!(
            "{} customers, {} connections, 2 x {} s",
            options.customers, options.connections, options.seconds
        ),
    ];
    let mut found = Vec::new();
    for &kind in &options.databases {
        let database = Database::make(kind, keeper.folder())?;
        acknowledge_late(&database)?;
        found.push(events(&database, &keeper, &path, options)?);
        facts.push(database.description()?);
    }
    let text = format!("{}\n{}", head(&facts), table::text(&found));
    print!("{text}");
    if let Some(output) = &options.output {
        fs::write(output, &text).during(output.display())?;
    }
    let kept = found.iter().all(Found::is_as_promised);
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The private `PostgreSQL` says that it has committed before it has written
/// anything: what is measured here must not be of that kind.
pub(crate) fn acknowledge_late(database: &Database) -> Result<()> {
    if database.kind == Kind::Postgres {
        let mut session = database.session()?;
        let name = session.text("SELECT current_database()::text")?;
        session.execute(&format!("ALTER DATABASE {name} SET synchronous_commit = on"))?;
    }
    Ok(())
}

/// Sends events to a gateway on an empty database.
fn events(database: &Database, keeper: &Keeper, path: &Path, options: &Options) -> Result<Found> {
    let gateway = Gateway { keeper, path, database_url: &database.url, settings: &SETTINGS };
    gateway.run(&["migrate"])?;
    gateway.run(&["program", "create", "--name", PROGRAM])?;
    let file = keeper.folder().join("customers.ndjson");
    fs::write(&file, customers::lines(options.customers)).during("the file of the customers")?;
    gateway.run(&["import", "--program", PROGRAM, &file.display().to_string()])?;
    let server = gateway.serve(&Request::get("/healthz", None))?;

    let kind = database.kind;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut problems = Vec::new();
    let mut acknowledged = 0;
    let mut send = |phase: Phase, seconds: u32| -> Result<(Tally, Duration)> {
        let plan = Plan::new(PROGRAM, phase as i64, options.customers, options.connections)?;
        let sender = Sender { port: server.port, plan, seconds, pace: PACE };
        let (tally, took) = runtime.block_on(async {
            match phase {
                Phase::WarmUp | Phase::Flood => sender.flood().await,
                Phase::Pace => sender.pace().await,
            }
        })?;
        let name = phase.name();
        eprintln!("{kind}, {name}: {} acknowledged in {took:.2?}", tally.acknowledged());
        problems.extend(tally.problem().map(|problem| format!("{kind}, {name}: {problem}")));
        acknowledged += tally.acknowledged();
        Ok((tally, took))
    };
    send(Phase::WarmUp, 1)?;
    let (flood, took) = send(Phase::Flood, options.seconds)?;
    let (pace, _) = send(Phase::Pace, options.seconds)?;

    let applied = "SELECT COUNT(*) FROM inbox_events WHERE state = 'applied'";
    let applied = usize::try_from(database.session()?.number(applied)?)?;
    if applied != acknowledged {
        problems.push(format!("{kind}: {acknowledged} acknowledged, but {applied} applied"));
    }
    server.stop()?;
    let per_second = f64::from(u32::try_from(flood.acknowledged())?) / took.as_secs_f64();
    Ok(Found { kind, per_second, flood: Waits::of(flood), pace: Waits::of(pace), problems })
}
