//! The bodies of the routes that move money: read member by member, so that everything that is
//! wrong is reported at once. A null is as good as absent, an unknown member is ignored.

use serde::Deserialize;
use serde_json::value::RawValue;
use strum::VariantArray;
use utoipa::ToSchema;

use crate::domain::customer_names::{Name, NameKind};
use crate::domain::identifier::Identifier;
use crate::domain::money::{Currency, Minor, currency_code};
use crate::error::{Error, FieldError, Result};
use crate::services::funding::{
    FundRequest, Refusal, SwapRequest, SwapToken, Who, WithdrawRequest,
};

type Member<'a> = Option<&'a RawValue>;

/// Whom to fund: exactly one of the five names; how much, and how.
#[derive(Deserialize, ToSchema)]
pub(super) struct FundBody<'a> {
    /// The customer's `id` or `yativo_card_id`.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 320)]
    customer_id: Member<'a>,
    /// The customer's `yativo_card_id`.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 320)]
    yativo_card_id: Member<'a>,
    /// The `card_id` of one of the customer's cards.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 320)]
    card_id: Member<'a>,
    /// The customer's `external_customer_id`.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 320)]
    external_id: Member<'a>,
    /// The customer's e-mail address.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 320)]
    email: Member<'a>,
    /// How much, in US dollars with at most two decimals.
    #[serde(borrow)]
    #[schema(value_type = f64, minimum = 5)]
    amount: Member<'a>,
    /// The chain over which the master wallet pays: `SOL` or `XDC`.
    #[serde(borrow)]
    #[schema(value_type = String, pattern = "^(SOL|XDC)$")]
    source_chain: Member<'a>,
    /// `send_x`: the master wallet is debited exactly `amount`. `receive_x`: the customer is
    /// credited exactly `amount`.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, pattern = "^(send_x|receive_x)$", default = "send_x")]
    pricing_mode: Member<'a>,
    /// The currency that the customer's card must have: `USD`, `EUR` or `GBP`.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, pattern = "^(USD|EUR|GBP)$")]
    destination_token: Member<'a>,
}

/// From whom to withdraw, and how much.
#[derive(Deserialize, ToSchema)]
pub(super) struct WithdrawBody<'a> {
    /// The customer's `id`, `yativo_card_id` or `external_customer_id`; the e-mail address only
    /// if the customer has exactly one card.
    #[serde(borrow)]
    #[schema(value_type = String, max_length = 320)]
    id: Member<'a>,
    /// How much, in the card's currency, more than 0, with at most two decimals.
    #[serde(borrow)]
    #[schema(value_type = f64, exclusive_minimum = 0)]
    amount: Member<'a>,
}

/// What to exchange.
#[derive(Deserialize, ToSchema)]
pub(super) struct SwapBody<'a> {
    /// What is given: `USDC`, `EUR` or `GBP`; `USD`, `EURe` and `GBPe` mean the same.
    #[serde(borrow)]
    #[schema(value_type = String)]
    from_token: Member<'a>,
    /// What is wanted; another currency.
    #[serde(borrow)]
    #[schema(value_type = String)]
    to_token: Member<'a>,
    /// How much is given, more than 0, with at most two decimals.
    #[serde(borrow)]
    #[schema(value_type = f64, exclusive_minimum = 0)]
    amount: Member<'a>,
}

/// What is wrong with the members that were read so far.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl<'a> FundBody<'a> {
    /// The order of a body. Which customer is meant must be said once: else it is refused as
    /// the issuer does.
    pub(super) fn read(body: &'a [u8]) -> Result<Result<FundRequest, Refusal>> {
        let body: Self = parse(body)?;
        let mut faults = Faults::default();
        let names = [
            ("customer_id", NameKind::CustomerId, body.customer_id),
            ("card_id", NameKind::CardId, body.card_id),
            ("external_id", NameKind::ExternalId, body.external_id),
            ("email", NameKind::Email, body.email),
            ("yativo_card_id", NameKind::YativoCardId, body.yativo_card_id),
        ];
        let given = names.into_iter().filter_map(|(name, kind, raw)| Some((name, kind, raw?)));
        let given: Vec<_> = given.filter(|(_, _, raw)| raw.get() != "\"\"").collect();
        let [(name, kind, raw)] = given[..] else {
            return Ok(Err(Refusal::missing_identifier(&names.map(|(name, ..)| name))));
        };
        let who = faults.identifier(name, Some(raw));
        let amount = faults.amount(body.amount);
        let source_chain = faults.choice("source_chain", body.source_chain);
        if body.source_chain.is_none() {
            faults.add("source_chain", "must be SOL or XDC");
        }
        let pricing_mode = faults.choice("pricing_mode", body.pricing_mode);
        let destination_token =
            faults.choice::<Currency>("destination_token", body.destination_token);
        let order = faults.end(who.zip(amount).zip(source_chain))?;
        let ((text, amount), source_chain) = order;
        Ok(Ok(FundRequest {
            who: Who::Named(Name { kind, text }),
            amount,
            source_chain,
            pricing_mode: pricing_mode.unwrap_or_default(),
            destination_token,
        }))
    }
}

impl<'a> WithdrawBody<'a> {
    /// The order of a body.
    pub(super) fn read(body: &'a [u8]) -> Result<WithdrawRequest> {
        let body: Self = parse(body)?;
        let mut faults = Faults::default();
        let (who, amount) = (faults.identifier("id", body.id), faults.amount(body.amount));
        let (who, amount) = faults.end(who.zip(amount))?;
        Ok(WithdrawRequest { who, amount })
    }
}

impl<'a> SwapBody<'a> {
    /// The order of a body.
    pub(super) fn read(body: &'a [u8]) -> Result<SwapRequest> {
        let body: Self = parse(body)?;
        let mut faults = Faults::default();
        let from = faults.token("from_token", body.from_token);
        let to = faults.token("to_token", body.to_token);
        let amount = faults.amount(body.amount);
        let ((from, to), amount) = faults.end(from.zip(to).zip(amount))?;
        Ok(SwapRequest { from, to, amount })
    }
}

/// Reads an object. A member that is there twice is an error: which one would count?
fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|_| {
        let what = "must be a JSON object without repeated members";
        Error::invalid(vec![FieldError::new("body", what)])
    })
}

/// A text, or a number as it stands.
fn text(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'-' | b'0'..=b'9' => Some(raw.get().to_owned()),
        _ => None,
    }
}

impl Faults {
    fn add(&mut self, field: &'static str, what: impl Into<std::borrow::Cow<'static, str>>) {
        self.0.push(FieldError::new(field, what));
    }

    fn identifier(&mut self, field: &'static str, raw: Member<'_>) -> Option<Identifier> {
        let text = raw.and_then(text);
        let parsed = text.ok_or("must be a text").and_then(|text| Identifier::parse(&text));
        parsed.map_err(|what| self.add(field, what)).ok()
    }

    /// An amount with two decimals at most. Whether it is large enough is not checked here.
    fn amount(&mut self, raw: Member<'_>) -> Option<Minor> {
        let amount = raw.and_then(|raw| Minor::parse(raw.get(), Currency::DECIMALS));
        if amount.is_none() {
            self.add("amount", "must be a number with at most two decimals");
        }
        amount
    }

    /// One of a few words; none if it is absent.
    fn choice<T>(&mut self, field: &'static str, raw: Member<'_>) -> Option<T>
    where
        T: VariantArray + std::str::FromStr + Copy + 'static,
        &'static str: From<T>,
    {
        let raw = raw?;
        let word = text(raw).and_then(|word| word.parse().ok());
        if word.is_none() {
            let words: Vec<&str> = T::VARIANTS.iter().map(|one| (*one).into()).collect();
            self.add(field, format!("must be one of {}", words.join(", ")));
        }
        word
    }

    fn token(&mut self, field: &'static str, raw: Member<'_>) -> Option<SwapToken> {
        let word = raw.and_then(text).map(|word| word.trim().to_owned());
        let token = word.and_then(|word| {
            let currency = currency_code(&word)?.parse().ok()?;
            Some(SwapToken { currency, word })
        });
        if token.is_none() {
            self.add(field, "must be USDC, EUR or GBP");
        }
        token
    }

    /// What was read, unless something is wrong.
    fn end<T>(self, read: Option<T>) -> Result<T> {
        match read {
            Some(read) if self.0.is_empty() => Ok(read),
            _ => Err(Error::invalid(self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::payment::{PricingMode, SourceChain};
    use crate::error::Kind;

    fn faults(body: &str) -> Vec<&'static str> {
        let error = FundBody::read(body.as_bytes()).expect_err(body);
        assert_eq!(error.kind(), Kind::Invalid);
        error.fields().iter().map(|bad| bad.field).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        for (body, expected) in [
            ("", &["body"][..]),
            ("[]", &["body"]),
            (r#"{"email":"a","email":"b"}"#, &["body"]),
            (r#"{"email":"a@example.com"}"#, &["amount", "source_chain"]),
            (r#"{"email":"a","amount":25.001,"source_chain":"ETH"}"#, &["amount", "source_chain"]),
            (r#"{"email":"a","amount":"25","source_chain":"SOL"}"#, &["amount"]),
            (r#"{"email":"a","amount":1e300,"source_chain":"SOL"}"#, &["amount"]),
            (r#"{"email":true,"amount":25,"source_chain":"sol"}"#, &["email", "source_chain"]),
            (
                r#"{"email":"a","amount":25,"source_chain":"SOL","pricing_mode":"x","destination_token":"CHF"}"#,
                &["pricing_mode", "destination_token"],
            ),
        ] {
            assert_eq!(faults(body), expected, "{body}");
        }
    }

    #[test]
    fn exactly_one_name_says_who_is_funded() {
        let read = |body: &str| FundBody::read(body.as_bytes()).expect("an object");
        for body in [
            "{}",
            r#"{"email":null}"#,
            r#"{"email":"a@example.com","card_id":"b"}"#,
            r#"{"email":""}"#,
        ] {
            let refusal = read(body).expect_err(body);
            assert_eq!(refusal.code.as_deref(), Some("MISSING_IDENTIFIER"));
        }
        let body =
            r#"{"external_id":1207,"card_id":null,"amount":25.50,"source_chain":"XDC","x":1}"#;
        let request = read(body).expect("an order");
        assert_eq!(request.amount.get(), 2_550);
        let Who::Named(name) = &request.who else { panic!("{request:?}") };
        assert_eq!((name.kind, name.text.as_str()), (NameKind::ExternalId, "1207"));
        assert_eq!(request.pricing_mode, PricingMode::SendX);
        assert_eq!(request.source_chain, SourceChain::Xdc);
    }

    #[test]
    fn a_swap_knows_currencies_by_their_tokens() {
        let body = br#"{"from_token":"USDC","to_token":"EURe","amount":10}"#;
        let swap = SwapBody::read(body).expect("an order");
        assert_eq!((swap.from.currency, swap.to.currency), (Currency::Usd, Currency::Eur));
        assert_eq!(swap.to.word, "EURe");
        assert!(SwapBody::read(br#"{"from_token":"USDC","to_token":"CHF","amount":1}"#).is_err());
    }
}
