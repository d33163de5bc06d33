//! `doctor`: a line for each thing that the gateway depends on.

use std::process::ExitCode;

use super::output::{out, print};
use crate::app;
use crate::config::{Config, ConfigErrors};
use crate::error::{Error, Result};
use crate::services::doctor::{Finding, Verdict};

/// Prints what is found as it is found. Fails if one check does.
pub(super) async fn run(config: &Config, json: bool) -> Result<ExitCode> {
    let (mut failed, mut written) = (false, Ok(true));
    let mut tell = |finding: Finding| {
        failed |= finding.verdict == Verdict::Fail;
        if matches!(written, Ok(true)) {
            written = line(&finding, json).and_then(|text| print(&text));
        }
    };
    tell(Finding::ok("settings", "they can be read, and all values are valid"));
    app::doctor(config, tell).await;
    written?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What is found where the settings are wrong: then nothing else can be checked.
pub(super) fn settings(errors: &ConfigErrors, json: bool) -> Result<()> {
    let lines = errors.0.iter().map(|error| {
        let advice = "correct it; card-gateway config shows all settings and where they come from";
        line(&Finding::fail("settings", error, advice), json)
    });
    out(&lines.collect::<Result<String>>()?)
}

fn line(finding: &Finding, json: bool) -> Result<String> {
    if json {
        return Ok(serde_json::to_string(finding).map_err(Error::internal)? + "\n");
    }
    let Finding { check, verdict, found, advice } = finding;
    let advice = advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
    Ok(format!("{:<5} {check:<11} {found}{advice}\n", verdict.as_ref()))
}
