//! The load benchmark of the gateway: see the README beside this crate.
//!
//! One program with three parts. `load` makes databases, starts servers, sends
//! requests and writes a table. `load ceiling` is the server that the gateway
//! is compared with; `load` starts it by itself. `load events` does what `load`
//! does, for webhooks; `load fairness` for programs beside each other, `load filters` for
//! filtered lists, `load import` for imports, and `load scaling` for several gateways on one
//! database.

use std::env;
use std::process::ExitCode;

mod ceiling;
mod check;
mod database;
mod events;
mod failure;
mod fairness;
mod fill;
mod filters;
mod front;
mod gateway;
mod http;
mod import;
mod keeper;
mod machine;
mod measure;
#[path = "../../../tests/it/support/missing.rs"]
mod missing;
mod options;
#[expect(dead_code, reason = "the tests, whose files these are, need more of them")]
#[path = "../../../tests/it/support/postgres/mod.rs"]
mod postgres;
mod process;
mod report;
mod run;
mod scaling;
mod server;
mod text;
mod wrk;

use failure::Result;
use options::Command;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    obey().unwrap_or_else(|error| {
        eprintln!("load: {error}");
        ExitCode::FAILURE
    })
}

fn obey() -> Result<ExitCode> {
    match options::parse(env::args().skip(1))? {
        Command::Help => print!("{}", options::HELP),
        Command::Ceiling(options) => ceiling::serve(&options)?,
        Command::Events(options) => return events::measure(&options),
        Command::Filters(options) => return filters::measure(&options),
        Command::Fairness(options) => return fairness::measure(&options),
        Command::Import(options) => return import::measure(&options),
        Command::Load(options) => return run::load(&options),
        Command::Scaling(options) => return scaling::measure(&options),
    }
    Ok(ExitCode::SUCCESS)
}
