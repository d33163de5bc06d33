//! Checks which lines are logged: a level like `info`, and filters of single parts of the
//! program like `sqlx=debug`.
//!
//! tracing-subscriber takes any word for the name of a part. With a mistyped level the
//! program would log nothing at all, and say so nowhere.

use toml::Value;
use tracing_subscriber::EnvFilter;

use super::parse::text;
use crate::domain::nearest::nearest;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// Every crate of the program.
const LOCK: &str = include_str!("../../Cargo.lock");

/// A level, or filters with commas between them.
pub(super) fn log_filter(value: &Value) -> Result<String, String> {
    let text = text(value)?;
    let filters: Vec<&str> = text.split(',').map(str::trim).collect();
    for filter in &filters {
        check(filter)?;
    }
    let filters = filters.join(",");
    match EnvFilter::try_new(&filters) {
        Ok(_) => Ok(filters),
        Err(_) => Err(format!("must be {}", what())),
    }
}

fn check(filter: &str) -> Result<(), String> {
    let Some((target, level)) = filter.rsplit_once('=') else { return check_level(filter) };
    check_level(level)?;
    // Spans and their fields stand in brackets behind the target.
    let target = target.split('[').next().unwrap_or_default();
    let name = target.split("::").next().unwrap_or_default();
    if name.is_empty() || crates().any(|known| known == name) {
        return Ok(());
    }
    let known: Vec<String> = crates().collect();
    let hint = hint(name, known.iter().map(String::as_str));
    Err(format!("has a filter for {name}, which is no crate of the program{hint}"))
}

fn check_level(level: &str) -> Result<(), String> {
    let lower = level.to_ascii_lowercase();
    if LEVELS.contains(&lower.as_str()) {
        return Ok(());
    }
    let hint = hint(&lower, LEVELS.into_iter());
    Err(format!("must be {}; `{level}` is no level{hint}", what()))
}

fn what() -> String {
    let (last, others) = LEVELS.split_last().unwrap_or((&"", &[]));
    format!("{} or {last}, or filters like info,sqlx=debug", others.join(", "))
}

fn hint<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(word, known).map(|near| format!(": did you mean {near}?")).unwrap_or_default()
}

/// The names of the crates as targets have them.
fn crates() -> impl Iterator<Item = String> {
    let name = |line: &'static str| line.strip_prefix("name = \"")?.strip_suffix('"');
    LOCK.lines().filter_map(name).map(|name| name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<String, String> {
        log_filter(&Value::from(text))
    }

    #[test]
    fn levels_and_filters_of_crates_are_taken() {
        for (text, filters) in [
            ("info", "info"),
            ("WARN", "WARN"),
            ("off", "off"),
            ("info,sqlx=debug", "info,sqlx=debug"),
            (
                "info, card_gateway::http::request_log=warn",
                "info,card_gateway::http::request_log=warn",
            ),
            ("[request{id=1}]=trace,error", "[request{id=1}]=trace,error"),
        ] {
            assert_eq!(checked(text).as_deref(), Ok(filters), "{text}");
        }
    }

    #[test]
    fn levels_and_crates_that_do_not_exist_are_refused() {
        for (text, said) in [
            ("inof", "`inof` is no level: did you mean info?"),
            ("verbose", "`verbose` is no level"),
            ("warning", "`warning` is no level: did you mean warn?"),
            ("", "`` is no level"),
            ("info,", "`` is no level"),
            ("sqlx", "`sqlx` is no level"),
            ("sqlx=inof", "`inof` is no level: did you mean info?"),
            (
                "info,card-gateway=debug",
                "card-gateway, which is no crate of the program: did you mean card_gateway?",
            ),
            ("hypr=debug", "did you mean hyper?"),
        ] {
            let refused = checked(text).expect_err(text);
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }
}
