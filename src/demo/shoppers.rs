//! The life of the demo: customers of the issuer buy, are paid, freeze their cards, and
//! come new, until the demo ends.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use card_gateway_sandbox::Sandbox;
use card_gateway_sandbox::issuer::{Funding, Issuer, Program, Purchase, Refusal, TransactionKey};
use fastrand::Rng;

use super::program::{Spender, spenders};

/// Number of shoppers: few, so that each one changes often.
const SHOPPERS: usize = 12;
/// Time between authorization and settlement, and until a withdrawal settles or a card is
/// unfrozen.
const OPEN_FOR: Duration = Duration::from_secs(8);

/// Something that ends later.
enum Open {
    Hold(TransactionKey),
    Refundable(TransactionKey, i64),
    Withdrawal(String),
    Frozen,
}

struct Due {
    at: Instant,
    spender: Spender,
    open: Open,
}

/// Lets something happen several times a second, until it is stopped.
pub(super) async fn shop(issuer: Issuer, chain: Sandbox) {
    let mut rng = Rng::new();
    let shoppers = issuer.act(|program| spenders(program, SHOPPERS));
    let mut open = VecDeque::new();
    while !shoppers.is_empty() {
        tokio::time::sleep(Duration::from_millis(rng.u64(150..500))).await;
        issuer.act(|program| {
            let due = open.pop_front_if(|due: &mut Due| due.at <= Instant::now());
            let spender = match &due {
                Some(due) => due.spender.clone(),
                None => shoppers[rng.usize(..shoppers.len())].clone(),
            };
            let next = match due {
                Some(due) => end(program, due, &mut rng),
                None => begin(program, &spender, &mut rng),
            };
            // The issuer refuses some, as a card is frozen. Then nothing happens.
            if let Ok(Some(next)) = next {
                open.push_back(Due {
                    at: Instant::now() + OPEN_FOR,
                    spender: spender.clone(),
                    open: next,
                });
            }
            if let Some(customer) = program.customer(&spender.name) {
                chain.mirror_customer(customer);
            }
        });
    }
}

/// Something new: usually a purchase. Returns what ends later.
fn begin(program: &mut Program, spender: &Spender, rng: &mut Rng) -> Result<Option<Open>, Refusal> {
    let name = &spender.name;
    let incoming = rng.i64(20..200) * 100;
    match rng.u8(..40) {
        0 => program.deposit(name, incoming).map(|()| None),
        1 => program.reconcile(name).map(|()| None),
        2 => program.freeze(name, &spender.card).map(|_| Some(Open::Frozen)),
        3 => program.withdraw(name, 1_000).map(|withdrawal| Some(Open::Withdrawal(withdrawal.id))),
        4 => {
            program.add_customer();
            Ok(None)
        }
        5..8 => program.fund(name, Funding::of(incoming)).map(|_| None),
        _ => buy(program, spender, rng),
    }
}

fn buy(program: &mut Program, spender: &Spender, rng: &mut Rng) -> Result<Option<Open>, Refusal> {
    let purchase = Purchase::random(spender.currency, rng);
    let customer = program.customer(&spender.name);
    let available = customer
        .and_then(|customer| customer.wallet.as_ref())
        .map_or(0, |wallet| wallet.ledger - wallet.held);
    let works = customer
        .and_then(|customer| customer.card(&spender.card))
        .is_some_and(|card| card.is(card_gateway_sandbox::issuer::CardState::Active));
    let too_little = purchase.billing_amount.unwrap_or(purchase.amount) > available;
    if too_little || !works || rng.u8(..20) == 0 {
        return program.decline(&spender.name, purchase).map(|_| None);
    }
    program.authorize(&spender.name, purchase).map(|key| Some(Open::Hold(key)))
}

/// Ends something: a hold usually settles.
fn end(program: &mut Program, due: Due, rng: &mut Rng) -> Result<Option<Open>, Refusal> {
    match due.open {
        Open::Frozen => program.unfreeze(&due.spender.name, &due.spender.card).map(|_| None),
        Open::Withdrawal(id) if rng.u8(..10) == 0 => program.fail_withdrawal(&id).map(|()| None),
        Open::Withdrawal(id) => program.settle_withdrawal(&id).map(|()| None),
        Open::Refundable(key, amount) => program.refund(key, amount).map(|_| None),
        Open::Hold(key) if rng.u8(..10) == 0 => program.reverse(key).map(|()| None),
        Open::Hold(key) => {
            let amount = program.transactions().get(key.0 as usize).map(|hold| hold.amount);
            program.settle(key, None)?;
            let refundable = amount.filter(|_| rng.u8(..12) == 0);
            Ok(refundable.map(|amount| Open::Refundable(key, amount)))
        }
    }
}
