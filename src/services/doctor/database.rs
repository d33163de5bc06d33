//! The database: whether it answers, what its user may do, and its schema.

use super::Finding;
use crate::error::Kind;
use crate::store::{Program, Store};

/// Whether the database answers.
pub async fn answers(store: &Store) -> Finding {
    match store.version().await {
        Ok(version) => Finding::ok("database", format!("{} answers ({version})", store.place())),
        Err(error) => Finding::failed("database", &error),
    }
}

/// Whether the schema is that of this version. `auto_migrate`: whether `serve` migrates.
pub async fn migrations(store: &Store, auto_migrate: bool) -> Finding {
    let all = Store::migrations().len();
    match store.pending_migrations().await {
        Ok(pending) if pending.is_empty() => {
            Finding::ok("migrations", format!("the schema is up to date ({all} migrations)"))
        }
        Ok(pending) => {
            let found = if pending.len() == all {
                "there are no tables yet".to_owned()
            } else {
                format!("{} of {all} migrations are missing", pending.len())
            };
            if auto_migrate {
                let advice = "`card-gateway serve` applies them; or run `card-gateway migrate`";
                Finding::warn("migrations", found, advice)
            } else {
                Finding::fail("migrations", found, "run `card-gateway migrate`")
            }
        }
        Err(error) => Finding::failed("migrations", &error),
    }
}

/// Whether the user may write, and may make the tables of a next version.
pub async fn rights(store: &Store, auto_migrate: bool) -> Finding {
    if let Err(error) = store.probe_write().await {
        let cause = error.private_source().unwrap_or_else(|| error.message().to_owned());
        let advice = "let the database's user read and write all tables of the gateway; see the \
                      disk's space and rights";
        return Finding::fail("rights", format!("nothing can be written: {cause}"), advice);
    }
    match store.may_make_tables().await {
        Ok(true) => Finding::ok("rights", "the user may read, write and make tables"),
        Ok(false) if auto_migrate => {
            let advice = "set CARD_GATEWAY__DATABASE__AUTO_MIGRATE to false, and run \
                          `card-gateway migrate` with a user that may, before each new version";
            Finding::warn("rights", "the user may read and write, but not make tables", advice)
        }
        Ok(false) => Finding::ok("rights", "the user may read and write, and makes no tables"),
        Err(error) => Finding::failed("rights", &error),
    }
}

/// Whether there are programs.
///
/// # Errors
/// The finding that says why they are not known.
pub async fn programs(store: &Store) -> Result<Vec<Program>, Finding> {
    store.programs().await.map_err(|error| Finding::failed("programs", &error))
}

/// What is said of the programs.
pub fn of_programs(programs: &[Program]) -> Finding {
    if programs.is_empty() {
        let advice = "create one: card-gateway program create --name NAME";
        return Finding::warn("programs", "there is no program yet", advice);
    }
    let names: Vec<&str> = programs.iter().map(|program| program.name.as_str()).collect();
    Finding::ok("programs", names.join(", "))
}

/// Why a database could not be opened.
pub fn not_opened(error: &crate::error::Error, auto_migrate: bool) -> Finding {
    let finding = Finding::failed("database", error);
    if error.kind() == Kind::NotFound && auto_migrate {
        let advice = Some("`card-gateway serve` makes it, too".to_owned());
        return Finding { advice, ..finding };
    }
    finding
}
