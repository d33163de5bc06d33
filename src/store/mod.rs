//! Every SQL statement of the program, over sea-orm, for SQLite and
//! PostgreSQL. One file a table: its row, its reads, its one upsert. The first
//! argument of each function says whose rows it may touch; no finder without
//! one exists.

// The database: connections, transactions, what statements share.
mod bulk;
mod connection;
mod database;
mod db_tx;
mod faults;
mod first_connection;
mod inspect;
mod keyset;
mod migrate;
mod notices;
mod options;
mod place;
mod pool;
mod pooler;
mod probe;
mod readers;
mod reads;
mod session;
mod snapshot;
mod sql;
mod sqlite_file;
mod sqlite_turns;
mod standby;
mod statistics;
mod upsert;
mod waiting;
mod write_tx;

// The tables.
mod balance_sums;
mod cards;
mod chain_balances;
mod chain_changes;
mod change_feed;
mod change_retention;
mod changes;
mod client_tokens;
mod clients;
mod counts;
mod customer_batches;
mod customer_filters;
mod customer_lists;
mod customer_updates;
mod customers;
mod gone_customers;
mod inbox;
mod inbox_lists;
mod inbox_names;
mod inbox_retention;
mod issuer_customers;
mod issuer_health;
mod payments;
mod program_lists;
mod programs;
mod reconciliation;
mod records;
mod recovered_deliveries;
mod sync_pages;
mod sync_state;
mod tokens;
mod transaction_filters;
mod transaction_rows;
mod transactions;
mod wallet_balances;

pub use change_feed::FoundChanges;
pub use changes::ChangeListener;
pub use client_tokens::{NewClientToken, StoredClientToken};
pub use clients::{ClientSummary, NewClient, StoredClient};
pub use customer_batches::CustomerBatch;
pub use customer_filters::CustomerExport;
pub use database::{Settings, Store};
pub use inbox::InboxEvent;
pub use inbox_lists::{EventFilter, EventPosition, EventsOfCustomer};
pub use inbox_retention::InboxPosition;
pub use issuer_customers::{DetailCounts, DueCustomer, IssuerRecord};
pub use issuer_health::{CallHealth, IssuerHealth};
pub use payments::{KeyedPayment, PaymentClaim};
pub use pooler::Pooler;
pub use programs::Program;
pub use reconciliation::Stale;
pub use records::Record;
pub use recovered_deliveries::TriedDelivery;
pub use standby::{StandbyRead, StandbySettings, StandbyState, StandbyStatus};
pub use sync_state::{SyncPass, SyncState};
pub use tokens::{NewToken, StoredToken, TokenSummary};
pub use upsert::Source;
pub use write_tx::WriteTx;
