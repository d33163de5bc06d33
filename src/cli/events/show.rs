//! `events show`.

use std::process::ExitCode;

use serde::Serialize;

use super::row::EventRow;
use crate::cli::lookup::maybe_program;
use crate::cli::output::out;
use crate::error::{Error, Kind, Result};
use crate::store::{InboxEvent, Store};

/// How an event is shown.
pub(super) struct Form {
    /// With its body, which has data of customers.
    pub(super) body: bool,
    /// As JSON.
    pub(super) json: bool,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    row: EventRow,
    body_bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

pub(super) async fn run(
    store: &Store,
    id: &str,
    program: Option<&str>,
    form: Form,
) -> Result<ExitCode> {
    let program = maybe_program(store, program).await?;
    let events = store.events_with_id(program, id).await?;
    if events.is_empty() {
        let message =
            format!("there is no event {id} in {}; see: card-gateway events list", store.place());
        return Err(Error::new(Kind::NotFound, message));
    }
    let programs = store.programs().await?;
    let mut texts = Vec::new();
    for (program, event) in events {
        let name = programs.iter().find(|of| of.id == program).map_or("-", |of| of.name.as_str());
        let shown = Shown::of(name, event, form.body);
        texts.push(if form.json {
            serde_json::to_string(&shown).map_err(Error::internal)? + "\n"
        } else {
            shown.text()
        });
    }
    // The same identifier in several programs.
    out(&texts.join(if form.json { "" } else { "\n" }))?;
    Ok(ExitCode::SUCCESS)
}

impl Shown {
    fn of(program: &str, event: InboxEvent, body: bool) -> Self {
        let text = event.body.clone();
        Self {
            row: EventRow::of(program, event),
            body_bytes: text.len(),
            body: body.then_some(text),
        }
    }

    fn text(&self) -> String {
        let Self { row, body_bytes, body } = self;
        let body = match body {
            _ if *body_bytes == 0 => "no longer kept".to_owned(),
            Some(body) => body.clone(),
            None => format!("{body_bytes} bytes; --body prints it, with personal data"),
        };
        let lines = [
            ("id", Some(&row.id)),
            ("program", Some(&row.program)),
            ("type", Some(&row.event_type)),
            ("state", Some(&row.state.to_owned())),
            ("reason", row.reason.as_ref()),
            ("customer", row.customer_id.as_ref()),
            ("received", Some(&row.received_at.to_string())),
            ("happened", Some(&row.happened_at.to_string())),
            ("delivery", row.delivery_id.as_ref()),
            ("body", Some(&body)),
        ];
        let known = lines.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let lines: Vec<String> = known.map(|(name, value)| format!("{name:<10}{value}")).collect();
        lines.join("\n") + "\n"
    }
}
