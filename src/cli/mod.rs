//! The commands. Results go to standard output, everything else to standard
//! error. Exit status: 0 for success, 2 for bad usage, 1 for the rest.

mod events;
mod import;
mod programs;
mod reconcile;
mod tokens;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use crate::config::{Config, Flags, Mistakes};
#[cfg(feature = "demo")]
use crate::demo;
use crate::domain::principal::Scope;
use crate::error::{Error, Kind, Result};
use crate::store::{Program, Store};
use crate::{app, graphql, openapi, telemetry};

/// A GraphQL gateway for a card-issuer program that also answers its old REST API.
#[derive(Parser)]
#[command(name = "card-gateway", version, about, after_help = "Without a command, it serves.")]
struct Cli {
    /// The settings file [default: card-gateway.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database: sqlite://… or postgres://… [default: `DATABASE_URL`, then the settings]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Where `serve` and `demo` listen [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve both APIs until Ctrl-C or SIGTERM
    Serve {
        /// Only run GraphQL documents that are in the file of trusted documents
        #[arg(long)]
        persisted_only: bool,
    },
    /// Serve a sample program out of a throw-away database
    #[cfg(feature = "demo")]
    Demo {
        /// How many customers the sample program has
        #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        customers: u32,
    },
    /// Bring the database's schema up to date
    Migrate {
        /// Then count all customers and compare with the counts that the database keeps
        #[arg(long)]
        verify: bool,
        /// Then make those counts anew
        #[arg(long)]
        repair: bool,
    },
    /// Make and list programs
    #[command(subcommand)]
    Program(ProgramCommand),
    /// Make, list and revoke API tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Insert or update a program's customers from newline-delimited JSON
    Import {
        /// The program
        #[arg(long, value_name = "NAME")]
        program: String,
        /// The file; - for standard input
        file: PathBuf,
    },
    /// Read every wallet from the chain whose balance is older than two hours
    Reconcile,
    /// List, replay and send live notifications
    #[command(subcommand)]
    Events(EventCommand),
    /// Print the GraphQL schema
    Schema,
    /// Print the REST API as an OpenAPI document
    Openapi,
    /// Print the effective settings, secrets hidden
    Config,
}

#[derive(Subcommand)]
enum ProgramCommand {
    /// Make a program
    Create {
        /// Its name: a-z, 0-9 and -
        #[arg(long)]
        name: String,
    },
    /// List every program
    List,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token and print it, this once
    Create {
        /// The program that the token speaks for
        #[arg(long, value_name = "NAME")]
        program: String,
        /// What its owner calls it
        #[arg(long, value_name = "LABEL", default_value = "")]
        name: String,
        /// What it may do: all may read; schema is for tools, where introspection is limited
        #[arg(long, value_enum, default_value_t = ScopeArg::Read)]
        scope: ScopeArg,
        /// How long it lives, like 90d or 12h [default: for ever]
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
        expires_in: Option<Duration>,
    },
    /// List tokens, never their text
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
enum EventCommand {
    /// List the notifications in the inbox, those that came first before others
    List {
        /// Only those of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
        /// Only those that cannot be applied, with the reason
        #[arg(long, conflicts_with = "waiting")]
        failed: bool,
        /// Only those that wait for a customer who is not known yet
        #[arg(long)]
        waiting: bool,
    },
    /// Take up notifications again that could not be applied
    #[command(group = clap::ArgGroup::new("which").required(true))]
    Replay {
        /// The notification, from `events list`
        #[arg(group = "which")]
        id: Option<String>,
        /// All that have failed, and all that wait
        #[arg(long, group = "which")]
        all: bool,
        /// Only those of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
    },
    /// Sign a sample notification and post it to a running gateway
    Send {
        /// The program; its webhook secret is taken from the settings
        #[arg(long, value_name = "NAME")]
        program: String,
        /// Its type, like transaction.authorized
        #[arg(long = "type", value_name = "TYPE", default_value = "customer.balance.updated")]
        event_type: String,
        /// Whom it is about, by any name
        #[arg(long, value_name = "NAME")]
        customer: Option<String>,
        /// Where the gateway is [default: where `serve` listens]
        #[arg(long, value_name = "URL")]
        url: Option<url::Url>,
        /// The notification's identifier [default: a new one]
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// When it happened, in RFC 3339 [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// Members of `data`, as a JSON object; the rest is made up
        #[arg(long, value_name = "JSON")]
        data: Option<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum ScopeArg {
    Read,
    Schema,
    Write,
}

impl From<ScopeArg> for Scope {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::Read => Self::Read,
            ScopeArg::Schema => Self::Schema,
            ScopeArg::Write => Self::Write,
        }
    }
}

/// Runs the command of this process' arguments.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve { persisted_only: false });
    // Neither settings nor a database are needed to describe what this program is.
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
        Err(Mistakes(mistakes)) => {
            for mistake in mistakes {
                eprintln!("card-gateway: {mistake}");
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

/// Prints a result. A reader that closes the pipe early is not an error.
fn out(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let message = "standard output cannot be written to";
            Err(Error::new(Kind::Unavailable, message).because(error))
        }
        _ => Ok(()),
    }
}

/// One sentence, with the cause: the operator may know it.
fn failed(error: &Error) -> ExitCode {
    let cause = error.private_source().map(|cause| format!(" ({cause})")).unwrap_or_default();
    eprintln!("card-gateway: {}{cause}", error.message());
    let usage = error.kind() == Kind::Invalid;
    if usage { ExitCode::from(2) } else { ExitCode::FAILURE }
}

async fn execute(command: Command, config: Config) -> Result<ExitCode> {
    // `demo` changes some of them.
    #[cfg(feature = "demo")]
    if let Command::Demo { customers } = command {
        return demo::run(config, customers, out).await.map(|()| ExitCode::SUCCESS);
    }
    let config = &config;
    match command {
        Command::Serve { .. } => serve(config).await?,
        #[cfg(feature = "demo")]
        Command::Demo { .. } => {}
        Command::Migrate { verify, repair } => return migrate(config, verify, repair).await,
        Command::Program(command) => programs::run(command, &app::open(config).await?).await?,
        Command::Token(command) => tokens::run(command, &app::open(config).await?).await?,
        Command::Import { program, file } => {
            return import::run(&app::open(config).await?, &program, &file).await;
        }
        Command::Reconcile => {
            return reconcile::run(config, app::open(config).await?).await;
        }
        Command::Events(command) => events::run(command, config).await?,
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
    let store = Store::connect(&config.database.store).await?;
    match store.migrate().await? {
        0 => out("the database is up to date\n")?,
        applied => out(&format!("applied {applied} migrations\n"))?,
    }
    if repair {
        store.repair_counts().await?;
        out("the counts of customers were made anew\n")?;
    }
    if verify {
        let wrong = store.wrong_counts().await?;
        if wrong > 0 {
            let hint = "run `card-gateway migrate --repair`";
            eprintln!("card-gateway: {wrong} counts of customers are wrong; {hint}");
            return Ok(ExitCode::FAILURE);
        }
        out("the counts of customers are right\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The program of this name, or an error that says what to do.
async fn program_named(store: &Store, name: &str) -> Result<Program> {
    let program = store.program_named(name).await?;
    program.ok_or_else(|| {
        let hint = format!("there is no program {name}; see: card-gateway program list");
        Error::new(Kind::NotFound, hint)
    })
}
