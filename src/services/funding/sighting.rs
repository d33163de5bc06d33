//! What the issuer shows of payments: transfers in its list, withdrawals and swaps in events.

use std::collections::BTreeMap;

use super::answer::{self, Made};
use crate::domain::money::{Currency, Minor};
use crate::domain::payment::{
    Answer, Order, Payee, Payment, PaymentKind, PricingMode, SourceChain,
};
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::issuer::{IssuerTransfer, MoneyEvent, ProgramClient, read_money_event};
use crate::store::Store;

/// Transfers of one call.
const PAGE: u64 = 100;
/// How many pages of one customer's transfers are read at most.
const PAGES: u64 = 100;
/// How much earlier or later than ours the issuer's clock and its whole seconds may put a
/// payment, in milliseconds.
const CLOCKS: i64 = 2 * 60 * 1_000;
/// How long after it was sent the issuer may begin with a payment, in milliseconds.
const LATEST: i64 = 15 * 60 * 1_000;
/// What a funding of an exact result may cost beside the result: a seventh, and 5 dollars.
const FEE_PART: i64 = 7;
const FEE: i64 = 500;

/// A payment that the issuer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) id: String,
    pub(super) status: Option<String>,
    kind: PaymentKind,
    /// The customer, by one of the issuer's names.
    customer: Option<String>,
    chain: Option<String>,
    amount: Option<Minor>,
    currency: Option<Currency>,
    /// What arrives, and its currency.
    output: Option<Minor>,
    output_currency: Option<Currency>,
    settles_at: Option<Timestamp>,
    pub(super) at: Option<Timestamp>,
}

/// All sightings that a payment could be among, and whether that is all there is.
#[derive(Clone, Debug, Default)]
pub(super) struct Sightings {
    pub(super) all: Vec<Sighting>,
    /// Whether a payment that is not among them was not made.
    pub(super) is_complete: bool,
}

impl Sighting {
    /// Whether this can be the payment.
    pub(super) fn fits(&self, payment: &Payment) -> bool {
        let order = &payment.order;
        let chain = order.source_chain.map(Into::<&str>::into);
        self.kind == order.kind
            && self.is_of(order.payee.as_ref())
            && (self.chain.is_none() || self.chain.as_deref() == chain)
            && self.is_so_much(order)
            && self.is_in_time(payment)
    }

    fn is_of(&self, payee: Option<&Payee>) -> bool {
        match (payee, &self.customer) {
            (Some(payee), Some(name)) => *name == payee.yativo_card_id || *name == payee.id,
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    fn is_so_much(&self, order: &Order) -> bool {
        let Some(amount) = self.amount.map(Minor::get) else { return false };
        let ordered = order.amount.get();
        match order.kind {
            PaymentKind::Funding if order.pricing_mode == Some(PricingMode::ReceiveX) => {
                // The fee is not documented.
                (ordered..=ordered + ordered / FEE_PART + FEE).contains(&amount)
            }
            PaymentKind::Funding => amount == ordered,
            PaymentKind::Withdrawal => amount == ordered && self.currency == Some(order.currency),
            PaymentKind::Swap => {
                amount == ordered
                    && self.currency == Some(order.currency)
                    && self.output_currency == order.to_currency
            }
        }
    }

    fn is_in_time(&self, payment: &Payment) -> bool {
        let (Some(at), Some(sent_at)) = (self.at, payment.sent_at) else { return false };
        sent_at.plus_millis(-CLOCKS) <= at && at <= sent_at.plus_millis(LATEST)
    }

    /// The answer that the caller would have had, as far as it is known.
    ///
    /// # Errors
    /// Never, as amounts are numbers.
    pub(super) fn answer(&self, order: &Order) -> Result<Answer> {
        answer::of(
            order,
            Made {
                id: Some(&self.id),
                status: self.status.as_deref(),
                amount: self.amount,
                output: self.output,
                output_currency: self.output_currency,
                settles_at: self.settles_at,
            },
        )
    }
}

/// The transfers of one customer over one chain. They are all: what is not among them was not
/// made.
///
/// # Errors
/// If the issuer refuses, or gives no readable answer.
pub(super) async fn transfers(
    client: &ProgramClient,
    customer: &str,
    chain: SourceChain,
) -> Result<Sightings> {
    let mut seen = Sightings { all: Vec::new(), is_complete: true };
    let mut listed = 0;
    for number in 1.. {
        let page = client.transfers_page(customer, chain.into(), number, PAGE).await;
        let page = page.map_err(|error| {
            Error::new(Kind::Unavailable, "the list of transfers was not read").because(error)
        })?;
        let items = page.transfers.len() + page.unreadable;
        listed += items as u64;
        seen.is_complete &= page.unreadable == 0;
        seen.all.extend(page.transfers.into_iter().map(of_transfer));
        let is_last = match page.total {
            Some(total) => listed >= total,
            None => (items as u64) < PAGE,
        };
        if is_last || items == 0 {
            // Fewer than it says that there are: the list has changed meanwhile.
            seen.is_complete &= page.total.is_none_or(|total| listed == total);
            break;
        }
        if number >= PAGES {
            seen.is_complete = false;
            break;
        }
    }
    // One whose amount or time is unknown may be any payment.
    seen.is_complete &= seen.all.iter().all(|one| one.amount.is_some() && one.at.is_some());
    Ok(seen)
}

fn of_transfer(transfer: IssuerTransfer) -> Sighting {
    Sighting {
        id: transfer.id,
        status: transfer.status,
        kind: PaymentKind::Funding,
        customer: transfer.customer,
        chain: transfer.chain,
        amount: transfer.source_amount,
        currency: Some(Currency::Usd),
        output: transfer.destination_amount,
        output_currency: transfer.currency,
        settles_at: None,
        at: transfer.initiated_at,
    }
}

/// Withdrawals or swaps that events have reported since a moment. The issuer has no list of
/// them: one without an event may have been made all the same.
///
/// # Errors
/// If the store fails.
pub(super) async fn events(
    store: &Store,
    program: ProgramId,
    kind: PaymentKind,
    since: Timestamp,
) -> Result<Sightings> {
    let types: &[&str] = match kind {
        PaymentKind::Swap => &["master_wallet.swap"],
        // What comes back to the master wallet names the withdrawal, too.
        _ => &[
            "card.withdrawal.initiated",
            "card.withdrawal.settled",
            "card.withdrawal.failed",
            "master_wallet.withdrawal",
            "master_wallet.deposit",
        ],
    };
    let bodies = store.event_bodies(program, types, since.plus_millis(-CLOCKS)).await?;
    // Several events tell of one payment: the first of when it began, the others of its end.
    let mut seen: BTreeMap<String, Sighting> = BTreeMap::new();
    let events = bodies.iter().filter_map(|(_, body)| read_money_event(body));
    for sighting in events.filter_map(|event| of_event(event, kind)) {
        match seen.get_mut(&sighting.id) {
            None => {
                seen.insert(sighting.id.clone(), sighting);
            }
            Some(known) => {
                let has_ended = |word: &Option<String>| word.as_deref() != Some("initiated");
                if has_ended(&sighting.status) {
                    known.status = sighting.status;
                }
                known.at = known.at.min(sighting.at);
            }
        }
    }
    Ok(Sightings { all: seen.into_values().collect(), is_complete: false })
}

fn of_event(event: MoneyEvent, kind: PaymentKind) -> Option<Sighting> {
    Some(Sighting {
        id: event.id?,
        status: event.status,
        kind,
        customer: event.yativo_card_id,
        chain: None,
        amount: event.amount,
        currency: event.currency,
        output: event.output.map(|(output, _)| output),
        output_currency: event.output.map(|(_, currency)| currency),
        settles_at: event.settles_at,
        at: event.created_at,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A transfer of so many cents to `ycc_1` over `SOL`, at this moment.
    pub(crate) fn transfer(id: &str, cents: i64, at: i64) -> Sighting {
        of_transfer(IssuerTransfer {
            id: id.to_owned(),
            chain: Some("SOL".to_owned()),
            source_amount: Minor::new(cents),
            currency: Some(Currency::Eur),
            destination_amount: None,
            status: Some("pending".to_owned()),
            customer: Some("ycc_1".to_owned()),
            initiated_at: Timestamp::from_millis(at),
        })
    }

    /// A funding of so many cents to `ycc_1` over `SOL`, sent at this moment.
    pub(crate) fn funding(id: &str, cents: i64, at: i64) -> Payment {
        let order = Order {
            kind: PaymentKind::Funding,
            payee: Some(Payee { id: "c1".to_owned(), yativo_card_id: "ycc_1".to_owned() }),
            amount: Minor::new(cents).expect("an amount"),
            currency: Currency::Usd,
            to_currency: None,
            source_chain: Some(SourceChain::Sol),
            pricing_mode: Some(PricingMode::SendX),
        };
        let at = Timestamp::from_millis(at).expect("a time");
        Payment::new(id.to_owned(), order, at, at).sent(at, at).unknown("lost", at)
    }

    #[test]
    fn a_sighting_fits_by_customer_chain_amount_and_time() {
        let hour = 60 * 60 * 1_000;
        let payment = funding("p", 2_500, hour);
        let good = transfer("t", 2_500, hour + 1_000);
        assert!(good.fits(&payment));
        let by_id = Sighting { customer: Some("c1".to_owned()), ..good.clone() };
        assert!(by_id.fits(&payment));
        for bad in [
            Sighting { customer: Some("ycc_2".to_owned()), ..good.clone() },
            Sighting { customer: None, ..good.clone() },
            Sighting { chain: Some("XDC".to_owned()), ..good.clone() },
            Sighting { amount: Minor::new(2_501), ..good.clone() },
            Sighting { amount: None, ..good.clone() },
            Sighting { kind: PaymentKind::Swap, ..good.clone() },
            transfer("t", 2_500, hour - CLOCKS - 1),
            transfer("t", 2_500, hour + LATEST + 1),
        ] {
            assert!(!bad.fits(&payment), "{bad:?}");
        }
        let mut exact = payment;
        exact.order.pricing_mode = Some(PricingMode::ReceiveX);
        for (cents, fits) in [(2_499, false), (2_500, true), (2_513, true), (3_358, false)] {
            assert_eq!(transfer("t", cents, hour).fits(&exact), fits, "{cents}");
        }
    }

    #[test]
    fn an_answer_that_is_made_up_has_the_documented_members() {
        let payment = funding("p", 2_550, 1_000);
        let sighting = Sighting {
            output: Minor::new(2_310),
            status: Some("completed".to_owned()),
            ..transfer("tr_1", 2_550, 1_000)
        };
        let answer = sighting.answer(&payment.order).expect("an answer");
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(answer.status, 200);
        assert_eq!(
            body["data"],
            json!({
                "transfer_id": "tr_1", "status": "completed",
                "source": { "chain": "SOL", "amount": 25.5 }, "destination": { "token": "EUR" },
                "pricing_mode": "send_x", "estimated_amount": "23.100000", "estimated_time": null,
            })
        );
    }
}
