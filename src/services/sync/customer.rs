//! What the issuer says of a customer, put together with what is known already.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::domain::card::{Card, CardStatus, CardType, count_of_cards};
use crate::domain::customer::Customer;
use crate::domain::identifier;
use crate::domain::onboarding::{FlowStatus, Onboarding, check_status};
use crate::domain::time::Timestamp;
use crate::issuer::{IssuerCard, IssuerCustomer};

/// A hash of all that the issuer says of a customer: another hash, and something is new.
pub(super) fn hash_of(said: &IssuerCustomer) -> i64 {
    let digest = Sha256::digest(format!("{said:?}"));
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

/// The customer after what the issuer says, at `now`. What it does not say stays as it
/// is known. None if nothing is known that it can be found by.
pub(super) fn merged(
    said: &IssuerCustomer,
    known: Option<&Customer>,
    now: Timestamp,
) -> Option<Customer> {
    let name = |text: &Option<String>| text.clone().filter(|text| identifier::check(text).is_ok());
    let yativo_card_id =
        name(&said.yativo_card_id).or_else(|| Some(known?.yativo_card_id.clone()))?;
    let id = known.map(|known| known.id.clone()).or_else(|| said.canonical_id());
    let mut customer = Customer {
        id: id.unwrap_or_else(|| derived_id(&yativo_card_id)),
        external_customer_id: name(&said.external_customer_id),
        email: name(&said.email).or_else(|| Some(known?.email.clone())).unwrap_or_default(),
        onboarding: onboarding(said, known),
        kyc_status: said
            .kyc_status
            .as_ref()
            .and_then(|word| word.parse().ok())
            .or_else(|| known?.kyc_status),
        // A currency that we do not know is not the same as none.
        currency: match (said.currency, &said.currency_word) {
            (None, Some(_)) => known.and_then(|known| known.currency),
            (currency, _) => currency,
        },
        safe_deployed: said
            .safe_deployed
            .or_else(|| Some(known?.safe_deployed))
            .unwrap_or_default(),
        wallet_address: known.and_then(|known| known.wallet_address.clone()),
        created_at: said.created_at.or_else(|| Some(known?.created_at)).unwrap_or(now),
        yativo_card_id,
        updated_at: None,
        stated_cards_count: None,
    };
    customer.stated_cards_count = stated_cards_count(said, &customer)
        .or_else(|| known.filter(|_| said.cards.is_none())?.stated_cards_count);
    Some(customer)
}

/// How many cards the issuer says that the customer has, unless its cards say it: the list
/// has none, and a card cannot be stored without its last four digits.
fn stated_cards_count(said: &IssuerCustomer, customer: &Customer) -> Option<i64> {
    let stated = i64::from(said.cards_count?);
    let cards = said
        .cards
        .as_deref()
        .map(|cards| cards.iter().filter_map(|said| card(said, customer)).collect::<Vec<_>>());
    (cards.map(|cards| count_of_cards(&cards)) != Some(stated)).then_some(stated)
}

/// An identifier of ours for a customer for whom the issuer gives none: the same one
/// each time.
fn derived_id(yativo_card_id: &str) -> String {
    const_hex::encode(&Sha256::digest(yativo_card_id)[..12])
}

/// How far the customer has come, by the issuer's word with its own step and next
/// action. A word that cannot be stored is as good as none.
fn onboarding(said: &IssuerCustomer, known: Option<&Customer>) -> Onboarding {
    let Some(word) = said.flow_status.clone().filter(|word| check_status(word).is_ok()) else {
        let stage = said.step.and_then(FlowStatus::at_step);
        let stated = stage.map(Onboarding::Stage);
        return stated
            .or_else(|| known.map(|known| known.onboarding.clone()))
            .unwrap_or(Onboarding::Stage(FlowStatus::OtpRequested));
    };
    let kyc = said.kyc_status.as_ref().and_then(|word| word.parse().ok());
    let has_card = said.cards_count.is_some_and(|count| count > 0);
    let reached = FlowStatus::reached(kyc, said.safe_deployed == Some(true), has_card);
    let step = said.step.filter(|step| FlowStatus::at_step(*step).is_some());
    Onboarding::of(word, step, said.next_action.clone(), reached)
}

/// A card of a customer; none if its number's last digits are not known, or its
/// identifier is none.
pub(super) fn card(said: &IssuerCard, holder: &Customer) -> Option<Card> {
    let card_id = match Uuid::parse_str(&said.card_id) {
        Ok(uuid) => uuid.hyphenated().to_string(),
        Err(_) => identifier::check(&said.card_id).ok().map(|()| said.card_id.clone())?,
    };
    let is_stolen = said.is_stolen == Some(true);
    let card_type = said.card_type.as_ref().and_then(|word| word.parse().ok());
    Some(Card {
        card_id,
        customer_id: holder.id.clone(),
        network_token: None,
        last_four: said.last_four.clone()?,
        card_type: card_type.unwrap_or(CardType::Virtual),
        status: status(said),
        is_stolen,
        pin_set: said.pin_set,
        activated_at: said.activated_at,
        created_at: said.created_at.unwrap_or(holder.created_at),
    })
}

/// What a card can do. The flags are surer than the word, which is the network's.
fn status(said: &IssuerCard) -> CardStatus {
    let is = |flag: Option<bool>| flag == Some(true);
    if is(said.is_stolen) || is(said.is_void) {
        CardStatus::Voided
    } else if is(said.is_lost) {
        CardStatus::Lost
    } else if is(said.is_blocked) {
        CardStatus::Blocked
    } else if is(said.is_frozen) {
        CardStatus::Frozen
    } else {
        match said.status.as_deref() {
            Some("void" | "cancelled" | "canceled" | "stolen" | "terminated") => CardStatus::Voided,
            Some("inactive" | "deactivated" | "suspended") => CardStatus::Blocked,
            Some(word) => word.parse().unwrap_or(CardStatus::Active),
            None => CardStatus::Active,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> IssuerCustomer {
        IssuerCustomer {
            id: None,
            customer_id: Some("cus_1".to_owned()),
            yativo_card_id: Some("ycc_1".to_owned()),
            external_customer_id: None,
            email: Some("mira@example.com".to_owned()),
            flow_status: Some("active".to_owned()),
            step: Some(6),
            next_action: None,
            kyc_status: None,
            safe_deployed: Some(true),
            currency: None,
            currency_word: None,
            balance: crate::issuer::IssuerBalance::default(),
            cards_count: Some(0),
            pin_set: None,
            cards: None,
            unreadable_cards: 0,
            created_at: Timestamp::from_millis(1_000),
        }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("in range")
    }

    #[test]
    fn a_customer_without_an_identifier_gets_the_same_one_each_time() {
        let one = merged(&said(), None, at(5)).expect("it has a name");
        assert!(identifier::is_customer_id(&one.id), "{}", one.id);
        assert_eq!(merged(&said(), None, at(9)).map(|two| two.id), Some(one.id.clone()));
        let with_id = IssuerCustomer { id: Some("69F0BDF29A84752DB9CC8FF9".into()), ..said() };
        let two = merged(&with_id, None, at(5)).expect("it has a name");
        assert_eq!(two.id, "69f0bdf29a84752db9cc8ff9");
        assert_eq!(merged(&with_id, Some(&one), at(5)).map(|of| of.id), Some(one.id));
        let nameless = IssuerCustomer { yativo_card_id: Some("a\nb".into()), ..said() };
        assert_eq!(merged(&nameless, None, at(5)), None);
    }

    #[test]
    fn what_the_issuer_does_not_say_stays() {
        let known = Customer {
            kyc_status: Some(crate::domain::onboarding::KycStatus::Approved),
            currency: Some(crate::domain::money::Currency::Eur),
            wallet_address: Some("0x52908400098527886E0F7030069857D2E4169EE7".to_owned()),
            external_customer_id: Some("usr_1".to_owned()),
            ..merged(&said(), None, at(5)).expect("it has a name")
        };
        let new_words = IssuerCustomer {
            kyc_status: Some("under_dispute".to_owned()),
            currency_word: Some("chf".to_owned()),
            flow_status: Some("reauth_otp_requested".to_owned()),
            step: Some(2),
            email: None,
            ..said()
        };
        let now = merged(&new_words, Some(&known), at(5)).expect("it has a name");
        assert_eq!((now.kyc_status, now.currency), (known.kyc_status, known.currency));
        assert_eq!(
            (now.wallet_address, now.email),
            (known.wallet_address.clone(), known.email.clone())
        );
        assert_eq!(now.onboarding.status(), "reauth_otp_requested");
        assert_eq!(now.onboarding.stage(), FlowStatus::OtpVerified);
        assert_eq!(now.external_customer_id, None, "the issuer has none");
        let none = merged(&said(), Some(&known), at(5)).expect("it has a name");
        assert_eq!(none.currency, None, "the issuer says that there is none");
    }

    #[test]
    fn flags_of_a_card_are_surer_than_its_word() {
        let plain = IssuerCard {
            card_id: "AFEB85FE-02f8-48da-b61e-84ad02704167".to_owned(),
            last_four: Some("4242".to_owned()),
            card_type: None,
            status: Some("active".to_owned()),
            is_frozen: None,
            is_lost: None,
            is_stolen: None,
            is_blocked: None,
            is_void: None,
            pin_set: None,
            activated_at: None,
            created_at: None,
        };
        let holder = merged(&said(), None, at(5)).expect("it has a name");
        for (card_said, expected) in [
            (plain.clone(), CardStatus::Active),
            (IssuerCard { is_frozen: Some(true), ..plain.clone() }, CardStatus::Frozen),
            (
                IssuerCard { is_lost: Some(true), is_frozen: Some(true), ..plain.clone() },
                CardStatus::Lost,
            ),
            (IssuerCard { is_blocked: Some(true), ..plain.clone() }, CardStatus::Blocked),
            (IssuerCard { is_stolen: Some(true), ..plain.clone() }, CardStatus::Voided),
            (IssuerCard { status: Some("frozen".into()), ..plain.clone() }, CardStatus::Frozen),
            (IssuerCard { status: Some("cancelled".into()), ..plain.clone() }, CardStatus::Voided),
            (IssuerCard { status: Some("resting".into()), ..plain.clone() }, CardStatus::Active),
        ] {
            let card = card(&card_said, &holder).expect("it has digits");
            assert_eq!(card.status, expected);
            assert_eq!(card.card_id, "afeb85fe-02f8-48da-b61e-84ad02704167");
        }
        assert!(card(&IssuerCard { last_four: None, ..plain }, &holder).is_none());
    }
}
