//! `completions` and `man`: files for shells and for `man`, made from the command line's
//! own description.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::arguments::Cli;
use super::output::{out, say};
use crate::error::{Error, Kind, Result};

const NAME: &str = "card-gateway";

/// Prints a script that completes commands and options.
pub(super) fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    out(&String::from_utf8_lossy(&script))
}

/// Prints the manual page of the program, or writes one for each command into a folder.
pub(super) fn man(folder: Option<&Path>) -> Result<()> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(Error::internal)?;
        return out(&String::from_utf8_lossy(&page));
    };
    clap_mangen::generate_to(Cli::command(), folder).map_err(|error| {
        let message = format!("the pages cannot be written to {}", folder.display());
        Error::new(Kind::Unavailable, message).because(error)
    })?;
    say(&format!("wrote the manual pages to {}", folder.display()));
    Ok(())
}
