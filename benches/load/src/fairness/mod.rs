//! Whether what one program does slows the acknowledgements of another one.
//!
//! A quiet program gets a few events a second, alone and beside neighbours who do much.

mod neighbour;
mod table;
mod waiting;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;

use crate::database::Database;
use crate::events::plan::Plan;
use crate::events::sender::Sender;
use crate::events::table::Waits;
use crate::events::tally::Tally;
use crate::events::{SECRET, acknowledge_late, customers};
use crate::failure::{Result, While as _};
use crate::gateway::{self, Gateway, find};
use crate::http::Request;
use crate::import::lines;
use crate::keeper::Keeper;
use crate::machine;
use crate::options::Kind;
use crate::report::head;
use neighbour::Neighbour;
use table::{Found, Row};

/// The program whose acknowledgements are measured.
const QUIET: &str = "quiet";
/// The program that does much.
const BUSY: &str = "busy";
const SETTINGS: [(&str, &str); 2] = [
    ("CARD_GATEWAY__WEBHOOKS__SECRETS__QUIET", SECRET),
    ("CARD_GATEWAY__WEBHOOKS__SECRETS__BUSY", SECRET),
];

/// Customers of each program, and the quiet one's events a second, on so many connections.
const CUSTOMERS: i64 = 2_000;
const EVENTS: u32 = 50;
const CONNECTIONS: u32 = 8;
/// Until a neighbour does what it is there for.
const SETTLING: Duration = Duration::from_millis(1_500);

/// How to measure.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) seconds: u32,
    /// Customers that a neighbour imports.
    pub(crate) imported: i64,
    /// Events of each program that wait, and that a neighbour replays.
    pub(crate) waiting: i64,
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
            "{EVENTS} events a second of the quiet program, {} s each; {} customers imported, {} \
             events replayed",
            options.seconds, options.imported, options.waiting
        ),
    ];
    let file = keeper.folder().join("imported.ndjson");
    lines::write(&file, options.imported)?;
    let mut found = Vec::new();
    for &kind in &options.databases {
        let database = Database::make(kind, keeper.folder())?;
        acknowledge_late(&database)?;
        facts.push(database.description()?);
        found.push(on(&database, &keeper, &path, &file, options)?);
    }
    let text = format!("{}\n{}", head(&facts), table::text(&found));
    print!("{text}");
    if let Some(output) = &options.output {
        fs::write(output, &text).during(output.display())?;
    }
    let kept = found.iter().all(Found::is_as_promised);
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn on(
    database: &Database,
    keeper: &Keeper,
    path: &Path,
    file: &Path,
    options: &Options,
) -> Result<Found> {
    let gateway = Gateway { keeper, path, database_url: &database.url, settings: &SETTINGS };
    gateway.run(&["migrate"])?;
    let few = keeper.folder().join("customers.ndjson");
    fs::write(&few, customers::lines(CUSTOMERS)).during("the file of the customers")?;
    for program in [QUIET, BUSY] {
        gateway.run(&["program", "create", "--name", program])?;
        gateway.run(&["import", "--program", program, &few.display().to_string()])?;
    }
    waiting::put(database, options.waiting)?;
    let server = gateway.serve(&Request::get("/healthz", None))?;
    let kind = database.kind;
    let mut run = 0;
    let mut quiet = |seconds: u32| -> Result<Tally> {
        run += 1;
        let plan = Plan::new(QUIET, run, CUSTOMERS, CONNECTIONS)?;
        let sender = Sender { port: server.port, plan, seconds, pace: EVENTS };
        // A thread of its own: a busy sender must not delay it.
        let sent = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(sender.pace())
        });
        Ok(sent.join().map_err(|_| "the quiet sender has panicked")??.0)
    };
    quiet(1)?;
    let mut found = Found { kind, rows: Vec::new(), problems: Vec::new() };
    let mut note = |name: &str, tally: Tally, did: String| {
        found.problems.extend(tally.problem().map(|problem| format!("{kind}, {name}: {problem}")));
        let waits = Waits::of(tally);
        if let Some(waits) = &waits {
            eprintln!("{kind}, {name}: {:.1?} {:.1?} {did}", waits.p50, waits.p99);
        }
        found.rows.push(Row { name: name.to_owned(), waits, did });
    };
    note("alone", quiet(options.seconds)?, String::new());
    for (number, neighbour) in (1..).zip(Neighbour::ALL) {
        let runs = neighbour.start(&gateway, server.port, file, number, options.seconds)?;
        thread::sleep(SETTLING);
        let tally = quiet(options.seconds)?;
        let did = runs.end()?;
        note(neighbour.name(), tally, did);
    }
    server.stop()?;
    Ok(found)
}
