//! Programs, tokens and clients.

use std::time::Duration;

use clap::Subcommand;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use strum::VariantArray as _;

use super::examples;
use crate::domain::scope::Scope;

#[derive(Subcommand)]
pub(crate) enum ProgramCommand {
    /// Create a program; make the database where there is none
    #[command(after_help = examples::PROGRAM_CREATE)]
    Create {
        /// Its name: a-z, 0-9 and -
        #[arg(long)]
        name: String,
    },
    /// List every program
    #[command(after_help = examples::PROGRAM_LIST)]
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Create a token and print it; it cannot be shown again
    #[command(after_help = examples::TOKEN_CREATE)]
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
    #[command(after_help = examples::TOKEN_LIST)]
    List {
        /// Only those of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token
    #[command(after_help = examples::TOKEN_REVOKE)]
    Revoke {
        /// Its identifier, from `token list`
        id: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum ClientCommand {
    /// Create a client and print its key and secret; they cannot be shown again
    #[command(after_help = examples::CLIENT_CREATE)]
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
    #[command(after_help = examples::CLIENT_ADD)]
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
    #[command(after_help = examples::CLIENT_LIST)]
    List {
        /// Only those of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Revoke a client and all its tokens
    #[command(after_help = examples::CLIENT_REVOKE)]
    Revoke {
        /// Its identifier, from `client list`
        id: String,
    },
}

/// Reads a scope by its name.
fn scope() -> impl TypedValueParser<Value = Scope> {
    let names =
        Scope::VARIANTS.iter().map(|scope| PossibleValue::new(scope.name()).help(scope.meaning()));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Scope>())
}
