//! One line of the import format, checked.

use std::fmt::Write as _;

use alloy_primitives::Address;
use serde::Deserialize;
use uuid::Uuid;

use crate::domain::balance::WalletBalance;
use crate::domain::card::{Card, CardStatus};
use crate::domain::customer::Customer;
use crate::domain::identifier;
use crate::domain::money::Minor;
use crate::domain::onboarding::{self, FlowStatus, KycStatus, MAX_NEXT_ACTION, Onboarding};
use crate::domain::time::Timestamp;
use crate::store::Record;

#[derive(Deserialize)]
struct Line {
    id: Option<String>,
    yativo_card_id: Option<String>,
    external_customer_id: Option<String>,
    email: Option<String>,
    flow_status: Option<String>,
    step: Option<i64>,
    next_action: Option<String>,
    kyc_status: Option<String>,
    currency: Option<String>,
    safe_deployed: Option<bool>,
    wallet_address: Option<String>,
    created_at: Option<String>,
    balance: Option<LineBalance>,
    cards: Option<Vec<LineCard>>,
}

#[derive(Deserialize)]
struct LineBalance {
    ledger_minor: i64,
    available_minor: i64,
    pending_minor: i64,
    updated_at: String,
}

#[derive(Deserialize)]
struct LineCard {
    card_id: String,
    last_four: String,
    card_type: String,
    status: String,
    is_stolen: Option<bool>,
    network_token: Option<String>,
    pin_set: Option<bool>,
    activated_at: Option<String>,
    created_at: String,
}

/// A record, or everything that is wrong with the line.
pub(super) fn parse(text: &[u8]) -> Result<Record, String> {
    // Of a list, serde would take the first item for the first member.
    if text.first() != Some(&b'{') {
        return Err("not valid: not a JSON object".to_owned());
    }
    let line: Line = serde_json::from_slice(text).map_err(|error| {
        // It counts lines too, but it has seen only one.
        format!("not valid: {}", error.to_string().replace(" at line 1 column ", " at column "))
    })?;
    let mut check = Check::default();
    let record = record(line, &mut check);
    match record {
        Some(record) if check.wrong.is_empty() => Ok(record),
        _ => Err(check.wrong),
    }
}

/// Collects what is wrong, so that a line is reported once with all of it.
#[derive(Default)]
struct Check {
    wrong: String,
}

impl Check {
    fn wrong(&mut self, field: &str, what: &str) {
        let separator = if self.wrong.is_empty() { "" } else { "; " };
        // Writing to a string cannot fail.
        let _ = write!(self.wrong, "{separator}{field} {what}");
    }

    fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.wrong(field, "is missing");
        }
        value
    }

    fn parsed<T>(
        &mut self,
        field: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Option<T>,
        what: &str,
    ) -> Option<T> {
        let value = parse(text);
        if value.is_none() {
            self.wrong(field, what);
        }
        value
    }

    /// A text that can be looked up.
    fn name(&mut self, field: &str, text: String) -> String {
        if let Err(what) = identifier::check(&text) {
            self.wrong(field, what);
        }
        text
    }

    /// A status of the issuer.
    fn status(&mut self, text: String) -> String {
        if let Err(what) = onboarding::check_status(&text) {
            self.wrong("flow_status", what);
        }
        text
    }

    fn time(&mut self, field: &str, text: &str) -> Option<Timestamp> {
        self.parsed(field, text, Timestamp::parse, "is not an RFC 3339 time")
    }

    fn amount(&mut self, field: &str, minor: i64) -> Option<Minor> {
        let amount = Minor::new(minor);
        if amount.is_none() {
            self.wrong(field, "is not between -9007199254740991 and 9007199254740991");
        }
        amount
    }
}

fn record(line: Line, check: &mut Check) -> Option<Record> {
    let id = check.required("id", line.id).map(|id| id.to_ascii_lowercase());
    if id.as_deref().is_some_and(|id| !identifier::is_customer_id(id)) {
        check.wrong("id", "is not 24 hexadecimal digits");
    }
    let yativo_card_id = check.required("yativo_card_id", line.yativo_card_id);
    let yativo_card_id = yativo_card_id.map(|text| check.name("yativo_card_id", text));
    let external = line.external_customer_id;
    let external = external.map(|text| check.name("external_customer_id", text));
    let email = check.required("email", line.email).map(|text| check.name("email", text));
    if email.as_deref().is_some_and(|email| !email.contains('@')) {
        check.wrong("email", "is not an e-mail address");
    }
    let flow_status = check.required("flow_status", line.flow_status);
    let flow_status = flow_status.map(|text| check.status(text));
    let kyc_status: Option<KycStatus> = line.kyc_status.and_then(|text| {
        check.parsed("kyc_status", &text, |text| text.parse().ok(), "is not a known status")
    });
    let currency = line.currency.and_then(|text| {
        check.parsed("currency", &text, |text| text.parse().ok(), "is not USD, EUR or GBP")
    });
    let wallet_address = line
        .wallet_address
        .and_then(|text| check.parsed("wallet_address", &text, wallet, "is not an EIP-55 address"));
    let created_at = check
        .required("created_at", line.created_at)
        .and_then(|text| check.time("created_at", &text));
    let balance = line.balance.and_then(|balance| live_balance(&balance, check));
    let holder = id.clone().unwrap_or_default();
    let cards = line.cards.unwrap_or_default();
    let cards: Vec<Card> =
        cards.into_iter().filter_map(|line| card(line, &holder, check)).collect();
    let safe_deployed = line.safe_deployed.unwrap_or(false);
    let reached = FlowStatus::reached(kyc_status, safe_deployed, !cards.is_empty());
    let onboarding =
        flow_status.map(|status| onboarding(status, line.step, line.next_action, reached, check));
    Some(Record {
        customer: Customer {
            id: id?,
            yativo_card_id: yativo_card_id?,
            external_customer_id: external,
            email: email?,
            onboarding: onboarding?,
            kyc_status,
            currency,
            safe_deployed,
            wallet_address,
            created_at: created_at?,
            updated_at: None,
            stated_cards_count: None,
        },
        balance,
        cards,
    })
}

/// The status with its step and next action, which count only where the status is not
/// one of the seven stages.
fn onboarding(
    status: String,
    step: Option<i64>,
    next_action: Option<String>,
    reached: FlowStatus,
    check: &mut Check,
) -> Onboarding {
    if let Ok(stage) = status.parse::<FlowStatus>() {
        return stage.into();
    }
    let number = step.and_then(|step| i32::try_from(step).ok());
    let number = number.filter(|number| FlowStatus::at_step(*number).is_some());
    if number.is_none() && step.is_some() {
        check.wrong("step", "is not between 1 and 6");
    }
    let next_action = next_action.filter(|text| !text.is_empty());
    if let Some(text) = &next_action {
        if text.len() > MAX_NEXT_ACTION {
            check.wrong("next_action", "must not be longer than 500 bytes");
        } else if text.chars().any(char::is_control) {
            check.wrong("next_action", "must not contain control characters");
        }
    }
    Onboarding::of(status, number, next_action, reached)
}

fn live_balance(line: &LineBalance, check: &mut Check) -> Option<WalletBalance> {
    let ledger = check.amount("balance.ledger_minor", line.ledger_minor);
    let available = check.amount("balance.available_minor", line.available_minor);
    let pending = check.amount("balance.pending_minor", line.pending_minor);
    let updated_at = check.time("balance.updated_at", &line.updated_at);
    // It would be the newest until then, whatever comes after it.
    if updated_at.is_some_and(|at| at.is_future(Timestamp::now())) {
        check.wrong("balance.updated_at", "is in the future");
    }
    let live = WalletBalance::live(ledger?, available?, pending?, updated_at?);
    if live.is_none() {
        check.wrong("balance.ledger_minor", "is not available_minor + pending_minor");
    }
    live
}

fn card(line: LineCard, holder: &str, check: &mut Check) -> Option<Card> {
    let card_id = check.parsed(
        "cards.card_id",
        &line.card_id,
        |text| Some(Uuid::parse_str(text).ok()?.hyphenated().to_string()),
        "is not a UUID",
    );
    if line.last_four.len() != 4 || !line.last_four.bytes().all(|digit| digit.is_ascii_digit()) {
        check.wrong("cards.last_four", "is not four digits");
    }
    let card_type = check.parsed(
        "cards.card_type",
        &line.card_type,
        |text| text.parse().ok(),
        "is not virtual or physical",
    );
    let status = check.parsed(
        "cards.status",
        &line.status,
        |text| text.parse().ok(),
        "is not a known status",
    );
    let is_stolen = line.is_stolen.unwrap_or(false);
    let network_token = line.network_token.map(|text| check.name("cards.network_token", text));
    let activated_at = line.activated_at.and_then(|text| check.time("cards.activated_at", &text));
    let created_at = check.time("cards.created_at", &line.created_at);
    Some(Card {
        card_id: card_id?,
        customer_id: holder.to_owned(),
        network_token,
        last_four: line.last_four,
        card_type: card_type?,
        // The contract: a stolen card counts as voided.
        status: if is_stolen { CardStatus::Voided } else { status? },
        is_stolen,
        pin_set: line.pin_set,
        activated_at,
        created_at: created_at?,
    })
}

/// An address in EIP-55 form. One in a single case carries no checksum and is
/// brought into that form; a wrong checksum is refused.
fn wallet(text: &str) -> Option<String> {
    let digits = text.strip_prefix("0x")?;
    let mixed = digits.bytes().any(|b| b.is_ascii_lowercase())
        && digits.bytes().any(|b| b.is_ascii_uppercase());
    let address = if mixed {
        Address::parse_checksummed(text, None).ok()?
    } else {
        text.parse::<Address>().ok()?
    };
    Some(address.to_checksum(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"{"id":"69f0bdf29a84752db9cc8ff9","yativo_card_id":"yativo_card_customer_4c1de2_1769031332068","external_customer_id":"usr_1207","email":"mira@example.com","flow_status":"active","kyc_status":"approved","currency":"EUR","safe_deployed":true,"wallet_address":"0x52908400098527886E0F7030069857D2E4169EE7","created_at":"2026-04-20T08:00:00.000Z","balance":{"ledger_minor":12040,"available_minor":10115,"pending_minor":1925,"updated_at":"2026-05-12T14:30:00.000Z"},"cards":[{"card_id":"afeb85fe-02f8-48da-b61e-84ad02704167","last_four":"4242","card_type":"virtual","status":"active","activated_at":"2026-04-25T12:00:00.000Z","created_at":"2026-04-25T10:00:00.000Z"}],"more":[]}"#;

    #[test]
    fn the_formats_own_example_is_read() {
        let record = parse(EXAMPLE.as_bytes()).expect("the example is good");
        assert_eq!(record.customer.id, "69f0bdf29a84752db9cc8ff9");
        assert_eq!(record.balance.and_then(|balance| balance.pending), Minor::new(1925));
        assert_eq!(record.cards[0].customer_id, record.customer.id);
    }

    #[test]
    fn every_mistake_is_named() {
        for (from, to, said) in [
            ("\"id\":\"69f0", "\"id\":\"xxxx", "id is not 24 hexadecimal digits"),
            ("\"email\":", "\"mail\":", "email is missing"),
            ("mira@example.com", "mira", "email is not an e-mail address"),
            ("\"active\",\"kyc", "\"\",\"kyc", "flow_status must not be empty"),
            (
                "\"active\",\"kyc",
                "\"a\\tb\",\"kyc",
                "flow_status must not contain control characters",
            ),
            ("\"active\",\"kyc", "\"new\",\"step\":0,\"kyc", "step is not between 1 and 6"),
            ("\"active\",\"kyc", "\"new\",\"step\":7,\"kyc", "step is not between 1 and 6"),
            (
                "\"active\",\"kyc",
                "\"new\",\"next_action\":\"\\u0000\",\"kyc",
                "next_action must not contain control characters",
            ),
            ("approved", "perhaps", "kyc_status is not a known status"),
            ("EUR", "SEK", "currency is not USD, EUR or GBP"),
            ("169EE7", "169Ee7", "wallet_address is not an EIP-55 address"),
            ("2026-04-20T08", "2026-04-20 at 8", "created_at is not an RFC 3339 time"),
            ("12040", "12041", "balance.ledger_minor is not available_minor + pending_minor"),
            ("12040", "9007199254740992", "balance.ledger_minor is not between"),
            ("12040", "120.4", "not valid: "),
            ("2026-05-12T14", "9026-05-12T14", "balance.updated_at is in the future"),
            ("afeb85fe-", "card-", "cards.card_id is not a UUID"),
            ("4242", "42424", "cards.last_four is not four digits"),
            (
                "\"last_four\"",
                "\"network_token\":\"\",\"last_four\"",
                "cards.network_token must not be empty",
            ),
            ("virtual", "wooden", "cards.card_type is not virtual or physical"),
            ("usr_1207", "usr\\u0000", "external_customer_id must not contain control characters"),
            ("{\"id\"", "\"id\"", "not valid: "),
        ] {
            let line = EXAMPLE.replacen(from, to, 1);
            assert_ne!(line, EXAMPLE, "{from} is in the example");
            let said_now = parse(line.as_bytes()).expect_err(to);
            assert!(said_now.starts_with(said), "{said_now} | {said}");
        }
        let two = parse(br#"{"id":"69f0bdf29a84752db9cc8ff9","email":"x"}"#).expect_err("bad");
        assert!(two.contains("yativo_card_id is missing; email is not"), "{two}");
    }

    #[test]
    fn an_address_is_brought_into_its_one_form() {
        let form = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        for text in [form, &form.to_lowercase(), &format!("0x{}", form[2..].to_uppercase())] {
            assert_eq!(wallet(text).as_deref(), Some(form));
        }
        for bad in ["", "0x", &form[2..], &form[..41], "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"]
        {
            assert_eq!(wallet(bad), None, "{bad}");
        }
    }
}
