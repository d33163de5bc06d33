//! The README is correct: its commands are run in the terminals that it names.

use std::path::Path;

use crate::support::conversations::{blocks, conversation};
use crate::support::database::program;
use crate::support::terminal::Terminal;

/// Commands that are too long to run here, or run these tests.
const RUN_ELSEWHERE: [&str; 3] = [
    // The terminal has the program of this build.
    "cargo install --locked --path .",
    "cargo test --workspace",
    // `docs::recipes_that_are_named_exist` looks for it.
    "just test-fast",
];

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("there is one")
}

#[test]
fn its_commands_print_the_shown_output() {
    let mut first = Terminal::open(None);
    let mut second = None;
    let mut checked = 0;
    for block in blocks(&readme()) {
        let commands = match block.language.as_str() {
            "console" => conversation(&block.text),
            "sh" => block.text.lines().map(|line| (line.to_owned(), String::new())).collect(),
            other => panic!("line {}: nothing can run {other:?}", block.line),
        };
        for (command, expected) in commands {
            if RUN_ELSEWHERE.contains(&command.as_str()) {
                continue;
            }
            checked += 1;
            if let Some(arguments) = command.strip_prefix("cargo run --release -- ") {
                // `commands` runs the demo itself.
                let help = program().args(arguments.split(' ')).arg("--help").output();
                assert!(help.expect("it runs").status.success(), "{command}");
            } else if command == "card-gateway serve" {
                // The reader leaves it running and opens another terminal.
                first.say("card-gateway serve &");
                second = Some(first.beside());
            } else {
                second.as_mut().unwrap_or(&mut first).check(&command, &expected);
            }
        }
    }
    assert!(second.is_some() && checked >= 8, "{checked}");
}

#[test]
fn it_fits_on_one_screen() {
    let lines = readme().lines().count();
    assert!(lines <= 80, "the README has {lines} lines: move what is not for newcomers to docs/");
}
