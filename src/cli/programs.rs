//! `program create` and `program list`.

use serde::Serialize;

use super::arguments::ProgramCommand;
use super::list::{List, Row};
use super::output::{out, say};
use crate::app;
use crate::config::Config;
use crate::domain::principal::is_program_name;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};

pub(super) async fn run(command: ProgramCommand, config: &Config) -> Result<()> {
    match command {
        ProgramCommand::Create { name } => {
            if !is_program_name(&name) {
                let what =
                    "a program's name has 1 to 64 of a-z, 0-9 and -, with no - at an end and no --";
                return Err(Error::new(Kind::Invalid, what));
            }
            let store = app::open_or_make(config).await?;
            store.create_program(&name, Timestamp::now()).await?;
            say(&format!("created the program {name} in {}", store.place()));
            out(&format!("{name}\n"))
        }
        ProgramCommand::List { json } => {
            let store = app::open(config).await?;
            let programs = store.programs().await?.into_iter();
            let rows: Vec<ProgramRow> = programs
                .map(|program| ProgramRow { name: program.name, created_at: program.created_at })
                .collect();
            List::new(json).all(&rows)
        }
    }
}

#[derive(Serialize)]
struct ProgramRow {
    name: String,
    created_at: Timestamp,
}

impl Row for ProgramRow {
    const NAME: &'static str = "programs";
    const HEADINGS: &'static [&'static str] = &["CREATED", "NAME"];

    fn cells(&self) -> Vec<String> {
        vec![self.created_at.to_string(), self.name.clone()]
    }
}
