//! What happens to cards.

use crate::issuer::json::{Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::state::{Card, CardKind, CardState, Program, Stage, idents};
use crate::issuer::time::Time;

impl Program {
    fn card_at(&self, customer: &str, card: &str) -> Result<(u32, usize), Refusal> {
        let missing = || Refusal::new(404, "CARD_NOT_FOUND", "There is no such card");
        let index = self.require(customer)?;
        let cards = &self.get(index).cards;
        let fits = |found: &Card| found.token == card || found.id.to_string() == card;
        Ok((index, cards.iter().position(fits).ok_or_else(missing)?))
    }

    /// The customer's name and the card that it names.
    pub(crate) fn find_card(&self, customer: &str, card: &str) -> Result<(&str, &Card), Refusal> {
        let (index, at) = self.card_at(customer, card)?;
        let customer = self.get(index);
        Ok((&customer.yativo_card_id, &customer.cards[at]))
    }

    /// Makes a card for a customer with a wallet.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn create_card(&mut self, customer: &str, kind: CardKind) -> Result<Card, Refusal> {
        let index = self.require(customer)?;
        let now = self.now;
        let card = Card {
            id: idents::uuid(&mut self.rng),
            token: idents::card_token(&mut self.rng),
            last_four: format!("{:04}", self.rng.u16(0..10_000)),
            kind,
            state: CardState::Active,
            pin_set: false,
            activated_at: (kind == CardKind::Virtual).then_some(now),
            created_at: now,
        };
        let found = self.get_mut(index);
        found.cards.insert(0, card.clone());
        if !found.stage.has_card() {
            found.stage = Stage::of("card_created");
        }
        let found = self.get(index);
        let data = object! {
            "yativo_card_id": &found.yativo_card_id,
            "card_id": &card.token,
            "type": Json::Null,
            "status": Json::Null,
            "timestamp": now,
        };
        self.name_card(index, &card);
        self.emit("card.created", data);
        Ok(card)
    }

    fn emit_card(&mut self, (index, at): (u32, usize), event: &'static str, with_status: bool) {
        let customer = self.get(index);
        let card = &customer.cards[at];
        let named = object! { "yativo_card_id": &customer.yativo_card_id, "card_id": &card.token };
        let status = if with_status {
            object! { "status": card.network_status() }
        } else {
            Json::Null
        };
        self.emit(event, named.and(status).and(object! { "timestamp": self.now }));
    }

    fn set_card(
        &mut self,
        customer: &str,
        card: &str,
        state: CardState,
        event: &'static str,
    ) -> Result<Time, Refusal> {
        let place = self.card_at(customer, card)?;
        self.get_mut(place.0).cards[place.1].state = state;
        self.emit_card(place, event, true);
        Ok(self.now)
    }

    /// Stops a card for a while.
    ///
    /// # Errors
    /// If there is no such customer or card.
    pub fn freeze(&mut self, customer: &str, card: &str) -> Result<Time, Refusal> {
        self.usable(customer, card)?;
        self.set_card(customer, card, CardState::Frozen, "card.frozen")
    }

    /// Lets a card work again.
    ///
    /// # Errors
    /// If there is no such customer or card.
    pub fn unfreeze(&mut self, customer: &str, card: &str) -> Result<Time, Refusal> {
        self.usable(customer, card)?;
        self.set_card(customer, card, CardState::Active, "card.unfrozen")
    }

    /// The issuer stops a card.
    ///
    /// # Errors
    /// If there is no such customer or card.
    pub fn deactivate(&mut self, customer: &str, card: &str) -> Result<Time, Refusal> {
        self.set_card(customer, card, CardState::Blocked, "card.deactivated")
    }

    /// The issuer ends a card.
    ///
    /// # Errors
    /// If there is no such customer or card.
    pub fn cancel(&mut self, customer: &str, card: &str) -> Result<Time, Refusal> {
        self.set_card(customer, card, CardState::Voided, "card.cancelled")
    }

    /// Ends a virtual card.
    ///
    /// # Errors
    /// If there is no such customer or card, it is physical, or void already.
    pub fn void(&mut self, customer: &str, card: &str) -> Result<Time, Refusal> {
        let (_, found) = self.find_card(customer, card)?;
        if found.kind == CardKind::Physical {
            return Err(Refusal::new(422, "VIRTUAL_CARD_ONLY", "Only virtual cards can be voided"));
        }
        if found.is_void() {
            return Err(Refusal::new(422, "CARD_ALREADY_VOIDED", "The card is void already"));
        }
        self.set_card(customer, card, CardState::Voided, "card.voided")
    }

    /// Reports a card lost.
    ///
    /// # Errors
    /// If there is no such customer or card, or it is lost already.
    pub fn lose(&mut self, customer: &str, card: &str) -> Result<Time, Refusal> {
        if self.find_card(customer, card)?.1.is(CardState::Lost) {
            return Err(Refusal::new(
                409,
                "CARD_ALREADY_LOST",
                "The card was reported lost already",
            ));
        }
        self.set_card(customer, card, CardState::Lost, "card.lost")
    }

    /// Reports a card stolen.
    ///
    /// # Errors
    /// If there is no such customer or card, or it is stolen already.
    pub fn steal(&mut self, customer: &str, card: &str) -> Result<Time, Refusal> {
        if self.find_card(customer, card)?.1.is(CardState::Stolen) {
            return Err(Refusal::new(
                409,
                "CARD_ALREADY_STOLEN",
                "The card was reported stolen already",
            ));
        }
        self.set_card(customer, card, CardState::Stolen, "card.stolen")
    }

    /// A physical card is put to use.
    ///
    /// # Errors
    /// If there is no such customer or card.
    pub fn activate(&mut self, customer: &str, card: &str) -> Result<Time, Refusal> {
        let (index, at) = self.card_at(customer, card)?;
        let now = self.now;
        let found = &mut self.get_mut(index).cards[at];
        found.state = CardState::Active;
        found.activated_at = Some(now);
        self.get_mut(index).stage = Stage::of("active");
        self.emit_card((index, at), "card.activated", false);
        Ok(now)
    }

    /// The PIN of a card is set. The pages do not show the event's members.
    ///
    /// # Errors
    /// If there is no such customer or card.
    pub fn set_pin(&mut self, customer: &str, card: &str) -> Result<Time, Refusal> {
        let (index, at) = self.card_at(customer, card)?;
        self.get_mut(index).cards[at].pin_set = true;
        self.emit_card((index, at), "physical.card.pin.changed", false);
        Ok(self.now)
    }

    /// Puts a card into any state, also one that no page names. No event.
    ///
    /// # Errors
    /// If there is no such customer or card.
    pub fn set_card_state(
        &mut self,
        customer: &str,
        card: &str,
        state: CardState,
    ) -> Result<(), Refusal> {
        let (index, at) = self.card_at(customer, card)?;
        self.get_mut(index).cards[at].state = state;
        Ok(())
    }

    /// A card that is lost or gone cannot be stopped or started.
    fn usable(&self, customer: &str, card: &str) -> Result<(), Refusal> {
        let (_, card) = self.find_card(customer, card)?;
        if matches!(card.state, CardState::Active | CardState::Frozen) {
            return Ok(());
        }
        let message = format!("The card is {}", card.status());
        Err(Refusal::new(422, "CARD_NOT_ACTIVE", message))
    }
}
