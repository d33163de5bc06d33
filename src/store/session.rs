//! The settings of a session on PostgreSQL, and the ways to make them.

use std::time::Duration;

use sea_orm::ConnectOptions;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::{AssertSqlSafe, Executor as _, raw_sql};

use super::pooler::Pooler;

/// The settings besides the time-out. Every statement has one plan that is right, whatever its
/// parameters: the index that it was written for. Left to itself, PostgreSQL plans those with a
/// list or a LIMIT anew each time, or compiles them, which takes longer than they do.
const PLANS: [(&str, &str); 2] = [("plan_cache_mode", "force_generic_plan"), ("jit", "off")];

/// Makes the settings at the start of a connection, if there is no pooler; otherwise
/// [`of_connection`] or [`of_transaction`] makes them.
pub(super) fn set(options: &mut ConnectOptions, pooler: Pooler, timeout: Duration) {
    match pooler {
        Pooler::None => {
            options.statement_timeout(timeout);
            options.map_sqlx_postgres_opts(|options| options.options(PLANS));
        }
        Pooler::Session => {
            options.map_sqlx_postgres_opts(plain_start);
        }
        Pooler::Transaction => {
            options
                .map_sqlx_postgres_opts(|options| plain_start(options).statement_cache_capacity(0));
        }
    }
}

/// What is run on each new connection, where its start cannot say it.
pub(super) fn of_connection(pooler: Pooler, timeout: Duration) -> Option<String> {
    (pooler == Pooler::Session).then(|| statements("SET", timeout))
}

/// Runs this on each new connection of a pool.
pub(super) fn run_at_start(pool: PgPoolOptions, settings: String) -> PgPoolOptions {
    pool.after_connect(move |connection, _| {
        let settings = raw_sql(AssertSqlSafe(settings.clone()));
        Box::pin(async move { connection.execute(settings).await.map(drop) })
    })
}

/// What each transaction begins with, where there are no sessions.
pub(super) fn of_transaction(pooler: Pooler, timeout: Duration) -> Option<String> {
    (pooler == Pooler::Transaction).then(|| statements("SET LOCAL", timeout))
}

/// Poolers refuse a connection that asks for settings that they do not know.
fn plain_start(options: PgConnectOptions) -> PgConnectOptions {
    options.extra_float_digits(None)
}

fn statements(set: &str, timeout: Duration) -> String {
    let plans = PLANS.map(|(name, value)| format!("{set} {name} = {value}"));
    format!("{set} statement_timeout = {}; {}", timeout.as_millis(), plans.join("; "))
}
