//! Helpers of the tests.

pub(crate) mod balancer;
pub(crate) mod builders;
pub(crate) mod chain;
pub(crate) mod changes;
pub(crate) mod chromium;
pub(crate) mod conversations;
pub(crate) mod database;
pub(crate) mod disk;
pub(crate) mod easy_issuer;
pub(crate) mod gateway;
pub(crate) mod history;
pub(crate) mod issuer;
pub(crate) mod missing;
pub(crate) mod node;
pub(crate) mod pgbouncer;
pub(crate) mod postgres;
pub(crate) mod pseudo_terminal;
pub(crate) mod redis;
pub(crate) mod scripted;
pub(crate) mod snapshot;
pub(crate) mod terminal;
pub(crate) mod transactions;
pub(crate) mod walk;
pub(crate) mod watcher;
pub(crate) mod wire;
pub(crate) mod written;

pub(crate) use builders::Line;
pub(crate) use database::Database;
pub(crate) use gateway::{Answer, Gateway};
pub(crate) use transactions::transaction;

/// Makes two tests of one: on SQLite and on PostgreSQL. Where there is no
/// PostgreSQL its half passes, after the harness has said so loudly.
macro_rules! on_both {
    ($( $(#[$meta:meta])* fn $name:ident($database:ident) $body:block )+) => { $(
        mod $name {
            #[allow(unused_imports, reason = "not every test needs something of its module")]
            use super::*;

            fn test($database: $crate::support::Database) $body

            #[test]
            $(#[$meta])*
            fn sqlite() {
                test($crate::support::Database::sqlite());
            }

            #[test]
            $(#[$meta])*
            fn postgres() {
                if let Some(database) = $crate::support::Database::postgres() {
                    test(database);
                }
            }
        }
    )+ };
}

pub(crate) use on_both;

/// The SHA-256 of a text, in hexadecimal digits: how clients name persisted documents.
pub(crate) fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(text.as_bytes());
    let digits: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}
