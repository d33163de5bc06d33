//! Customers whom the issuer has shown before, and whom a pass has not seen: they are gone,
//! or only not seen.
//!
//! The issuer is asked for each of them alone. It may also answer 404 because something else
//! is wrong, so that a 404 counts only while the issuer answers for a customer of its list;
//! and if many are missing at once, none is taken for gone unless an operator says so.

use futures_util::{StreamExt as _, stream};

use super::context::Context;
use super::details::{self, Answer, Said};
use super::seen::Seen;
use crate::error::{Error, Kind, Result};
use crate::store::{DueCustomer, SyncPass};

/// Customers who are compared at once.
const CHUNK: u64 = 5_000;
/// The most customers of a pass who are asked for alone. Those who are left are asked for in
/// the next pass.
const LOOK_UPS: usize = 1_000;
/// So many may be missing at once, however few customers there are; otherwise a tenth, and
/// never more than are asked for.
const FEW: u64 = 100;
/// Calls whose answers are written at once, and calls at the same time.
const BATCH: usize = 32;
const AT_ONCE: usize = 4;

/// The known customers, compared with those who were seen.
#[derive(Default)]
struct Compared {
    known: u64,
    /// How many of them were not seen, and some or all of those.
    not_seen: u64,
    missing: Vec<DueCustomer>,
    /// One who was seen, at random.
    witness: Option<DueCustomer>,
}

/// Looks for the customers whom a pass has not seen. Those who are there are written, and
/// seen then. Returns those who are gone.
///
/// # Errors
/// If the issuer or the store fails.
pub(super) async fn look_for(
    context: Context<'_>,
    accept_any: bool,
    seen: &mut Seen,
    state: &mut SyncPass,
) -> Result<Vec<String>> {
    let name = &context.program.name;
    let Compared { known, not_seen, missing, witness } = compare(context, seen).await?;
    let most = (known / 10).clamp(FEW, LOOK_UPS as u64);
    if not_seen > most && !accept_any {
        context.report.note(&format!(
            "{not_seen} of {known} customers of {name} are on no page of the issuer's list, more \
             than can be gone at once: they stay; if they are gone, run \
             `card-gateway sync --program {name} --accept-gone`"
        ));
        return Ok(Vec::new());
    }
    let mut all_gone = Vec::new();
    for batch in missing.chunks(BATCH) {
        let (gone, others) = ask(context, batch).await?;
        state.calls += batch.len() as u64;
        for answer in &others {
            seen.add(&answer.of.id);
        }
        state.changed += details::write(context, others).await?.len() as u64;
        if gone.is_empty() {
            continue;
        }
        state.calls += 1;
        if !is_believed(context, witness.as_ref()).await? {
            let what = match witness {
                Some(_) => "but also for one of its list",
                None => "but lists nobody, and does not say that the program is approved",
            };
            context.report.note(&format!(
                "the issuer answers 404 for customers of {name}, {what}: nobody is taken for gone"
            ));
            return Ok(Vec::new());
        }
        all_gone.extend(gone);
    }
    Ok(all_gone)
}

/// Compares the customers whom the issuer has shown before with those of this pass.
async fn compare(Context { store, program, .. }: Context<'_>, seen: &Seen) -> Result<Compared> {
    let mut compared = Compared::default();
    let mut after = String::new();
    loop {
        let known = store.customers_of_issuer(program.id, &after, CHUNK).await?;
        let Some(last) = known.last() else { return Ok(compared) };
        after.clone_from(&last.id);
        for customer in known {
            compared.known += 1;
            if seen.contains(&customer.id) {
                let number = compared.known - compared.not_seen;
                // The n-th takes the place with a chance of 1 in n: all have the same.
                if fastrand::u64(0..number) == 0 {
                    compared.witness = Some(customer);
                }
                continue;
            }
            compared.not_seen += 1;
            if compared.missing.len() < LOOK_UPS {
                compared.missing.push(customer);
            }
        }
    }
}

/// Asks the issuer for customers: those who are gone by its answer, and the other answers.
async fn ask(context: Context<'_>, batch: &[DueCustomer]) -> Result<(Vec<String>, Vec<Answer>)> {
    let calls = stream::iter(batch.to_vec()).map(|of| details::ask(context, of));
    let mut calls = std::pin::pin!(calls.buffered(AT_ONCE));
    let (mut gone, mut others) = (Vec::new(), Vec::new());
    while let Some(answer) = calls.next().await {
        match answer? {
            Answer { of, said: Said::NotThere, .. } => gone.push(of.id),
            other => others.push(other),
        }
    }
    Ok((gone, others))
}

/// Whether a 404 means that the customer is gone: the issuer answers for one whom its list
/// has; or, if its list is empty, says that the program is approved.
async fn is_believed(context: Context<'_>, witness: Option<&DueCustomer>) -> Result<bool> {
    if let Some(witness) = witness {
        let answer = details::ask(context, witness.clone()).await?;
        return Ok(matches!(answer.said, Said::There(_)));
    }
    let program = context.client.status().await.map_err(|error| {
        let message = format!("the state of the program {} was not read", context.program.name);
        Error::new(Kind::Unavailable, message).because(error)
    })?;
    Ok(program.status.as_deref() == Some("approved"))
}
