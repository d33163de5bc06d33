//! `program create` and `program list`.

use super::arguments::ProgramCommand;
use super::output::out;
use crate::domain::principal::is_program_name;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::store::Store;

pub(super) async fn run(command: ProgramCommand, store: &Store) -> Result<()> {
    match command {
        ProgramCommand::Create { name } => {
            if !is_program_name(&name) {
                let what =
                    "a program's name has 1 to 64 of a-z, 0-9 and -, with no - at an end and no --";
                return Err(Error::new(Kind::Invalid, what));
            }
            store.create_program(&name, Timestamp::now()).await?;
            out(&format!("{name}\n"))?;
        }
        ProgramCommand::List => {
            for program in store.programs().await? {
                out(&format!("{}  {}\n", program.created_at, program.name))?;
            }
        }
    }
    Ok(())
}
