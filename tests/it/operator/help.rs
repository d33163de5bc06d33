//! The help texts, completions and manual pages.

use std::process::Command;

use super::errors;
use crate::support::database::program;

/// What the program prints for these arguments.
fn printed(arguments: &[&str]) -> String {
    let output = program().args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Every command without commands of its own, by the help texts.
fn commands() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(command) = open.pop() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = printed(&arguments);
        let mut below = Vec::new();
        if let Some((_, list)) = help.split_once("Commands:\n") {
            let names = list.lines().take_while(|line| line.starts_with("  "));
            // Longer lines go on below, further to the right.
            let names = names.filter(|line| !line.starts_with("   "));
            let names = names.filter_map(|line| line.split_whitespace().next());
            below.extend(names.filter(|name| *name != "help").map(str::to_owned));
        }
        if below.is_empty() {
            found.push(command);
        } else {
            open.extend(below.into_iter().map(|name| [&command[..], &[name]].concat()));
        }
    }
    found
}

#[test]
fn each_command_has_own_options_first_and_two_examples_that_work() {
    let commands = commands();
    assert!(commands.len() > 20, "{commands:?}");
    for command in &commands {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = printed(&arguments);
        let global = help.find("\nGlobal options:\n").unwrap_or_else(|| panic!("{help}"));
        let own = help.find("\nOptions:\n").unwrap_or_else(|| panic!("{help}"));
        let examples = help.find("\nExamples:\n").unwrap_or_else(|| panic!("{help}"));
        assert!(own < global && global < examples, "{help}");
        for option in ["--config", "--database-url", "--listen", "--log-level"] {
            assert!(!help[own..global].contains(&format!("  {option} ")), "{help}");
            assert!(help[global..examples].contains(&format!("  {option} ")), "{help}");
        }
        let lines = help[examples..].lines().skip(2).take_while(|line| line.starts_with("  "));
        let lines: Vec<&str> = lines.collect();
        assert_eq!(lines.len(), 2, "{help}");
        let name = format!("card-gateway {}", command.join(" "));
        assert!(lines.iter().any(|line| line.contains(&name)), "{name}: {lines:?}");
        for line in lines {
            example_works(line);
        }
    }
}

/// An unknown command or option is an error, even with `--help`.
fn example_works(line: &str) {
    let start = line.find("card-gateway ").unwrap_or_else(|| panic!("{line}"));
    let words = &line[start..];
    let end = words.find(['|', '>', '<', ')']).unwrap_or(words.len());
    let words = words[..end].split("    (").next().unwrap_or_default();
    let script = format!("{} --help", words.replacen("card-gateway", "\"$0\"", 1));
    let program = env!("CARGO_BIN_EXE_card-gateway");
    let output = Command::new("sh").args(["-c", &script, program]).output().expect("a shell");
    assert!(output.status.success(), "{line}: {}", errors(&output));
}

#[test]
fn the_help_of_sending_events_lists_their_types() {
    let help = printed(&["events", "send", "--help"]);
    let types = help.split_once("\nTypes:\n").expect("types").1;
    for name in ["customer.balance.updated", "transaction.authorized", "card.created"] {
        assert!(types.contains(name), "{help}");
    }
}

#[test]
fn mistyped_commands_and_options_are_told_with_the_near_one() {
    for (arguments, near) in [
        (&["serv"][..], "'serve'"),
        (&["token", "crate"][..], "'create'"),
        (&["events", "list", "--limt", "3"][..], "'--limit'"),
        (&["events", "list", "--state", "faild"][..], "'failed'"),
        (&["token", "create", "--program", "a", "--scope", "wirte"][..], "'write'"),
    ] {
        let output = program().args(arguments).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(errors(&output).contains(near), "{arguments:?}: {}", errors(&output));
    }
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);
        for word in ["card-gateway", "reconcile", "log-level"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("completions");
    std::fs::write(&script, printed(&["completions", "bash"])).expect("written");
    // The words behind `card-gateway ev`, as a shell asks for them.
    let ask = "source \"$0\"; COMP_WORDS=(card-gateway ev); COMP_CWORD=1; \
               complete=$(complete -p card-gateway); function=${complete#*-F }; \
               ${function%% *} card-gateway ev card-gateway; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", ask]).arg(&script).output().expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "events", "{}", errors(&output));
}

#[test]
fn manual_pages_are_printed_and_written() {
    let page = printed(&["man"]);
    assert!(page.contains(".TH card-gateway 1"), "{page}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("text");
    printed(&["man", "--folder", path]);
    let names = std::fs::read_dir(folder.path()).expect("a folder");
    let names: Vec<String> =
        names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into()).collect();
    for name in ["card-gateway.1", "card-gateway-events-list.1", "card-gateway-doctor.1"] {
        assert!(names.iter().any(|other| other == name), "{names:?}");
    }
    let nowhere = folder.path().join("nowhere");
    let output = program().args(["man", "--folder"]).arg(&nowhere).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains("cannot be written to"), "{}", errors(&output));
}
