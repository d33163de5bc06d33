//! What a webhook event says of a payment.

use super::members::{Members, currency};
use crate::domain::money::{Currency, Minor};
use crate::domain::time::Timestamp;

/// What a webhook event says of a payment. What it does not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyEvent {
    /// The issuer's name for the transfer, withdrawal or swap.
    pub id: Option<String>,
    /// The issuer's identifier of the customer.
    pub yativo_card_id: Option<String>,
    /// How much, in minor units of `currency`.
    pub amount: Option<Minor>,
    /// The currency of the amount.
    pub currency: Option<Currency>,
    /// What a swap yields, and its currency.
    pub output: Option<(Minor, Currency)>,
    /// `initiated`, `settled`, `failed`, `completed`, `submitted`, … in lower case.
    pub status: Option<String>,
    /// When a withdrawal will arrive.
    pub settles_at: Option<Timestamp>,
    /// When the event was made.
    pub created_at: Option<Timestamp>,
}

/// Reads the body of an event; none if it is not one.
pub fn read_money_event(body: &str) -> Option<MoneyEvent> {
    let event = Members::read(body)?;
    let data = event.object(&["data"])?;
    let from = data.text(&["currency", "from_token"]).and_then(|word| currency(&word));
    let to = data.text(&["to_token"]).and_then(|word| currency(&word));
    let output = to.and_then(|to| Some((data.money("expected_output", Some(to))?, to)));
    // A return to the master wallet calls its amount that of a deposit.
    let amount = data.money("amount", from).or_else(|| data.money("deposit_amount", from));
    Some(MoneyEvent {
        id: data.text(&["transfer_id", "withdrawal_id", "swap_id"]),
        yativo_card_id: data.text(&["yativo_card_id"]),
        amount,
        currency: from,
        output,
        status: data.text(&["status"]).map(|word| word.to_lowercase()),
        settles_at: data.time(&["estimated_settlement_at"]),
        created_at: event.time(&["created_at", "createdAt"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withdrawal_and_a_swap_are_read() {
        let body = r#"{"id":"evt_1","type":"card.withdrawal.initiated",
            "created_at":"2026-05-12T14:00:00Z","data":{"withdrawal_id":"wd_1",
            "yativo_card_id":"ycc_1","amount":25.5,"amount_minor":2550,"currency":"EURe",
            "status":"Initiated","estimated_settlement_at":"2026-05-12T14:03:00Z"}}"#;
        let event = read_money_event(body).expect("an event");
        assert_eq!((event.id.as_deref(), event.amount), (Some("wd_1"), Minor::new(2_550)));
        assert_eq!(event.currency, Some(Currency::Eur));
        assert_eq!(event.status.as_deref(), Some("initiated"));
        assert!(event.settles_at > event.created_at);
        let body = r#"{"type":"master_wallet.swap","data":{"swap_id":"sw_1","from_token":"USDC",
            "to_token":"GBP","amount":10,"expected_output":"7.50","status":"submitted"}}"#;
        let event = read_money_event(body).expect("an event");
        assert_eq!((event.amount, event.currency), (Minor::new(1_000), Some(Currency::Usd)));
        let output = event.output.map(|(output, currency)| (output.get(), currency));
        assert_eq!(output, Some((750, Currency::Gbp)));
        assert_eq!(read_money_event("[]"), None);
        assert_eq!(read_money_event("{\"data\":7}"), None);
    }
}
