//! How the issuer's deliveries go. The issuer switches a webhook off after 100 failed
//! deliveries in a row, so operators must see failures long before that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::domain::time::Timestamp;

/// After so many failures in a row, a warning is logged.
const WARNINGS: [u64; 2] = [10, 50];

/// The deliveries of each program to this process. Clones share it.
#[derive(Clone, Default)]
pub struct Deliveries {
    programs: Arc<Mutex<BTreeMap<String, ProgramDeliveries>>>,
}

/// The deliveries of one program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramDeliveries {
    /// When the last event was stored.
    pub last_stored_at: Option<Timestamp>,
    /// How many deliveries in a row were not answered with success since then.
    pub failed_in_a_row: u64,
}

impl Deliveries {
    /// Of programs that expect events, with the last event that each has stored before.
    pub fn new(programs: impl IntoIterator<Item = (String, Option<Timestamp>)>) -> Self {
        let deliveries = Self::default();
        for (program, last_stored_at) in programs {
            let known = ProgramDeliveries { last_stored_at, failed_in_a_row: 0 };
            report(&program, &known);
            deliveries.lock().insert(program, known);
        }
        deliveries
    }

    /// A delivery for a program has begun. It is a failure unless it is said to be
    /// acknowledged: the time may run out, or the sender go away, before there is an answer.
    pub fn begin(&self, program: &str) -> Delivery<'_> {
        let reason = "there was no answer in time".to_owned();
        Delivery { deliveries: self, program: program.to_owned(), failed: Some(reason) }
    }

    fn acknowledged(&self, program: &str) {
        self.update(program, |known| {
            known.last_stored_at = Some(Timestamp::now());
            known.failed_in_a_row = 0;
        });
    }

    /// Names of programs that expect no events are ignored: anybody can invent them.
    fn failed(&self, program: &str, reason: &str) {
        let failed = self.update(program, |known| known.failed_in_a_row += 1);
        if let Some(failed) = failed.filter(|failed| WARNINGS.contains(failed)) {
            tracing::warn!(
                program,
                failed,
                reason,
                "webhook deliveries fail; the issuer switches the webhook off after 100 in a row"
            );
        }
    }

    /// The deliveries of each program that expects events, by its name.
    pub fn programs(&self) -> BTreeMap<String, ProgramDeliveries> {
        self.lock().clone()
    }

    /// The failures in a row after a change.
    fn update(&self, program: &str, change: impl FnOnce(&mut ProgramDeliveries)) -> Option<u64> {
        let mut programs = self.lock();
        let known = programs.get_mut(program)?;
        change(known);
        report(program, known);
        Some(known.failed_in_a_row)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, ProgramDeliveries>> {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A delivery that has begun. Dropped, it is counted.
pub struct Delivery<'a> {
    deliveries: &'a Deliveries,
    program: String,
    /// Why it has failed; none if it is acknowledged.
    failed: Option<String>,
}

impl Delivery<'_> {
    /// The event is stored, and the answer says so.
    pub fn acknowledged(mut self) {
        self.failed = None;
    }

    /// The answer is a failure, for this reason.
    pub fn failed(mut self, reason: &str) {
        self.failed = Some(reason.to_owned());
    }
}

impl Drop for Delivery<'_> {
    fn drop(&mut self) {
        match &self.failed {
            None => self.deliveries.acknowledged(&self.program),
            Some(reason) => self.deliveries.failed(&self.program, reason),
        }
    }
}

fn report(program: &str, known: &ProgramDeliveries) {
    let program = program.to_owned();
    #[expect(clippy::cast_precision_loss, reason = "seconds of this age are exact in a float")]
    if let Some(at) = known.last_stored_at {
        metrics::gauge!("webhook_last_event_timestamp_seconds", "program" => program.clone())
            .set(at.millis() as f64 / 1_000.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "so many never fail")]
    metrics::gauge!("webhook_deliveries_failed_in_a_row", "program" => program)
        .set(known.failed_in_a_row as f64);
}

/// The deliveries of a program in the form of `/readyz`.
#[derive(Clone, Serialize)]
pub struct DeliveryReport {
    /// When the last event was stored; null if none ever was.
    last_event_at: Option<String>,
    /// Deliveries in a row that were not answered with success.
    failed_in_a_row: u64,
}

impl From<ProgramDeliveries> for DeliveryReport {
    fn from(known: ProgramDeliveries) -> Self {
        Self {
            last_event_at: known.last_stored_at.map(|at| at.to_string()),
            failed_in_a_row: known.failed_in_a_row,
        }
    }
}
