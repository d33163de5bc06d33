//! Exports.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::services::export::{FilterTexts, Format};

/// What to export, and where to.
#[derive(Args)]
pub(crate) struct ExportArgs {
    /// The program
    #[arg(long, value_name = "NAME")]
    pub(crate) program: String,
    /// How customers are written
    #[arg(long, value_enum, default_value = "ndjson")]
    pub(crate) format: FormatArg,
    /// The file; it is replaced when the export is complete [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
}

/// The formats of an export.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum FormatArg {
    /// One JSON object a line, which `import` reads
    Ndjson,
    /// Comma-separated values, for spreadsheets
    Csv,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Ndjson => Self::Ndjson,
            FormatArg::Csv => Self::Csv,
        }
    }
}

/// The filter of an export. All that is given must hold.
#[derive(Args)]
#[command(next_help_heading = "Filter")]
pub(crate) struct FilterArgs {
    /// Onboarding stages, like active; repeat it for several
    #[arg(long, value_name = "STAGE")]
    statuses: Vec<String>,
    /// The issuer's statuses; repeat it for several
    #[arg(long, value_name = "WORD")]
    issuer_flow_statuses: Vec<String>,
    /// States of the identity check, like approved; repeat it for several
    #[arg(long, value_name = "STATUS")]
    kyc_statuses: Vec<String>,
    /// Currencies of wallets, like EUR; repeat it for several
    #[arg(long, value_name = "CURRENCY")]
    currencies: Vec<String>,
    /// Whether the wallet exists on the blockchain: true or false
    #[arg(long, value_name = "BOOLEAN")]
    safe_deployed: Option<String>,
    /// Whether there is a card that is not void: true or false
    #[arg(long, value_name = "BOOLEAN")]
    has_cards: Option<String>,
    /// Created at this time or later, like 2026-04-20T08:00:00Z
    #[arg(long, value_name = "TIME")]
    created_from: Option<String>,
    /// Created before this time
    #[arg(long, value_name = "TIME")]
    created_to: Option<String>,
    /// Changed last at this time or later
    #[arg(long, value_name = "TIME")]
    updated_from: Option<String>,
    /// Changed last before this time
    #[arg(long, value_name = "TIME")]
    updated_to: Option<String>,
    /// The beginning of the e-mail address, its domain, or an identifier
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

impl From<FilterArgs> for FilterTexts {
    fn from(args: FilterArgs) -> Self {
        Self {
            statuses: args.statuses,
            issuer_flow_statuses: args.issuer_flow_statuses,
            kyc_statuses: args.kyc_statuses,
            currencies: args.currencies,
            safe_deployed: args.safe_deployed,
            has_cards: args.has_cards,
            created_from: args.created_from,
            created_to: args.created_to,
            updated_from: args.updated_from,
            updated_to: args.updated_to,
            search: args.search,
        }
    }
}
