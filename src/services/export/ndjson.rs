//! Customers as newline-delimited JSON.

use crate::domain::exported::ExportedCustomer;
use crate::error::{Error, Result};

/// Writes one line.
pub(super) fn write(customer: &ExportedCustomer<'_>, to: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(&mut *to, customer).map_err(Error::internal)?;
    to.push(b'\n');
    Ok(())
}
