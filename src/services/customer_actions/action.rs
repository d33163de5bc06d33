//! Each action with its route and what is sent.

use serde_json::{Value, json};

use crate::domain::issuer_routes::{Method, ROUTES, Route};

/// Routes by their paths; a test looks each of them up.
const ONBOARD: &str = "/v1/yativo-card/customers/onboard";
const VERIFY_OTP: &str = "/v1/yativo-card/customers/{yativoCardId}/verify-otp";
const RESEND_OTP: &str = "/v1/yativo-card/customers/{yativoCardId}/resend-otp";
const KYC_LINK: &str = "/v1/yativo-card/customers/{yativoCardId}/kyc-link";
const TERMS: &str = "/v1/yativo-card/{yativoCardId}/terms";
const SOURCE_OF_FUNDS: &str = "/v1/yativo-card/customers/{yativoCardId}/source-of-funds";
const REQUEST_PHONE: &str = "/v1/yativo-card/customers/{yativoCardId}/phone/request-verification";
const VERIFY_PHONE: &str = "/v1/yativo-card/customers/{yativoCardId}/phone/verify";
const CREATE_CARD: &str = "/v1/yativo-card/customers/{yativoCardId}/cards/virtual";
const FREEZE: &str = "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/freeze";
const UNFREEZE: &str = "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/unfreeze";
const VOID: &str = "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/void";
const LOST: &str = "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/lost";
const STOLEN: &str = "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/stolen";

/// Something that the issuer does for a customer.
pub struct Action {
    method: Method,
    path: &'static str,
    /// The card, where the path names one.
    pub(super) card: Option<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    /// Whether the customer changes although the route does not say so.
    pub(super) changes: bool,
}

/// An answer to a question about the source of funds.
pub struct SourceOfFundsAnswer {
    /// The question's name.
    pub question: String,
    /// One of its options.
    pub answer: String,
}

impl Action {
    const fn new(method: Method, path: &'static str) -> Self {
        Self { method, path, card: None, query: Vec::new(), body: None, changes: false }
    }

    fn post(path: &'static str, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::Post, path) }
    }

    fn on_card(path: &'static str, card: &str) -> Self {
        Self { card: Some(card.to_owned()), ..Self::new(Method::Post, path) }
    }

    /// Adds a customer.
    pub(super) fn onboard(email: &str, external_customer_id: Option<&str>) -> Self {
        let mut body = json!({ "email": email });
        if let Some(external) = external_customer_id {
            body["external_customer_id"] = external.into();
        }
        Self::post(ONBOARD, body)
    }

    /// Checks the code from the customer's e-mail.
    pub fn verify_otp(otp: &str) -> Self {
        Self::post(VERIFY_OTP, json!({ "otp": otp }))
    }

    /// Sends the e-mail with the code again.
    pub const fn resend_otp() -> Self {
        Self::new(Method::Post, RESEND_OTP)
    }

    /// Asks for the address of the hosted identity check; for a new one with `refresh`.
    pub fn kyc_link(refresh: bool) -> Self {
        let query = refresh.then(|| ("refresh".to_owned(), "true".to_owned()));
        let query = query.into_iter().collect();
        // The identity check begins with it.
        Self { query, changes: true, ..Self::new(Method::Get, KYC_LINK) }
    }

    /// Accepts the terms in the customer's name.
    pub const fn accept_terms() -> Self {
        Self::new(Method::Post, TERMS)
    }

    /// Asks for the questions about the source of funds, in a language.
    pub fn source_of_funds(locale: Option<&str>) -> Self {
        let query = locale.map(|locale| ("locale".to_owned(), locale.to_owned()));
        Self { query: query.into_iter().collect(), ..Self::new(Method::Get, SOURCE_OF_FUNDS) }
    }

    /// Answers them.
    pub fn answer_source_of_funds(answers: &[SourceOfFundsAnswer]) -> Self {
        let answer = |given: &SourceOfFundsAnswer| json!({ "question": given.question, "answer": given.answer });
        let answers: Vec<Value> = answers.iter().map(answer).collect();
        Self::post(SOURCE_OF_FUNDS, json!({ "answers": answers }))
    }

    /// Sends a code to a phone number.
    pub fn request_phone_verification(phone_number: &str) -> Self {
        Self::post(REQUEST_PHONE, json!({ "phoneNumber": phone_number }))
    }

    /// Checks the code from the phone.
    pub fn verify_phone(code: &str) -> Self {
        Self::post(VERIFY_PHONE, json!({ "code": code }))
    }

    /// Creates a virtual card.
    pub fn create_virtual_card() -> Self {
        Self::post(CREATE_CARD, json!({}))
    }

    /// Freezes a card.
    pub fn freeze_card(card: &str) -> Self {
        Self::on_card(FREEZE, card)
    }

    /// Unfreezes a card.
    pub fn unfreeze_card(card: &str) -> Self {
        Self::on_card(UNFREEZE, card)
    }

    /// Closes a virtual card for good.
    pub fn void_card(card: &str) -> Self {
        Self::on_card(VOID, card)
    }

    /// Reports a card lost, for good.
    pub fn report_lost(card: &str) -> Self {
        Self::on_card(LOST, card)
    }

    /// Reports a card stolen, for good.
    pub fn report_stolen(card: &str) -> Self {
        Self::on_card(STOLEN, card)
    }

    /// The route of the issuer's API.
    pub(super) fn route(&self) -> Option<&'static Route> {
        let is_it = |route: &&Route| route.method == self.method && route.path == self.path;
        ROUTES.iter().find(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_has_a_route_that_takes_what_it_sends() {
        let answer = SourceOfFundsAnswer { question: "q".to_owned(), answer: "a".to_owned() };
        for action in [
            Action::onboard("a@example.com", Some("usr")),
            Action::verify_otp("123456"),
            Action::resend_otp(),
            Action::kyc_link(true),
            Action::accept_terms(),
            Action::source_of_funds(Some("en")),
            Action::answer_source_of_funds(&[answer]),
            Action::request_phone_verification("+123456789"),
            Action::verify_phone("123456"),
            Action::create_virtual_card(),
            Action::freeze_card("c"),
            Action::unfreeze_card("c"),
            Action::void_card("c"),
            Action::report_lost("c"),
            Action::report_stolen("c"),
        ] {
            let route = action.route().unwrap_or_else(|| panic!("{}", action.path));
            assert!(route.is_forwarded(), "{}", action.path);
            let has_card = route.parameters().any(|parameter| parameter == "cardId");
            assert_eq!(has_card, action.card.is_some(), "{}", action.path);
            assert!(action.query.iter().all(|(name, _)| route.query.contains(&name.as_str())));
            assert!(action.body.is_none() || !route.is_read(), "{}", action.path);
        }
    }
}
