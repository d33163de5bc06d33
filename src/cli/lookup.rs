//! Looks up what an argument names.

use crate::error::{Error, Kind, Result};
use crate::store::{Program, Store};

/// The program of this name, or an error that says what to do.
pub(super) async fn program_named(store: &Store, name: &str) -> Result<Program> {
    let program = store.program_named(name).await?;
    program.ok_or_else(|| {
        let hint = format!("there is no program {name}; see: card-gateway program list");
        Error::new(Kind::NotFound, hint)
    })
}
