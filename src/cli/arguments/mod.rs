//! The command line. Comments are its help text.

mod access;
mod events;
mod examples;
mod export;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(super) use access::{ClientCommand, ProgramCommand, TokenCommand};
pub(super) use events::{EventCommand, EventFilter, FundingCommand};
pub(super) use export::ExportArgs;

use crate::config::Flags;
use crate::services::sync::Details;

/// The version with the commit that it was built from.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("CARD_GATEWAY_BUILD"), ")");

/// A GraphQL gateway for a card-issuer program that also answers the program's old REST API
#[derive(Parser)]
#[command(name = "card-gateway", version = VERSION, about, after_help = examples::CARD_GATEWAY)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// Options of every command; the help shows them after the command's own.
#[derive(Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// The settings file [default: card-gateway.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The database: sqlite://… or postgres://… [default: `DATABASE_URL`, then the settings]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Where the gateway listens [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// What `serve` and `demo` log: a level, or filters like info,sqlx=debug [default: info]
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
}

impl Global {
    /// The settings among the options.
    pub(super) fn flags(self, persisted_only: bool) -> Flags {
        let Self { config: _, database_url, listen, log_level } = self;
        Flags { database_url, listen, log_level, persisted_only }
    }
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Serve both APIs until Ctrl-C or SIGTERM
    #[command(after_help = examples::SERVE)]
    Serve {
        /// Only run GraphQL documents that are in the file of trusted documents
        #[arg(long)]
        persisted_only: bool,
    },
    /// Serve a sample program from a temporary database
    #[cfg(feature = "demo")]
    #[command(after_help = examples::DEMO)]
    Demo {
        /// Number of customers of the sample program
        #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        customers: u32,
    },
    /// Bring the database's schema up to date; make the database where there is none
    #[command(after_help = examples::MIGRATE)]
    Migrate {
        /// Only print what would be applied
        #[arg(long, conflicts_with_all = ["verify", "repair"])]
        plan: bool,
        /// Then count all customers and compare with the stored counts
        #[arg(long)]
        verify: bool,
        /// Then rebuild those counts
        #[arg(long)]
        repair: bool,
    },
    /// Create and list programs
    #[command(subcommand)]
    Program(ProgramCommand),
    /// Create, list and revoke API tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Create, register, list and revoke clients with a key pair
    #[command(subcommand)]
    Client(ClientCommand),
    /// Insert or update a program's customers from newline-delimited JSON
    #[command(after_help = examples::IMPORT)]
    Import {
        /// The program
        #[arg(long, value_name = "NAME")]
        program: String,
        /// The file; - for standard input
        file: PathBuf,
    },
    /// Write a program's customers as newline-delimited JSON, which import reads, or as CSV
    #[command(after_help = examples::EXPORT)]
    Export(Box<ExportArgs>),
    /// Read wallets with a balance older than two hours from the blockchain
    #[command(after_help = examples::RECONCILE)]
    Reconcile,
    /// Read a program's customers from the issuer's API
    #[command(after_help = examples::SYNC)]
    Sync {
        /// The program
        #[arg(long, value_name = "NAME", required_unless_present = "all", conflicts_with = "all")]
        program: Option<String>,
        /// All programs with a key pair of the issuer
        #[arg(long)]
        all: bool,
        /// Then read cards, identity checks and balances too: one call for each customer
        #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "due")]
        details: Option<DetailsArg>,
        /// Take customers for gone whom the issuer no longer has, however many they are
        #[arg(long)]
        accept_gone: bool,
    },
    /// Show how the connections of programs to the issuer do
    #[command(after_help = examples::STATUS)]
    Status {
        /// Only that of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// List, show, replay, recover and send webhook events
    #[command(subcommand)]
    Events(EventCommand),
    /// List payments that clients have ordered
    #[command(subcommand)]
    Fundings(FundingCommand),
    /// Check settings, database, blockchain, issuer, webhooks and clock, and say what to do
    #[command(after_help = examples::DOCTOR)]
    Doctor {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Ask the running gateway whether it answers; the exit status says it too
    #[command(after_help = examples::HEALTH)]
    Health {
        /// Ask whether it is ready for requests: its database works, and it is not stopping
        #[arg(long)]
        ready: bool,
    },
    /// Print the GraphQL schema
    #[command(after_help = examples::SCHEMA)]
    Schema {
        /// As a federated graph is composed from it (Apollo Federation 2)
        #[arg(long)]
        federation: bool,
    },
    /// Print the REST API as an OpenAPI document
    #[command(after_help = examples::OPENAPI)]
    Openapi,
    /// Print the effective settings, secrets hidden
    #[command(after_help = examples::CONFIG)]
    Config,
    /// Print a script that completes commands and options in a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write those of all commands
    #[command(after_help = examples::MAN)]
    Man {
        /// Write a page for each command into this folder
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum DetailsArg {
    /// Of customers who are due
    Due,
    /// Of all customers
    All,
}

impl From<Option<DetailsArg>> for Details {
    fn from(details: Option<DetailsArg>) -> Self {
        match details {
            None => Self::Later,
            Some(DetailsArg::Due) => Self::Due,
            Some(DetailsArg::All) => Self::All,
        }
    }
}
