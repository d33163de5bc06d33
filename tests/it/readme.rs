//! The README tells the truth: its commands are run, and its settings exist.

use std::path::Path;

use crate::support::conversations::{blocks, conversation};
use crate::support::database::program;
use crate::support::terminal::Terminal;

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("there is one")
}

#[test]
fn its_commands_print_what_it_says() {
    let mut terminal = Terminal::open(None);
    let mut commands = 0;
    for block in blocks(&readme()) {
        let serves = block.text == "card-gateway serve\n";
        if serves {
            // The reader leaves it running, in a second terminal.
            terminal.say("card-gateway serve &");
        } else if block.language == "console" {
            commands += conversation(&block.text).len();
            terminal.follow(&block);
        }
    }
    assert!(commands >= 9, "{commands}");
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
