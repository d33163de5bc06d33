//! `docs/settings.md` is generated from the file of defaults, whose comments are
//! the only place that says what a setting means.

use std::env;
use std::fs;

use super::{read, root};
use crate::support::database::program;

const DEFAULTS: &str = "src/config.default.toml";
const PAGE: &str = "docs/settings.md";

/// What the page says before the tables.
const HEAD: &str = "# Settings

<!-- Generated from src/config.default.toml. Change the comments there, then run: just settings -->

Set an environment variable, or write the setting into `card-gateway.toml` in the folder where the gateway starts (another file: `--config FILE`). `CARD_GATEWAY__SERVER__LISTEN` is `listen` in the section `[server]` there.

- Order of precedence: flags, environment variables, `card-gateway.toml`, defaults.
- An unknown setting is an error. The gateway reports all mistakes at once, each with the file or variable that it comes from, and exits with status 2.
- `card-gateway config` prints the effective settings and where each comes from, without secrets.
- Durations have a unit: `500ms`, `10s`, `2h`.
- `<PROGRAM>` is the name of a program in capitals, with `_` for `-`: `ACME`, `MY_PROGRAM`. Keep secrets in the environment, not in the file.
";

/// The head of each table.
const TABLE: &str = "| environment variable | default | meaning |\n|---|---|---|\n";

/// A setting of the file of defaults.
struct Setting {
    section: String,
    key: String,
    /// As TOML.
    default: String,
    meaning: String,
}

impl Setting {
    /// The environment variable that sets it.
    fn variable(&self) -> String {
        match (self.section.as_str(), self.key.as_str()) {
            ("database", "url") => "DATABASE_URL".to_owned(),
            ("database", "read_url") => "DATABASE_READ_URL".to_owned(),
            (section, key) => {
                let parts = [section, &key.replace('.', "__")].join("__");
                format!("CARD_GATEWAY__{}", parts.to_uppercase())
            }
        }
    }

    /// Its row of the table.
    fn row(&self) -> String {
        let default = shown(&self.default);
        format!("| `{}` | {default} | {} |\n", self.variable(), self.meaning)
    }
}

/// A default as the page shows it.
fn shown(value: &str) -> String {
    match value.trim_matches('"') {
        "" | "[]" => "none".to_owned(),
        value => format!("`{value}`"),
    }
}

/// Reads the settings of the file of defaults. The comment above a key is its
/// meaning; `#key = value` is a setting that each program has for itself.
fn settings(text: &str) -> Vec<Setting> {
    let mut all = Vec::new();
    let (mut section, mut meaning) = (String::new(), Vec::new());
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            meaning.push(comment);
        } else if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
            meaning.clear();
        } else if let Some((key, default)) = line.trim_start_matches('#').split_once(" = ") {
            assert!(!meaning.is_empty(), "{DEFAULTS}: {section}.{key} has no comment above it");
            all.push(Setting {
                section: section.clone(),
                key: key.to_owned(),
                default: default.to_owned(),
                meaning: std::mem::take(&mut meaning).join(" "),
            });
        } else {
            meaning.clear();
        }
    }
    all
}

/// The page that these settings make.
fn page(settings: &[Setting]) -> String {
    let mut page = HEAD.to_owned();
    let mut section = "";
    for setting in settings {
        if setting.section != section {
            section = &setting.section;
            page.extend(["\n## ", section, "\n\n", TABLE]);
        }
        page.push_str(&setting.row());
    }
    page
}

#[test]
fn settings_page_is_generated_from_the_defaults() {
    let page = page(&settings(&read(&root().join(DEFAULTS))));
    let path = root().join(PAGE);
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).expect("it can be written");
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == page,
        "{PAGE} differs from the comments of {DEFAULTS}; regenerate it: just settings, or \
         UPDATE=1 cargo test --test it docs::settings"
    );
}

#[test]
fn settings_page_has_every_setting_of_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = program().arg("config").current_dir(folder.path()).output().expect("it runs");
    let effective = String::from_utf8(output.stdout).expect("UTF-8");
    let effective: toml::Table = effective.parse().expect("TOML");
    let documented = settings(&read(&root().join(DEFAULTS)));
    let mut found = 0;
    for (section, keys) in &effective {
        for (key, value) in keys.as_table().expect("a section") {
            let setting = documented.iter().find(|one| one.section == *section && one.key == *key);
            let setting = setting.unwrap_or_else(|| panic!("{section}.{key} is not documented"));
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(shown(&setting.default), shown(&value), "{section}.{key}");
            found += 1;
        }
    }
    let of_programs: Vec<String> = documented
        .iter()
        .map(Setting::variable)
        .filter(|name| name.contains("<PROGRAM>"))
        .collect();
    assert_eq!(found + of_programs.len(), documented.len(), "{of_programs:?}");
}
