//! Names of people and merchants for made-up customers.

use super::currency::Currency;
use super::transaction::Merchant;

pub(super) const FIRST_NAMES: &[&str] = &[
    "Adaeze", "Anton", "Beatriz", "Bram", "Camille", "Dina", "Edgar", "Elif", "Fabio", "Greta",
    "Hugo", "Imani", "Ivo", "Jana", "Kasper", "Leonor", "Lukas", "Maeve", "Nils", "Olga", "Paulo",
    "Quentin", "Rosa", "Samir", "Tilda", "Umut", "Vera", "Wout", "Xenia", "Yara", "Zeno",
];

pub(super) const LAST_NAMES: &[&str] = &[
    "Almeida",
    "Bakker",
    "Castellano",
    "Demir",
    "Eriksen",
    "Ferrari",
    "Grabowski",
    "Hoffmann",
    "Ibrahim",
    "Jovanovic",
    "Keller",
    "Laurent",
    "Mendes",
    "Nowak",
    "Obi",
    "Peeters",
    "Quinn",
    "Ruiz",
    "Schmidt",
    "Tanaka",
    "Ueda",
    "Vogel",
    "Walsh",
    "Ximenes",
    "Yang",
    "Zimmer",
];

pub(super) const MAIL_HOSTS: &[&str] = &["example.com", "example.org", "example.net"];

/// A merchant, and the currency it takes.
pub(crate) struct Shop {
    name: &'static str,
    pub(super) category: &'static str,
    city: &'static str,
    country: &'static str,
    pub(crate) currency: &'static str,
    /// What one unit of it is in dollars, in millionths.
    in_dollars: i64,
}

impl Shop {
    /// Any of the shops.
    pub(crate) fn random(rng: &mut fastrand::Rng) -> &'static Self {
        &SHOPS[rng.usize(..SHOPS.len())]
    }

    /// What something that costs so many cents of a dollar costs here, in minor units of
    /// the shop's currency, and what a card in `billing` pays for it.
    pub(crate) fn price(&self, cents: i64, billing: Currency) -> (i64, i64) {
        let paid = Currency::Usd.exchange(cents, billing);
        if self.currency == billing.code() {
            return (paid, paid);
        }
        (cents * 1_000_000 / self.in_dollars, paid)
    }

    /// The shop, as transactions show it.
    pub(crate) fn merchant(&self) -> Merchant {
        Merchant {
            name: Some(self.name.into()),
            category: Some(self.category.into()),
            city: Some(self.city.into()),
            country: Some(self.country.into()),
        }
    }
}

const fn shop(
    name: &'static str,
    category: &'static str,
    (city, country): (&'static str, &'static str),
    (currency, in_dollars): (&'static str, i64),
) -> Shop {
    Shop { name, category, city, country, currency, in_dollars }
}

const EUR: (&str, i64) = ("EUR", 1_086_957);
const GBP: (&str, i64) = ("GBP", 1_265_823);
const USD: (&str, i64) = ("USD", 1_000_000);
const SEK: (&str, i64) = ("SEK", 95_000);
const BRL: (&str, i64) = ("BRL", 182_000);

const SHOPS: &[Shop] = &[
    shop("Padaria Sol", "5462", ("Porto", "PT"), EUR),
    shop("Tram & Bus", "4111", ("Ghent", "BE"), EUR),
    shop("Greengrocer Hill", "5411", ("Bristol", "GB"), GBP),
    shop("Nordlys Fly", "4511", ("Gothenburg", "SE"), SEK),
    shop("Trattoria Lina", "5812", ("Bologna", "IT"), EUR),
    shop("Sound Library", "5815", ("Austin", "US"), USD),
    shop("Livraria Azul", "5942", ("Recife", "BR"), BRL),
    shop("Chemist & Co", "5912", ("Leeds", "GB"), GBP),
    shop("Station Fuel", "5541", ("Lyon", "FR"), EUR),
    shop("Hardware Barn", "5251", ("Denver", "US"), USD),
];
