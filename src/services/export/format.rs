//! The formats of an export.

use super::{csv, ndjson};
use crate::domain::exported::ExportedCustomer;
use crate::error::Result;

/// How customers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line, as an import reads it.
    Ndjson,
    /// A table for spreadsheets.
    Csv,
}

impl Format {
    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// What comes before the first customer.
    pub(super) fn head(self, to: &mut Vec<u8>) {
        if self == Self::Csv {
            csv::head(to);
        }
    }

    /// One customer.
    pub(super) fn write(self, customer: &ExportedCustomer<'_>, to: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Ndjson => ndjson::write(customer, to),
            Self::Csv => {
                csv::write(customer, to);
                Ok(())
            }
        }
    }
}
