//! The details of customers: one call each. The list has no cards, no state of the
//! identity check and no time of the balance.

use futures_util::{StreamExt as _, stream};

use super::balance;
use super::context::Context;
use super::customer::{card, merged};
use crate::domain::customer::Customer;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::issuer::{IssuerCustomer, IssuerError, Reason};
use crate::services::records;
use crate::store::{DueCustomer, IssuerRecord, Record};

/// Customers who are taken on at once, and calls of those at the same time.
const CLAIMED: u16 = 32;
const AT_ONCE: usize = 4;

/// When details are read again because of their age, in milliseconds: while a customer
/// is being onboarded, no event says how the identity check goes.
const ONBOARDING_AGE: i64 = 30 * 60 * 1_000;
const AGE: i64 = 24 * 60 * 60 * 1_000;
/// When a customer of whom nothing could be read is asked for again.
const FAILED_AGE: i64 = 60 * 60 * 1_000;
/// The issuer's status for a program that may not see its customers.
const FORBIDDEN: u16 = 403;

/// What the issuer says of a customer, and when it was asked.
pub(super) struct Answer {
    pub(super) of: DueCustomer,
    pub(super) said: Said,
    pub(super) at: Timestamp,
}

/// What the issuer says of a customer.
pub(super) enum Said {
    /// The customer is there.
    There(Box<IssuerCustomer>),
    /// There is no such customer.
    NotThere,
    /// Nothing that can be used, of this customer.
    Nothing,
}

/// Makes the details of all customers due.
///
/// # Errors
/// If the store fails.
pub(super) async fn make_all_due(context: Context<'_>) -> Result<()> {
    let Context { store, program, lease, .. } = context;
    let tx = store.write(program.id).await?;
    lease.check_in(&tx).await?;
    tx.make_details_due().await?;
    tx.commit().await
}

/// Reads the details of some customers who are due. Returns how many were read; 0 if
/// none is due.
///
/// # Errors
/// If the issuer or the store fails. Customers that were not read stay due.
pub(super) async fn read_due(context: Context<'_>) -> Result<u64> {
    let Context { store, program, lease, .. } = context;
    let tx = store.write(program.id).await?;
    lease.check_in(&tx).await?;
    let due = tx.claim_details(Timestamp::now(), CLAIMED.into()).await?;
    if due.is_empty() {
        tx.roll_back().await;
        return Ok(0);
    }
    tx.commit().await?;
    let count = due.len() as u64;
    let calls = stream::iter(due).map(|of| ask(context, of)).buffered(AT_ONCE);
    // While calls wait for the budget, what has arrived is written.
    let mut arrived = std::pin::pin!(calls.ready_chunks(CLAIMED.into()));
    while let Some(answers) = arrived.next().await {
        let (answers, failure) = until_failure(answers);
        write(context, answers).await?;
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Ok(count)
}

fn until_failure(answers: Vec<Result<Answer>>) -> (Vec<Answer>, Option<Error>) {
    let mut good = Vec::with_capacity(answers.len());
    for answer in answers {
        match answer {
            Ok(answer) => good.push(answer),
            Err(error) => return (good, Some(error)),
        }
    }
    (good, None)
}

/// Asks the issuer for one customer.
pub(super) async fn ask(
    Context { client, program, lease, .. }: Context<'_>,
    of: DueCustomer,
) -> Result<Answer> {
    lease.check()?;
    let at = Timestamp::now();
    let said = match client.customer(&of.yativo_card_id).await {
        Ok(Some(customer)) => Said::There(Box::new(customer)),
        Ok(None) => Said::NotThere,
        Err(error) if is_about_one(&error) => {
            let (program, customer) = (program.name.as_str(), of.id.as_str());
            tracing::warn!(program, customer, %error, "the details of a customer were not read");
            Said::Nothing
        }
        Err(error) => {
            let message = format!("the details of a customer of {} were not read", program.name);
            return Err(Error::new(Kind::Unavailable, message).because(error));
        }
    };
    Ok(Answer { of, said, at })
}

/// Whether a failure may be about one customer alone: the others need not wait until it
/// passes.
fn is_about_one(error: &IssuerError) -> bool {
    let reasons = [Reason::Invalid, Reason::Rejected, Reason::TooLarge, Reason::Unreadable];
    reasons.contains(&error.reason()) && error.status() != Some(FORBIDDEN)
}

/// Writes what the issuer says of customers, and when they are due again. Returns those
/// who are not as they were.
pub(super) async fn write(context: Context<'_>, answers: Vec<Answer>) -> Result<Vec<String>> {
    let Context { store, program, lease, .. } = context;
    // The oldest answer's moment: a card event after it counts more.
    let Some(at) = answers.iter().map(|answer| answer.at).min() else { return Ok(Vec::new()) };
    let tx = store.write_import(program.id).await?;
    lease.check_in(&tx).await?;
    let ids: Vec<String> = answers.iter().map(|answer| answer.of.id.clone()).collect();
    let known = tx.customers_with_ids(Vec::new(), ids.clone()).await?;
    let wallets = tx.wallets(ids.clone()).await?;
    let mut stored = tx.issuer_records(ids).await?;
    let (mut records, mut balances, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for answer in answers {
        let customer = known.iter().find(|known| known.id == answer.of.id);
        let (Some(customer), Some(record)) = (customer, stored.remove(&answer.of.id)) else {
            continue;
        };
        let details = match answer.said {
            Said::There(details) => details,
            Said::NotThere => {
                said.push(IssuerRecord { due_at: answer.at.plus_millis(AGE), ..record });
                continue;
            }
            Said::Nothing => {
                said.push(IssuerRecord { due_at: answer.at.plus_millis(FAILED_AGE), ..record });
                continue;
            }
        };
        let Some(merged) = merged(&details, Some(customer), answer.at) else { continue };
        let wallet = balance::replacing(&details.balance, wallets.get(&merged.id), answer.at);
        balances.extend(wallet.map(|wallet| (merged.id.clone(), wallet)));
        said.push(IssuerRecord {
            details_at: Some(answer.at),
            due_at: answer.at.plus_millis(age(&merged)),
            ..record
        });
        let cards = details.cards.unwrap_or_default();
        let cards = cards.into_iter().filter_map(|said| card(&said, &merged)).collect();
        records.push(Record { customer: merged, balance: None, cards });
    }
    let changed = records::put(&tx, records, balances, at).await?;
    if !said.is_empty() {
        tx.put_issuer_records(said).await?;
    }
    tx.commit().await?;
    Ok(changed)
}

/// After how many milliseconds a customer's details are read again.
pub(super) fn age(customer: &Customer) -> i64 {
    match customer.onboarding.step() {
        2..=5 => ONBOARDING_AGE,
        _ => AGE,
    }
}
