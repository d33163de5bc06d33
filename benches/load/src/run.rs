//! The benchmark from end to end.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use crate::check::{self, Clients};
use crate::database::Database;
use crate::failure::{Result, While as _};
use crate::fill::fill;
use crate::front::{Front, List, Questions};
use crate::gateway::{self, Gateway, PROGRAM, find};
use crate::keeper::Keeper;
use crate::machine;
use crate::measure::{Bench, median};
use crate::options::{Kind, Options};
use crate::report::{self, Section};
use crate::wrk;

/// How often the gateway is started, to see how long that takes.
const STARTS: usize = 5;

/// Measures, prints, and fails if a run did not count.
pub(crate) fn load(options: &Options) -> Result<ExitCode> {
    if cfg!(debug_assertions) {
        return Err("the ceiling is in here as well: please run this with --release".into());
    }
    let started = Instant::now();
    let wrk = wrk::version()?;
    let path = find(options.gateway.as_deref())?;
    let version = gateway::version(&path)?;
    let keeper = Keeper::new()?;
    let mut report = report::head(&[
        format!("{}: {}", machine::date()?, machine::description()?),
        format!("{version}, {}, {wrk}", machine::rustc()),
        format!(
            "{} customers, {} a page, {} connections, {} x {} s a load, medians",
            options.customers,
            crate::front::PAGE,
            wrk::CONNECTIONS,
            options.rounds,
            options.seconds
        ),
    ]);
    let mut sound = true;
    for &kind in &options.databases {
        let section = section(&keeper, &path, kind, options)?;
        sound &= section.measured.problems.is_empty();
        let text = section.text();
        // At once: what comes later may fail.
        println!("{}{text}", if kind == options.databases[0] { &report } else { "" });
        report.push_str(&text);
    }
    if let Some(output) = &options.output {
        fs::write(output, &report).during(output.display())?;
    }
    eprintln!("all of it took {:.0?}", started.elapsed());
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn section(keeper: &Keeper, path: &Path, kind: Kind, options: &Options) -> Result<Section> {
    let database = Database::make(kind, keeper.folder())?;
    let gateway = Gateway { keeper, path, database_url: &database.url, settings: &[] };
    gateway.run(&["migrate"])?;
    gateway.run(&["program", "create", "--name", PROGRAM])?;
    let filled = fill(&database, PROGRAM, options.customers)?;
    let token = gateway.run(&["token", "create", "--program", PROGRAM, "--name", "load"])?;
    let questions = Questions { filled: &filled, token: &token };

    let first = |front| questions.list(front, List::default());
    let mut starts = Vec::new();
    for _ in 1..STARTS {
        let server = gateway.serve(&first(Front::GraphQl))?;
        starts.push(server.first_answer.as_secs_f64() * 1_000.0);
        server.stop()?;
    }
    let server = gateway.serve(&first(Front::GraphQl))?;
    starts.push(server.first_answer.as_secs_f64() * 1_000.0);
    let ceiling = gateway.ceiling(&first(Front::CeilingGraphQl))?;

    let mut clients = Clients { gateway: server.client()?, ceiling: ceiling.client()? };
    check::agree(&questions, &mut clients)?;
    // Kept connections that idle would only be in the servers' way.
    drop(clients);
    eprintln!("{kind}: all answers agree");
    let deep_page = questions.deep_page();
    let bench = Bench {
        keeper,
        questions,
        gateway: &server,
        ceiling: &ceiling,
        postmaster: database.postmaster()?,
        seconds: options.seconds,
        rounds: options.rounds,
    };
    let measured = bench.measure()?;
    let description = database.description()?;
    Ok(Section { kind, description, deep_page, first_answer: median(starts), measured, filled })
}
