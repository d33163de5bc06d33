//! Webhook events and payments.

use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use strum::VariantArray as _;

use super::examples;
use crate::domain::ledger::event::InboxState;

#[derive(Subcommand)]
pub(crate) enum FundingCommand {
    /// List fundings, withdrawals and swaps, oldest first
    #[command(after_help = examples::FUNDINGS_LIST)]
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
    #[command(group = clap::ArgGroup::new("what").required(true), after_help = examples::FUNDINGS_RESOLVE)]
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

/// Which events `events list` shows.
#[expect(clippy::struct_excessive_bools, reason = "they are flags of the command line")]
#[derive(Args)]
pub(crate) struct EventFilter {
    /// Only those of this program
    #[arg(long, value_name = "NAME")]
    pub(crate) program: Option<String>,
    /// Only those of this customer, by any identifier
    #[arg(long, value_name = "NAME")]
    pub(crate) customer: Option<String>,
    /// Only those that came in this time, like 30m or 7d
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) since: Option<Duration>,
    /// Only the newest ones, so many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Only those in this state
    #[arg(long, group = "of_state", value_parser = state())]
    state: Option<InboxState>,
    /// The same as --state failed; the list has the reason
    #[arg(long, group = "of_state")]
    failed: bool,
    /// The same as --state waiting
    #[arg(long, group = "of_state")]
    waiting: bool,
    /// The same as --state ambiguous
    #[arg(long, group = "of_state")]
    ambiguous: bool,
    /// The same as --state conflicting
    #[arg(long, group = "of_state")]
    conflicting: bool,
}

impl EventFilter {
    /// The state that the events must be in, if any.
    pub(crate) fn state(&self) -> Option<InboxState> {
        let flags = [
            (self.failed, InboxState::Failed),
            (self.waiting, InboxState::Waiting),
            (self.ambiguous, InboxState::Ambiguous),
            (self.conflicting, InboxState::Conflicting),
        ];
        let flag = flags.into_iter().find(|(is_set, _)| *is_set).map(|(_, state)| state);
        self.state.or(flag)
    }
}

#[derive(Subcommand)]
pub(crate) enum EventCommand {
    /// List webhook events, oldest first
    #[command(after_help = examples::EVENTS_LIST)]
    List {
        #[command(flatten)]
        filter: EventFilter,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show one webhook event
    #[command(after_help = examples::EVENTS_SHOW)]
    Show {
        /// Its identifier, from `events list`
        id: String,
        /// Only that of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
        /// With its body, which has personal data
        #[arg(long)]
        body: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Apply failed, waiting or ambiguous events again
    #[command(group = clap::ArgGroup::new("which").required(true), after_help = examples::EVENTS_REPLAY)]
    Replay {
        /// The event, from `events list`
        #[arg(group = "which")]
        id: Option<String>,
        /// All failed, waiting and ambiguous ones
        #[arg(long, group = "which")]
        all: bool,
        /// Only those of this program
        #[arg(long, value_name = "NAME")]
        program: Option<String>,
    },
    /// Fetch events that the issuer could not deliver, and apply them
    #[command(after_help = examples::EVENTS_RECOVER)]
    Recover {
        /// The program
        #[arg(long, value_name = "NAME")]
        program: String,
        /// Only those that were made in this time, like 24h or 7d
        #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = humantime::parse_duration)]
        since: Duration,
    },
    /// Sign a sample event and post it to a running gateway
    #[command(after_help = examples::events_send())]
    Send {
        /// The program; its webhook secret is taken from the settings
        #[arg(long, value_name = "NAME")]
        program: String,
        /// Its type
        #[arg(long = "type", value_name = "TYPE", default_value = "customer.balance.updated")]
        event_type: String,
        /// The customer, by any identifier
        #[arg(long, value_name = "NAME")]
        customer: Option<String>,
        /// The address of the gateway [default: where `serve` listens]
        #[arg(long, value_name = "URL")]
        url: Option<url::Url>,
        /// The event's identifier [default: a new one]
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

/// Reads a state by its name.
fn state() -> impl TypedValueParser<Value = InboxState> {
    let names = InboxState::VARIANTS.iter().map(|state| PossibleValue::new(<&str>::from(*state)));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<InboxState>())
}
