//! `events list`, `events show`, `events replay`, `events recover` and `events send`.

mod list;
mod replay;
mod row;
mod send;
mod show;
mod since;

use std::process::ExitCode;
use std::time::Duration;

use since::before;

use super::arguments::EventCommand;
use super::interrupt;
use super::lookup::program_named;
use super::output::out;
use crate::app;
use crate::config::Config;
use crate::error::Result;
use crate::services::recovery::Extent;

pub(super) async fn run(command: EventCommand, config: &Config) -> Result<ExitCode> {
    match command {
        EventCommand::List { filter, json } => {
            list::run(&app::open(config).await?, &filter, json).await
        }
        EventCommand::Show { id, program, body, json } => {
            let store = app::open(config).await?;
            show::run(&store, &id, program.as_deref(), show::Form { body, json }).await
        }
        EventCommand::Replay { id, all: _, program } => {
            let store = app::open(config).await?;
            replay::run(&store, id.as_deref(), program.as_deref()).await
        }
        EventCommand::Recover { program, since } => recover(config, &program, since).await,
        EventCommand::Send { program, event_type, customer, url, id, at, data } => {
            let (customer, at, data) = (customer.as_deref(), at.as_deref(), data.as_deref());
            let sample = send::sample(id, event_type, customer, at, data)?;
            send::run(config, &program, url, &sample).await
        }
    }
}

async fn recover(config: &Config, program: &str, since: Duration) -> Result<ExitCode> {
    let store = app::open(config).await?;
    let program = program_named(&store, program).await?;
    let name = program.name.clone();
    let extent = Extent { since: before(since), tries: None, limit: None };
    let work = app::recover(config, &store, program, &extent);
    let work = async { out(&format!("{name}: {}\n", work.await?)).map(|()| ExitCode::SUCCESS) };
    let kept = || format!("the events of {name} that were fetched are kept; run it again to go on");
    let status = interrupt::or(Box::pin(work), kept).await;
    store.close().await;
    status
}
