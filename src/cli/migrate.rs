//! `migrate`.

use std::process::ExitCode;

use super::output::{out, say};
use crate::app;
use crate::config::Config;
use crate::error::{Kind, Result};
use crate::store::Store;

/// What is done after the migration.
pub(super) struct After {
    pub(super) verify: bool,
    pub(super) repair: bool,
}

/// Brings the schema up to date.
pub(super) async fn run(config: &Config, after: After) -> Result<ExitCode> {
    let store = Store::connect(&app::settings::store(&config.database)).await?;
    say(&format!("the database is {}", store.place()));
    match store.migrate().await? {
        0 => out("the database is up to date\n")?,
        applied => out(&format!("applied {applied} migrations\n"))?,
    }
    if after.repair {
        store.repair_counts().await?;
        out("the counts of customers were rebuilt\n")?;
        store.repair_sums().await?;
        out("the sums of balances were rebuilt\n")?;
    }
    let is_right = !after.verify || verify(&store).await?;
    store.close().await;
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says whether counts and sums are what the rows say.
async fn verify(store: &Store) -> Result<bool> {
    let wrong = [
        ("counts of customers", store.wrong_counts().await?),
        ("sums of balances", store.wrong_sums().await?),
    ];
    for (what, wrong) in wrong {
        if wrong == 0 {
            out(&format!("the {what} are correct\n"))?;
        } else {
            let hint = "run `card-gateway migrate --repair`";
            say(&format!("card-gateway: {wrong} {what} are wrong; {hint}"));
        }
    }
    Ok(wrong.iter().all(|(_, wrong)| *wrong == 0))
}

/// Prints the migrations that would be applied, in order. Changes nothing, and needs no right
/// to make tables.
pub(super) async fn plan(config: &Config) -> Result<()> {
    let opened = Store::connect_existing(&app::settings::store(&config.database)).await;
    let pending = match opened {
        Ok(store) => {
            let pending = store.pending_migrations().await?;
            let (count, place) = (pending.len(), store.place());
            store.close().await;
            say(&match count {
                0 => format!("the database {place} is up to date"),
                1 => format!("1 migration would be applied to {place}"),
                count => format!("{count} migrations would be applied to {place}"),
            });
            pending
        }
        Err(error) if error.kind() == Kind::NotFound => {
            let all = Store::migrations();
            let count = all.len();
            say(&format!("{}: {count} migrations would be applied", error.message()));
            all
        }
        Err(error) => return Err(error),
    };
    if pending.is_empty() { Ok(()) } else { out(&(pending.join("\n") + "\n")) }
}
