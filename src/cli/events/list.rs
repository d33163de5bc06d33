//! `events list`.

use std::collections::HashMap;
use std::process::ExitCode;

use super::row::EventRow;
use super::since::before;
use crate::cli::arguments::EventFilter as Arguments;
use crate::cli::list::List;
use crate::cli::lookup::maybe_program;
use crate::domain::customer::Include;
use crate::domain::customer_names::{CustomerNames, names_meant_by, names_of};
use crate::domain::identifier::Identifier;
use crate::domain::principal::ProgramId;
use crate::error::{Error, Kind, Result};
use crate::store::{EventFilter, EventsOfCustomer, Store};

/// Number of events of one read.
const PAGE: u64 = 500;

pub(super) async fn run(store: &Store, arguments: &Arguments, json: bool) -> Result<ExitCode> {
    let program = maybe_program(store, arguments.program.as_deref()).await?;
    let programs: HashMap<ProgramId, String> =
        store.programs().await?.into_iter().map(|program| (program.id, program.name)).collect();
    let customer = match &arguments.customer {
        Some(name) => {
            let programs = programs.keys().copied();
            let programs: Vec<ProgramId> = match program {
                Some(program) => vec![program],
                None => programs.collect(),
            };
            Some(customer(store, &programs, name).await?)
        }
        None => None,
    };
    let since = arguments.since.map(before);
    let filter = EventFilter { program, state: arguments.state(), since, customer };
    let mut after = match arguments.limit {
        Some(count) => store.event_before_the_last(&filter, count).await?,
        None => None,
    };
    let mut list = List::new(json);
    loop {
        let events = store.events_in(&filter, after.take(), PAGE).await?;
        let is_whole = events.len() as u64 == PAGE;
        after = events
            .last()
            .map(|(program, event)| (event.received_at, event.event_id.clone(), *program));
        let name = |program| programs.get(&program).map_or("-", String::as_str);
        let rows = events.into_iter().map(|(program, event)| EventRow::of(name(program), event));
        let rows: Vec<EventRow> = rows.collect();
        if !list.rows(&rows)? || !is_whole {
            break;
        }
    }
    list.end::<EventRow>();
    Ok(ExitCode::SUCCESS)
}

/// The customers of a name, one in each program at most. Events can also wait for a customer
/// whom no program has yet.
async fn customer(store: &Store, programs: &[ProgramId], name: &str) -> Result<EventsOfCustomer> {
    let name = Identifier::parse(name)
        .map_err(|what| Error::new(Kind::Invalid, format!("--customer {what}")))?;
    let mut found = EventsOfCustomer { ids: Vec::new(), names: names_meant_by(&name).collect() };
    for program in programs {
        let named = std::slice::from_ref(&name);
        let customers = store.customers_named(*program, named, Include::default()).await?;
        let customers: Vec<_> = customers.into_iter().map(|found| found.customer).collect();
        if let Some(at) = CustomerNames::new(customers.iter().map(|of| &**of)).find(&name) {
            found.names.extend(names_of(&customers[at]));
            found.ids.push((*program, customers[at].id.clone()));
        }
    }
    Ok(found)
}
