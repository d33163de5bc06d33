//! The issuer's program of the demo: its customers, and what they did in the last days.

use std::net::SocketAddr;
use std::time::Duration;

use card_gateway_sandbox::issuer::{
    CardState, Currency, Customer, Fill, Issuer, IssuerOptions, Program, ProgramSpec, Purchase,
    Refusal, SenderOptions, Time, TransactionKey,
};
use fastrand::Rng;

use crate::error::{Error, Kind, Result};

/// The program's name.
pub(super) const PROGRAM: &str = "demo";

/// How often the demo reads the issuer's list again. New customers come often there.
pub(super) const SYNC_INTERVAL: Duration = Duration::from_secs(15);

/// The newest customers with cards, who have a history: those on the first pages of lists.
const WITH_HISTORY: usize = 120;
/// The history is so many rounds of purchases, the last one just now.
const ROUNDS: u32 = 24;
const BETWEEN_ROUNDS: Duration = Duration::from_hours(4);
const SINCE_LAST_ROUND: Duration = Duration::from_mins(20);

/// Starts the issuer with so many customers. It sends its webhooks to the gateway at
/// `address`; their secret is returned too.
///
/// # Errors
/// If there is no port for the issuer.
pub(super) fn start(address: SocketAddr, customers: u32) -> Result<(Issuer, String)> {
    let history = BETWEEN_ROUNDS * (ROUNDS - 1) + SINCE_LAST_ROUND;
    let millis = i64::try_from(history.as_millis()).map_err(Error::internal)?;
    let issuer = Issuer::start(IssuerOptions {
        programs: vec![spec()],
        start: Some(Time::now().plus(-millis)),
        sender: SenderOptions::every(Duration::from_secs(2)),
        ..IssuerOptions::default()
    })
    .map_err(Error::internal)?;
    let url = format!("http://{address}/webhooks/yativo/{PROGRAM}");
    let secret = issuer.act(|program| {
        program.fill(Fill { transactions: 0, ..Fill::of(customers as usize) });
        program.subscribe(&url, &["*"]).secret
    });
    spend(&issuer)?;
    Ok((issuer, secret))
}

/// A program that can be tried out for days: new customers need no one at the issuer, and no
/// limit ends the payments.
fn spec() -> ProgramSpec {
    /// In cents: a hundred million dollars.
    const PLENTY: i64 = 10_000_000_000;
    ProgramSpec {
        passes_identity_checks: true,
        max_cards: 1_000_000,
        daily_funding_limit: PLENTY,
        monthly_funding_limit: PLENTY,
        master_wallet: PLENTY,
        ..ProgramSpec::named(PROGRAM)
    }
}

/// Lets the newest customers use their cards for some days, until now.
fn spend(issuer: &Issuer) -> Result<()> {
    let mut rng = Rng::with_seed(1);
    let spenders = issuer.act(|program| spenders(program, WITH_HISTORY));
    let mut open = Vec::new();
    for round in 1..=ROUNDS {
        let made = issuer.act(|program| purchases(program, &spenders, &mut open, &mut rng));
        made.map_err(|refusal| {
            let message = "the issuer refused a purchase of the demo";
            Error::new(Kind::Internal, message).because(format!("{refusal:?}"))
        })?;
        issuer.advance(if round == ROUNDS { SINCE_LAST_ROUND } else { BETWEEN_ROUNDS });
    }
    Ok(())
}

/// Ends the purchases of the last round, and makes new ones.
fn purchases(
    program: &mut Program,
    spenders: &[Spender],
    open: &mut Vec<TransactionKey>,
    rng: &mut Rng,
) -> Result<(), Refusal> {
    for key in open.drain(..) {
        if rng.u8(..12) == 0 {
            program.reverse(key)?;
        } else {
            program.settle(key, None)?;
        }
    }
    for spender in spenders {
        let purchase = Purchase::random(spender.currency, rng);
        match rng.u8(..48) {
            0 => program.decline(&spender.name, purchase).map(drop)?,
            1..16 => open.push(program.authorize(&spender.name, purchase)?),
            _ => {}
        }
    }
    Ok(())
}

/// A customer who can spend, and the card that events are about.
#[derive(Clone)]
pub(super) struct Spender {
    /// The `yativo_card_id`.
    pub(super) name: String,
    /// The card's currency.
    pub(super) currency: Currency,
    /// The UUID of a card that works.
    pub(super) card: String,
}

/// The newest customers with a card that works and some money, at most `count`.
pub(super) fn spenders(program: &Program, count: usize) -> Vec<Spender> {
    let mut all: Vec<&Customer> = program.customers().collect();
    all.sort_unstable_by_key(|customer| std::cmp::Reverse(customer.created_at));
    all.into_iter().filter_map(spender).take(count).collect()
}

fn spender(customer: &Customer) -> Option<Spender> {
    /// Enough for some days, in minor units.
    const RICH: i64 = 100_000;
    let card = customer.cards.iter().find(|card| !card.is_void())?;
    let is_ready = customer.wallet.as_ref().is_some_and(|wallet| wallet.ledger > RICH)
        && card.is(CardState::Active);
    is_ready.then_some(())?;
    Some(Spender {
        name: customer.yativo_card_id.clone(),
        currency: customer.currency?,
        card: card.id.to_string(),
    })
}
