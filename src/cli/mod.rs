//! The commands. Results go to standard output, everything else to standard
//! error. Exit status: 0 for success, 2 for bad usage, 1 for the rest.

mod arguments;
mod clients;
mod events;
mod fundings;
mod health;
mod import;
mod lookup;
mod output;
mod programs;
mod reconcile;
mod status;
mod sync;
mod tokens;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Cli, Command};
use output::{failed, out};

use crate::config::{Config, ConfigErrors, Flags};
#[cfg(feature = "demo")]
use crate::demo;
use crate::error::{Error, Result};
use crate::services::sync::Options;
use crate::store::Store;
use crate::{app, graphql, openapi, telemetry};

/// Runs the command of this process' arguments.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve { persisted_only: false });
    // These two need neither settings nor a database.
    let description = match command {
        Command::Schema => Some(graphql::sdl()),
        Command::Openapi => Some(openapi::json()),
        _ => None,
    };
    if let Some(text) = description {
        return out(&text).map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS);
    }
    let persisted_only = matches!(command, Command::Serve { persisted_only: true });
    let flags = Flags { database_url: cli.database_url, listen: cli.listen, persisted_only };
    let config = match Config::load(cli.config.as_deref(), &flags) {
        Ok(config) => config,
        Err(ConfigErrors(errors)) => {
            for error in errors {
                eprintln!("card-gateway: {error}");
            }
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Error::internal(error)),
    };
    match runtime.block_on(execute(command, config)) {
        Ok(status) => status,
        Err(error) => failed(&error),
    }
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
        #[cfg(feature = "demo")]
        Command::Demo { .. } => {}
        Command::Migrate { verify, repair } => return migrate(config, verify, repair).await,
        Command::Program(command) => programs::run(command, &app::open(config).await?).await?,
        Command::Token(command) => tokens::run(command, &app::open(config).await?).await?,
        Command::Client(command) => clients::run(command, &app::open(config).await?).await?,
        Command::Import { program, file } => {
            return import::run(&app::open(config).await?, &program, &file).await;
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
        Command::Events(command) => events::run(command, config).await?,
        Command::Fundings(command) => fundings::run(command, &app::open(config).await?).await?,
        Command::Health { ready } => health::run(config, ready).await?,
        Command::Schema => out(&graphql::sdl())?,
        Command::Openapi => out(&openapi::json())?,
        Command::Config => out(&config.show())?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: &Config) -> Result<()> {
    telemetry::log(&config.log);
    let store = app::open(config).await?;
    let listener = app::bind(config).await?;
    if store.programs().await?.is_empty() {
        tracing::info!("there is no program yet: card-gateway program create --name NAME");
    }
    app::serve(config, store, listener).await
}

async fn migrate(config: &Config, verify: bool, repair: bool) -> Result<ExitCode> {
    let store = Store::connect(&app::settings::store(&config.database)).await?;
    match store.migrate().await? {
        0 => out("the database is up to date\n")?,
        applied => out(&format!("applied {applied} migrations\n"))?,
    }
    if repair {
        store.repair_counts().await?;
        out("the counts of customers were rebuilt\n")?;
        store.repair_sums().await?;
        out("the sums of balances were rebuilt\n")?;
    }
    if verify {
        let wrong = [
            ("counts of customers", store.wrong_counts().await?),
            ("sums of balances", store.wrong_sums().await?),
        ];
        for (what, wrong) in wrong {
            if wrong == 0 {
                out(&format!("the {what} are correct\n"))?;
            } else {
                let hint = "run `card-gateway migrate --repair`";
                eprintln!("card-gateway: {wrong} {what} are wrong; {hint}");
            }
        }
        if wrong.iter().any(|(_, wrong)| *wrong > 0) {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
