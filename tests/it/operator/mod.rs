//! The command line as operators use it: on a terminal, in a pipe, in the wrong folder, with
//! a database that is not there.

mod doctor;
mod events;
mod help;
mod interrupts;
mod lists;
mod log_levels;
mod migrations;
mod no_database;
mod reconcile;
mod version;

use std::process::{Child, Output};

/// What a command wrote to standard error.
fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a command wrote to standard output.
fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Sends a signal by its name.
fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let kill = std::process::Command::new("kill").args(["-s", name, &id]).status();
    assert!(kill.expect("kill runs").success());
}
