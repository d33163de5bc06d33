//! Sample purchases, some of them in another currency than the wallet's.

use fastrand::Rng;
use serde_json::Value;

use super::members::Members;
use crate::domain::money::{Minor, decimals};

/// A fictitious merchant.
#[derive(Debug)]
struct Merchant {
    name: &'static str,
    category: &'static str,
    city: &'static str,
    country: &'static str,
    currency: &'static str,
}

const fn merchant([name, category, city, country, currency]: [&'static str; 5]) -> Merchant {
    Merchant { name, category, city, country, currency }
}

const MERCHANTS: &[Merchant] = &[
    merchant(["Corner Bakery", "5462", "Berlin", "DE", "EUR"]),
    merchant(["Metro Lisboa", "4111", "Lisbon", "PT", "EUR"]),
    merchant(["Café Central", "5812", "Vienna", "AT", "EUR"]),
    merchant(["Green Pharmacy", "5912", "Paris", "FR", "EUR"]),
    merchant(["Grocer & Sons", "5411", "London", "GB", "GBP"]),
    merchant(["Book Nook", "5942", "New York", "US", "USD"]),
    merchant(["Harbor Coffee", "5814", "Seattle", "US", "USD"]),
    merchant(["Tokyo Ramen", "5812", "Tokyo", "JP", "JPY"]),
    merchant(["Souk Textiles", "5651", "Kuwait City", "KW", "KWD"]),
    merchant(["City Kiosk", "5994", "Zurich", "CH", "CHF"]),
];

impl Merchant {
    /// A merchant that fits, or any if none does.
    fn random(rng: &mut Rng, fits: impl Fn(&Self) -> bool) -> &'static Self {
        let fitting: Vec<&'static Self> =
            MERCHANTS.iter().filter(|merchant| fits(merchant)).collect();
        rng.choice(fitting).unwrap_or(&MERCHANTS[0])
    }
}

/// Fictitious exchange rates: thousandths of each currency for one euro.
const RATES: &[(&str, i128)] =
    &[("EUR", 1_000), ("USD", 1_081), ("GBP", 853), ("CHF", 947), ("JPY", 168_400), ("KWD", 332)];

/// The decimals of a sample's exchange rate.
const RATE_DECIMALS: u32 = 6;

/// An amount of a currency.
#[derive(Clone, Debug)]
pub(super) struct Money {
    /// How much, in minor units.
    pub(super) amount: Minor,
    /// ISO 4217 code.
    pub(super) currency: String,
}

impl Money {
    fn decimals(&self) -> u32 {
        decimals(&self.currency)
    }

    /// The equivalent in another currency, to the nearest minor unit; the same number if
    /// there is no rate.
    pub(super) fn exchanged(&self, currency: &str) -> Self {
        let rate = |code: &str| RATES.iter().find(|(known, _)| *known == code).map(|of| of.1);
        let to = Self { amount: self.amount, currency: currency.to_owned() };
        let exchange = |from: i128, into: i128| {
            let over = i128::from(self.amount.get()) * into * 10_i128.pow(to.decimals());
            let under = from * 10_i128.pow(self.decimals());
            Minor::new(i64::try_from((over * 2 + under) / (under * 2)).ok()?)
        };
        let amount = rate(&self.currency).zip(rate(currency));
        let amount = amount.filter(|_| self.currency != currency);
        let amount = amount.and_then(|(from, into)| exchange(from, into));
        Self { amount: amount.unwrap_or(self.amount), ..to }
    }

    /// How much of this currency is one unit of the other amount's.
    fn rate(&self, other: &Self) -> Option<Minor> {
        let over = i128::from(self.amount.get()) * 10_i128.pow(RATE_DECIMALS + other.decimals());
        let under = i128::from(other.amount.get()) * 10_i128.pow(self.decimals());
        let rate = (over * 2 + under).checked_div(under * 2)?;
        Minor::new(i64::try_from(rate).ok()?)
    }
}

/// A purchase, in the merchant's currency and in the wallet's.
#[derive(Clone, Debug)]
pub(super) struct Purchase {
    merchant: &'static Merchant,
    /// The merchant's amount.
    pub(super) amount: Money,
    /// The amount that the wallet is charged.
    pub(super) billing: Money,
}

impl Purchase {
    /// A purchase with this billing amount. One of three is in a foreign currency.
    pub(super) fn random(billing: Money, rng: &mut Rng) -> Self {
        let is_foreign = rng.u8(..3) == 0;
        let fits = |merchant: &Merchant| (merchant.currency != billing.currency) == is_foreign;
        let merchant = Merchant::random(rng, fits);
        let currency = if is_foreign { merchant.currency } else { &billing.currency };
        Self { merchant, amount: billing.exchanged(currency), billing }
    }

    /// A purchase with both amounts.
    pub(super) fn of(amount: Money, billing: Money, rng: &mut Rng) -> Self {
        let merchant = Merchant::random(rng, |merchant| merchant.currency == amount.currency);
        Self { merchant, amount, billing }
    }

    /// Sets the amount and the merchant.
    pub(super) fn set_amount(&self, data: &mut Members) {
        data.set_money("amount", self.amount.amount, self.amount.decimals());
        data.set("currency", self.amount.currency.as_str());
        data.set("merchant", self.merchant.name);
        data.set("merchant_category", self.merchant.category);
        data.set("merchant_city", self.merchant.city);
        data.set("merchant_country", self.merchant.country);
    }

    /// Sets the billing amount and the exchange rate.
    pub(super) fn set_billing(&self, data: &mut Members) {
        data.set_money("billing_amount", self.billing.amount, self.billing.decimals());
        data.set("billing_currency", self.billing.currency.as_str());
        match self.amount.rate(&self.billing) {
            Some(rate) => data.set_number("fx_rate", rate, RATE_DECIMALS),
            None => data.set("fx_rate", Value::Null),
        }
    }
}
