//! Names of people and merchants for made-up customers.

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
pub(super) struct Shop {
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) city: &'static str,
    pub(super) country: &'static str,
    pub(super) currency: &'static str,
    /// What one unit of it is in dollars, in millionths.
    pub(super) in_dollars: i64,
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

pub(super) const SHOPS: &[Shop] = &[
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
