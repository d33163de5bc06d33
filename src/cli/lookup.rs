//! Looks up what an argument names.

use crate::domain::nearest::nearest;
use crate::domain::principal::ProgramId;
use crate::error::{Error, Kind, Result};
use crate::store::{Program, Store};

/// The program of this name, or an error that says what to do.
pub(super) async fn program_named(store: &Store, name: &str) -> Result<Program> {
    if let Some(program) = store.program_named(name).await? {
        return Ok(program);
    }
    let all = store.programs().await?;
    let place = store.place();
    let hint = match nearest(name, all.iter().map(|program| program.name.as_str())) {
        Some(near) => format!("did you mean {near}? See: card-gateway program list"),
        None if all.is_empty() => {
            "it has none yet; create one: card-gateway program create --name NAME".to_owned()
        }
        None => "see: card-gateway program list".to_owned(),
    };
    let message = format!("there is no program {name} in {place}; {hint}");
    Err(Error::new(Kind::NotFound, message))
}

/// As [`program_named`], where the argument may be missing.
pub(super) async fn maybe_program(store: &Store, name: Option<&str>) -> Result<Option<ProgramId>> {
    Ok(match name {
        Some(name) => Some(program_named(store, name).await?.id),
        None => None,
    })
}
