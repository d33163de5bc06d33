//! The purchases of a random history.

use fastrand::Rng;
use serde_json::{Value, json};

/// Currencies of shops: the decimals, and how many minor units cost a cent.
const CURRENCIES: &[(&str, u32, i64)] = &[("USD", 2, 1), ("JPY", 0, 2), ("KWD", 3, 3)];

/// Members of an event's `data`.
pub(super) struct Data(pub(super) Value);

/// A purchase that is held or was settled.
#[derive(Clone)]
pub(super) struct Purchase {
    pub(super) id: String,
    amount: i64,
    currency: &'static str,
    decimals: u32,
    /// What the wallet pays, in cents.
    pub(super) billing: i64,
    /// What was taken of that in parts.
    pub(super) taken: i64,
}

impl Purchase {
    /// A purchase that the wallet pays so much for; one of three in another currency.
    pub(super) fn random(event: &str, billing: i64, rng: &mut Rng) -> Self {
        let abroad = (rng.u8(..3) == 0).then(|| rng.choice(CURRENCIES)).flatten();
        let (currency, decimals, price) = abroad.copied().unwrap_or(("EUR", 2, 1));
        let id = format!("txn_{event}");
        Self { id, amount: billing * price, currency, decimals, billing, taken: 0 }
    }
}

impl Data {
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0[name] = value.into();
        self
    }

    /// An amount of euros in both its forms.
    pub(super) fn euros(self, name: &str, cents: i64) -> Self {
        self.money(name, cents, 2)
    }

    fn money(self, name: &str, minor: i64, decimals: u32) -> Self {
        let scale = 10_i64.pow(decimals);
        let text = match decimals {
            0 => minor.to_string(),
            _ => format!("{}.{:0width$}", minor / scale, minor % scale, width = decimals as usize),
        };
        // A number may be a text.
        let number: Value = serde_json::from_str(&text).expect("a number");
        let amount = if minor % 2 == 0 { number } else { json!(text) };
        self.with(name, amount).with(&format!("{name}_minor"), minor)
    }

    /// What the shop asks for.
    pub(super) fn amount_of(self, purchase: &Purchase) -> Self {
        let data = self.money("amount", purchase.amount, purchase.decimals);
        data.with("currency", purchase.currency)
    }

    /// What the wallet pays.
    pub(super) fn billing(self, cents: i64) -> Self {
        self.euros("billing_amount", cents).with("billing_currency", "EUR")
    }

    /// A part of a purchase, which the wallet pays so much for.
    pub(super) fn part_of(self, purchase: &Purchase, cents: i64) -> Self {
        let amount = purchase.amount * cents / purchase.billing;
        let data = self.money("amount", amount, purchase.decimals);
        data.with("currency", purchase.currency).billing(cents)
    }
}
