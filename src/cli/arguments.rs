//! The command line. Comments are its help text.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use strum::VariantArray as _;

use crate::domain::scope::Scope;
use crate::services::sync::Details;

/// A GraphQL gateway for a card-issuer program that also answers its old REST API.
#[derive(Parser)]
#[command(name = "card-gateway", version, about, after_help = "Without a command, it serves.")]
pub(super) struct Cli {
    /// The settings file [default: card-gateway.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The database: sqlite://… or postgres://… [default: `DATABASE_URL`, then the settings]
    #[arg(long, global = true, value_name = "URL")]
    pub(super) database_url: Option<String>,
    /// Where `serve` and `demo` listen [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(super) listen: Option<String>,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Serve both APIs until Ctrl-C or SIGTERM
    Serve {
        /// Only run GraphQL documents that are in the file of trusted documents
        #[arg(long)]
        persisted_only: bool,
    },
    /// Serve a sample program from a temporary database
    #[cfg(feature = "demo")]
    Demo {
        /// Number of customers of the sample program
        #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        customers: u32,
    },
    /// Bring the database's schema up to date
    Migrate {
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
    Import {
        /// The program
        #[arg(long, value_name = "NAME")]
        program: String,
        /// The file; - for standard input
        file: PathBuf,
    },
    /// Read wallets with a balance older than two hours from the chain
    Reconcile,
    /// Read a program's customers from the issuer's API
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
    Status {
        /// Only that of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// List, replay, recover and send live notifications
    #[command(subcommand)]
    Events(EventCommand),
    /// List payments that clients have ordered
    #[command(subcommand)]
    Fundings(FundingCommand),
    /// Ask the running gateway whether it answers; the exit status says it too
    Health {
        /// Ask whether it is ready for requests: its database works, and it is not stopping
        #[arg(long)]
        ready: bool,
    },
    /// Print the GraphQL schema
    Schema,
    /// Print the REST API as an OpenAPI document
    Openapi,
    /// Print the effective settings, secrets hidden
    Config,
}

#[derive(Subcommand)]
pub(super) enum ProgramCommand {
    /// Create a program
    Create {
        /// Its name: a-z, 0-9 and -
        #[arg(long)]
        name: String,
    },
    /// List every program
    List,
}

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Create a token and print it; it cannot be shown again
    Create {
        /// The program of the token
        #[arg(long, value_name = "NAME")]
        program: String,
        /// A label for its owner
        #[arg(long, value_name = "LABEL", default_value = "")]
        name: String,
        /// What it may do; can be given several times
        #[arg(long, value_parser = scope(), value_delimiter = ',', default_value = "read")]
        scope: Vec<Scope>,
        /// Its lifetime, like 90d or 12h [default: no expiry]
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
        expires_in: Option<Duration>,
    },
    /// List tokens, without their text
    List {
        /// Only those of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
    },
    /// Revoke a token
    Revoke {
        /// Its identifier, from `token list`
        id: String,
    },
}

#[derive(Subcommand)]
pub(super) enum ClientCommand {
    /// Create a client and print its key and secret; they cannot be shown again
    Create {
        /// The program of the client
        #[arg(long, value_name = "NAME")]
        program: String,
        /// A label for its owner
        #[arg(long, value_name = "LABEL", default_value = "")]
        name: String,
        /// What it and its tokens may do; can be given several times
        #[arg(long, value_parser = scope(), value_delimiter = ',', default_value = "read")]
        scope: Vec<Scope>,
    },
    /// Register a client with the key pair that it has already; the secret is read from standard input
    Add {
        /// The program of the client
        #[arg(long, value_name = "NAME")]
        program: String,
        /// Its key
        #[arg(long, value_name = "KEY")]
        api_key: String,
        /// A label for its owner
        #[arg(long, value_name = "LABEL", default_value = "")]
        name: String,
        /// What it and its tokens may do; can be given several times
        #[arg(long, value_parser = scope(), value_delimiter = ',', default_value = "read")]
        scope: Vec<Scope>,
    },
    /// List clients, without their keys
    List {
        /// Only those of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
    },
    /// Revoke a client and all its tokens
    Revoke {
        /// Its identifier, from `client list`
        id: String,
    },
}

#[derive(Subcommand)]
pub(super) enum FundingCommand {
    /// List fundings, withdrawals and swaps, oldest first
    List {
        /// Only those of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
        /// Only those of which it is not known whether the issuer has made them
        #[arg(long)]
        unknown: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Settle an unknown payment by what you have found out; nothing is asked of the issuer
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Resolve {
        /// The payment, from `fundings list --unknown`
        id: String,
        /// The issuer has made it
        #[arg(long, group = "what")]
        paid: bool,
        /// The issuer has not made it: the same order may be sent again
        #[arg(long, group = "what")]
        never_sent: bool,
        /// The issuer's identifier of a payment that it has made
        #[arg(long, value_name = "ID", conflicts_with = "never_sent")]
        issuer_id: Option<String>,
        /// Who has found it out [default: the user of this shell]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
}

#[derive(Subcommand)]
pub(super) enum EventCommand {
    /// List the notifications in the inbox, oldest first
    List {
        /// Only those of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
        /// Only failed ones, with the reason
        #[arg(long, group = "state")]
        failed: bool,
        /// Only those that wait for an unknown customer
        #[arg(long, group = "state")]
        waiting: bool,
        /// Only those that may mean several of the customer's cards
        #[arg(long, group = "state")]
        ambiguous: bool,
        /// Only those with another event's identifier and another body
        #[arg(long, group = "state")]
        conflicting: bool,
    },
    /// Apply failed, waiting or ambiguous notifications again
    #[command(group = clap::ArgGroup::new("which").required(true))]
    Replay {
        /// The notification, from `events list`
        #[arg(group = "which")]
        id: Option<String>,
        /// All failed, waiting and ambiguous ones
        #[arg(long, group = "which")]
        all: bool,
        /// Only those of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
    },
    /// Fetch notifications that the issuer could not deliver, and apply them
    Recover {
        /// The program
        #[arg(long, value_name = "NAME")]
        program: String,
        /// Only those that were made in this time, like 24h or 7d
        #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = humantime::parse_duration)]
        since: Duration,
    },
    /// Sign a sample notification and post it to a running gateway
    Send {
        /// The program; its webhook secret is taken from the settings
        #[arg(long, value_name = "NAME")]
        program: String,
        /// Its type, like transaction.authorized
        #[arg(long = "type", value_name = "TYPE", default_value = "customer.balance.updated")]
        event_type: String,
        /// The customer, by any identifier
        #[arg(long, value_name = "NAME")]
        customer: Option<String>,
        /// The address of the gateway [default: where `serve` listens]
        #[arg(long, value_name = "URL")]
        url: Option<url::Url>,
        /// The notification's identifier [default: a new one]
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// When it happened, in RFC 3339 [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// Members of `data`, as a JSON object; the others are random
        #[arg(long, value_name = "JSON")]
        data: Option<String>,
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

/// Reads a scope by its name.
fn scope() -> impl TypedValueParser<Value = Scope> {
    let names =
        Scope::VARIANTS.iter().map(|scope| PossibleValue::new(scope.name()).help(scope.meaning()));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Scope>())
}
