//! The commands. Results go to standard output, everything else to standard
//! error. Exit status: 0 for success, 2 for bad usage, 130 and 143 if a signal has stopped
//! it, 1 for the rest.

mod arguments;
mod clients;
mod doctor;
mod events;
mod export;
mod fundings;
mod health;
mod import;
mod interrupt;
mod list;
mod lookup;
mod migrate;
mod output;
mod programs;
mod reconcile;
mod shell;
mod status;
mod sync;
mod tokens;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::runtime::{Builder, Runtime};

use arguments::{Cli, Command};
use output::{failed, out, say};

use crate::config::{Config, ConfigErrors};
#[cfg(feature = "demo")]
use crate::demo;
use crate::error::{Error, Result};
use crate::services::sync::Options;
use crate::{app, graphql, openapi, telemetry};

/// Tasks that run on a thread before it looks for what the network has brought.
const EVENT_INTERVAL: u32 = 7;

/// Runs the command of this process' arguments.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve { persisted_only: false });
    if let Some(result) = describe(&command) {
        return result.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS);
    }
    let persisted_only = matches!(command, Command::Serve { persisted_only: true });
    let file = cli.global.config.clone();
    let config = match Config::load(file.as_deref(), &cli.global.flags(persisted_only)) {
        Ok(config) => config,
        Err(errors) if matches!(command, Command::Doctor { .. }) => {
            let json = matches!(command, Command::Doctor { json: true });
            return doctor::settings(&errors, json)
                .map_or_else(|error| failed(&error), |()| ExitCode::FAILURE);
        }
        Err(ConfigErrors(errors)) => {
            for error in errors {
                say(&format!("card-gateway: {error}"));
            }
            return ExitCode::from(2);
        }
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Error::internal(error)),
    };
    let status = match runtime.block_on(execute(command, config)) {
        Ok(status) => status,
        Err(error) => failed(&error),
    };
    // An import that was stopped may still be waiting for its input.
    runtime.shutdown_background();
    status
}

/// Commands about the program itself need neither settings nor a database.
fn describe(command: &Command) -> Option<Result<()>> {
    Some(match command {
        Command::Schema { federation: true } => out(&graphql::subgraph_sdl()),
        Command::Schema { federation: false } => out(&graphql::sdl()),
        Command::Openapi => out(&openapi::json()),
        Command::Completions { shell } => shell::completions(*shell),
        Command::Man { folder } => shell::man(folder.as_deref()),
        _ => return None,
    })
}

/// By default, 61 tasks run before a thread looks for what the network has brought. Under
/// load, each answer of the database would wait for these, and so one program's events for
/// another's: a transaction has a dozen answers.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().event_interval(EVENT_INTERVAL).build()
}

async fn execute(command: Command, config: Config) -> Result<ExitCode> {
    // `demo` changes some of them.
    #[cfg(feature = "demo")]
    if let Command::Demo { customers } = command {
        return Box::pin(demo::run(config, customers, out)).await.map(|()| ExitCode::SUCCESS);
    }
    let config = &config;
    match command {
        Command::Serve { .. } => serve(config).await?,
        Command::Migrate { plan: true, .. } => migrate::plan(config).await?,
        Command::Migrate { plan: false, verify, repair } => {
            return migrate::run(config, migrate::After { verify, repair }).await;
        }
        Command::Program(command) => programs::run(command, config).await?,
        Command::Token(command) => tokens::run(command, &app::open(config).await?).await?,
        Command::Client(command) => clients::run(command, &app::open(config).await?).await?,
        Command::Import { program, file } => {
            return import::run(&app::open(config).await?, &program, &file).await;
        }
        Command::Export(arguments) => {
            return export::run(&app::open(config).await?, *arguments).await;
        }
        Command::Reconcile => {
            return reconcile::run(config, app::open(config).await?).await;
        }
        Command::Sync { program, all: _, details, accept_gone } => {
            let store = app::open(config).await?;
            let options = Options { details: details.into(), accept_gone };
            return sync::run(config, store, program.as_deref(), options).await;
        }
        Command::Status { program, json } => {
            status::run(config, &app::open(config).await?, program.as_deref(), json).await?;
        }
        Command::Events(command) => return events::run(command, config).await,
        Command::Fundings(command) => fundings::run(command, &app::open(config).await?).await?,
        Command::Doctor { json } => return doctor::run(config, json).await,
        Command::Health { ready } => health::run(config, ready).await?,
        Command::Config => out(&config.show())?,
        #[cfg(feature = "demo")]
        Command::Demo { .. } => {}
        Command::Schema { .. }
        | Command::Openapi
        | Command::Completions { .. }
        | Command::Man { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: &Config) -> Result<()> {
    telemetry::log(&config.log, &config.telemetry)?;
    let store = app::open_or_make(config).await?;
    let listener = app::bind(config).await?;
    if store.programs().await?.is_empty() {
        tracing::info!("there is no program yet: card-gateway program create --name NAME");
    }
    Box::pin(app::serve(config, store, listener)).await
}
