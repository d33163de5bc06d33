//! The README tells the truth: its commands are run, and its settings exist.

use std::path::Path;
use std::process::Command;

use crate::support::Database;
use crate::support::database::program;

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("there is one")
}

/// The `console` blocks as pairs of a command and what it prints.
fn conversations(text: &str) -> Vec<(String, String)> {
    let blocks = text.split("```console\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().expect("an end"));
    let mut all: Vec<(String, String)> = Vec::new();
    for line in blocks.flat_map(str::lines) {
        if let Some(command) = line.strip_prefix("$ ") {
            all.push((command.to_owned(), String::new()));
        } else {
            let (_, printed) = all.last_mut().expect("a command comes first");
            printed.push_str(line);
            printed.push('\n');
        }
    }
    all
}

#[test]
fn its_commands_print_what_it_says() {
    let database = Database::sqlite();
    let gateway = database.serve();
    let binary = Path::new(env!("CARGO_BIN_EXE_card-gateway")).parent().expect("a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").expect("a path"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::os::unix::fs::symlink(root.join("examples"), database.folder.path().join("examples"))
        .expect("a link");
    let mut token = String::new();
    let conversations = conversations(&readme());
    assert!(conversations.len() >= 9);
    for (command, expected) in conversations {
        // A variable that one command sets is there for the next ones.
        let script = format!("{command}\necho \"TOKEN=$TOKEN\"");
        let script = script.replace("http://127.0.0.1:8080", &gateway.host);
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(database.folder.path());
        shell.env("PATH", &path).env("DATABASE_URL", &database.url).env("TOKEN", &token);
        let output = shell.output().expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let (printed, variable) = printed.rsplit_once("TOKEN=").expect("it was echoed");
        variable.trim().clone_into(&mut token);
        assert_eq!(printed.trim(), expected.trim(), "{command}");
    }
}

#[test]
fn its_settings_are_the_programs_with_their_defaults() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = program().arg("config").current_dir(folder.path()).output().expect("it runs");
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    let shown: toml::Table = shown.parse().expect("TOML");
    let text = readme();
    let mut settings = 0;
    for (section, keys) in &shown {
        for (key, value) in keys.as_table().expect("a section") {
            settings += 1;
            let name = match (section.as_str(), key.as_str()) {
                ("database", "url") => "DATABASE_URL".to_owned(),
                _ => format!("CARD_GATEWAY__{}__{}", section.to_uppercase(), key.to_uppercase()),
            };
            let row = text.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
            let row = row.unwrap_or_else(|| panic!("{name} is not in the table"));
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let default = if value.is_empty() || value == "[]" {
                "none".into()
            } else {
                format!("`{value}`")
            };
            assert!(row.contains(&format!("| {default} |")), "{name} is {value}: {row}");
        }
    }
    assert!(settings >= 15, "{settings}");
}
