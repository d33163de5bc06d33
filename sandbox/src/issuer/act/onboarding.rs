//! The steps by which a person becomes a customer with a card.

use crate::issuer::json::{Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::state::names::NameKind;
use crate::issuer::state::{
    Customer, Later, Onboarding, Program, Source, Stage, Transition, Wallet, idents,
};
use crate::issuer::time::{MINUTE, Time};

/// How long a code is good, in milliseconds.
const OTP_LIFE: i64 = 10 * MINUTE;
/// How many wrong codes are allowed.
const OTP_ATTEMPTS: u32 = 5;
/// How long a wallet's deployment takes, in milliseconds.
const DEPLOYMENT: i64 = 2 * MINUTE;

impl Program {
    /// Begins the onboarding of a person, or sends the code again to one who has
    /// not verified it yet.
    ///
    /// # Errors
    /// Each documented reason.
    pub fn onboard(&mut self, email: &str, external_id: Option<&str>) -> Result<String, Refusal> {
        let valid = email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        if !valid {
            return Err(Refusal::new(400, "INVALID_EMAIL", "The e-mail address is not valid"));
        }
        if self.burnt_emails.iter().any(|burnt| burnt.eq_ignore_ascii_case(email)) {
            return Err(Refusal::new(
                400,
                "EMAIL_ALREADY_REGISTERED",
                "The e-mail address was used before",
            ));
        }
        let now = self.now;
        if let Some(index) = self.names.find(NameKind::Email, email) {
            return self.onboard_again(index);
        }
        if external_id.is_some_and(|id| self.names.find(NameKind::ExternalId, id).is_some()) {
            return Err(Refusal::new(
                409,
                "CUSTOMER_ALREADY_ONBOARDED",
                "external_customer_id is in use",
            ));
        }
        if self.order.len() >= self.spec.max_cards as usize {
            return Err(Refusal::new(
                403,
                "LIMIT_EXCEEDS_PROGRAM",
                "The program has all customers that it may have",
            ));
        }
        let name = idents::yativo_card_id(&mut self.rng, now);
        let customer = Customer {
            id: idents::object_id(&mut self.rng, now),
            yativo_card_id: name.clone(),
            external_id: external_id.map(str::to_owned),
            email: email.to_owned(),
            stage: Stage::of("otp_requested"),
            kyc_status: "pending".to_owned(),
            rejection_reason: None,
            currency: None,
            wallet: None,
            cards: Vec::new(),
            transactions: Vec::new(),
            onboarding: Onboarding { otp_sent_at: now, ..Onboarding::default() },
            card_limits: None,
            daily_limit: 500_000,
            created_at: now,
            gone: false,
        };
        self.add(customer);
        Ok(name)
    }

    fn onboard_again(&mut self, index: u32) -> Result<String, Refusal> {
        let now = self.now;
        let customer = self.get_mut(index);
        match &*customer.stage.word {
            "otp_requested" | "reauth_otp_requested" => {
                customer.onboarding.otp_sent_at = now;
                customer.onboarding.otp_failures = 0;
                Ok(customer.yativo_card_id.clone())
            }
            _ if customer.stage.has_card() => {
                let more = object! {
                    "yativo_card_id": &customer.yativo_card_id,
                    "flow_status": &*customer.stage.word,
                    "next_step": "none",
                };
                let message = "The customer has an active card already";
                Err(Refusal::new(409, "CUSTOMER_CARD_ALREADY_ACTIVE", message).with(more))
            }
            _ => Err(Refusal::new(400, "EMAIL_ALREADY_IN_USE", "The e-mail address is in use")),
        }
    }

    /// Checks the code that was sent by e-mail. `right` is the code that was.
    ///
    /// # Errors
    /// Each documented reason.
    pub(crate) fn verify_otp(
        &mut self,
        index: u32,
        code: &str,
        right: &str,
    ) -> Result<(), Refusal> {
        let now = self.now;
        let customer = self.get_mut(index);
        let state = &mut customer.onboarding;
        let refuse = |code, message: &str, left: u32, next: &str, action: &str| {
            Err(Refusal::new(400, code, message).with(object! {
                "attempts_remaining": left, "next_step": next, "action": action,
            }))
        };
        if state.otp_failures >= OTP_ATTEMPTS {
            return refuse(
                "OTP_ATTEMPTS_EXCEEDED",
                "Too many wrong codes",
                0,
                "resend_otp",
                "resend",
            );
        }
        if now.since(state.otp_sent_at) >= OTP_LIFE {
            return refuse("OTP_EXPIRED", "The code has expired", 0, "resend_otp", "resend");
        }
        if code != right {
            state.otp_failures += 1;
            let left = OTP_ATTEMPTS - state.otp_failures;
            return refuse(
                "OTP_VERIFICATION_FAILED",
                "The code is wrong",
                left,
                "verify_otp",
                "retry",
            );
        }
        if matches!(&*customer.stage.word, "otp_requested" | "reauth_otp_requested") {
            customer.stage = Stage::of("otp_verified");
        }
        Ok(())
    }

    /// Sends a code by e-mail once more.
    pub(crate) fn resend_otp(&mut self, index: u32) {
        let now = self.now;
        let state = &mut self.get_mut(index).onboarding;
        state.otp_sent_at = now;
        state.otp_failures = 0;
    }

    /// Begins the identity check.
    pub(crate) fn begin_kyc(&mut self, index: u32, again: bool) -> Result<u32, Refusal> {
        let customer = self.get_mut(index);
        if customer.stage.step < 2 {
            return Err(Refusal::new(
                400,
                "KYC_LINK_FAILED",
                "The e-mail address is not verified yet",
            ));
        }
        if again || customer.onboarding.kyc_links == 0 {
            customer.onboarding.kyc_links += 1;
        }
        let links = customer.onboarding.kyc_links;
        if matches!(&*customer.stage.word, "otp_verified" | "kyc_rejected") {
            customer.stage = Stage::of("kyc_initiated");
            "in_progress".clone_into(&mut customer.kyc_status);
            if self.spec.passes_identity_checks {
                let name = self.get(index).yativo_card_id.clone();
                self.set_kyc(&name, "approved")?;
                self.deploy(index);
            }
        }
        Ok(links)
    }

    /// Accepts the terms; may be repeated.
    pub(crate) fn accept_terms(&mut self, index: u32) -> Time {
        let now = self.now;
        let customer = self.get_mut(index);
        *customer.onboarding.terms_accepted_at.get_or_insert(now)
    }

    /// Answers the questions about the source of funds.
    pub(crate) fn answer_source_of_funds(&mut self, index: u32) -> Time {
        let now = self.now;
        let customer = self.get_mut(index);
        *customer.onboarding.source_of_funds_at.get_or_insert(now)
    }

    /// Begins to deploy a wallet. Whether there is one already.
    pub(crate) fn begin_deployment(&mut self, index: u32) -> Result<bool, Refusal> {
        let at = self.now.plus(DEPLOYMENT);
        let customer = self.get_mut(index);
        if customer.wallet.is_some() {
            return Ok(true);
        }
        if customer.kyc_status != "approved" {
            return Err(Refusal::new(
                400,
                "KYC_STATUS_ERROR",
                "The identity check is not passed yet",
            ));
        }
        if customer.onboarding.deploying_until.is_none() {
            customer.onboarding.deploying_until = Some(at);
            customer.stage = Stage::of("safe_deploying");
            self.later.push(Later { at, what: Transition::Wallet(index) });
        }
        Ok(false)
    }

    /// Deploys a customer's wallet at once, with nothing in it. No event.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn deploy_wallet(&mut self, customer: &str) -> Result<(), Refusal> {
        let index = self.require(customer)?;
        self.deploy(index);
        Ok(())
    }

    pub(super) fn deploy(&mut self, index: u32) {
        let (now, currency) = (self.now, self.pick_currency());
        let address = idents::address(&mut self.rng);
        let customer = self.get_mut(index);
        if customer.wallet.is_some() {
            return;
        }
        customer.currency = customer.currency.or(Some(currency));
        customer.wallet =
            Some(Wallet { address, ledger: 0, held: 0, source: Source::Chain, at: now });
        customer.onboarding.deploying_until = None;
        if !customer.stage.has_card() {
            customer.stage = Stage::of("safe_deployed");
        }
    }

    /// Forgets an unfinished customer. The address cannot be used again.
    ///
    /// # Errors
    /// If there is no such customer, or a card was issued.
    pub fn reset(&mut self, customer: &str) -> Result<(), Refusal> {
        let index = self.index(customer).ok_or_else(|| Refusal::not_found("The customer"))?;
        self.refuse_with_card(index)?;
        let email = self.get(index).email.clone();
        self.burnt_emails.push(email);
        self.delist(index);
        Ok(())
    }

    /// Drops the record of an unfinished customer.
    ///
    /// # Errors
    /// If there is no such customer, or a card was issued.
    pub fn drop_unfinished(&mut self, customer: &str) -> Result<(), Refusal> {
        let index = self.require(customer)?;
        self.refuse_with_card(index)?;
        self.delist(index);
        Ok(())
    }

    fn refuse_with_card(&self, index: u32) -> Result<(), Refusal> {
        let customer = self.get(index);
        if customer.stage.has_card() || !customer.cards.is_empty() {
            return Err(Refusal::new(400, "CARD_ALREADY_ISSUED", "The customer has a card"));
        }
        Ok(())
    }

    /// What the caller should do next for a customer: the member `next_step`.
    pub(crate) fn next_step(&self, index: u32) -> Json {
        let customer = self.get(index);
        match (&*customer.stage.word, customer.kyc_status.as_str()) {
            ("otp_requested" | "reauth_otp_requested", _) => "verify_otp".into(),
            (_, "rejected" | "expired") => "retry_kyc".into(),
            ("otp_verified", _) => "kyc_link".into(),
            ("kyc_initiated", _) => "kyc_status".into(),
            ("card_created" | "active", _) => "none".into(),
            (_, "approved") => "create_virtual_card".into(),
            _ => Json::Null,
        }
    }
}
