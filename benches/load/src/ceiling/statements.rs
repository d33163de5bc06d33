//! The statements, written out once at the start.

use super::PAGE;

/// The JSON that is asked for.
#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Shape {
    /// What the measured GraphQL queries select.
    Graphql,
    /// What the REST contract promises.
    Rest,
}

/// The columns of a list that both shapes need; 6 are the shape's own.
pub(super) const LISTED: &str =
    "c.id, c.email, c.flow_status, c.safe_deployed, c.currency, c.created_at";
/// What the REST contract has in addition.
const NAMES: &str = "c.yativo_card_id, c.external_customer_id";
const BALANCE: &str = "b.ledger_minor, b.available_minor, b.pending_minor";
const WITH_BALANCE: &str =
    "LEFT JOIN wallet_balances AS b ON b.program_id = c.program_id AND b.customer_id = c.id";
const CARDS: &str =
    "k.card_id, k.last_four, k.card_type, k.status, k.is_stolen, k.activated_at, k.created_at";
const CARDS_COUNT: &str = "(SELECT COUNT(*) FROM cards AS k WHERE k.program_id = c.program_id \
                           AND k.customer_id = c.id AND k.status <> 'voided')";
const NEWEST: &str = "ORDER BY c.created_at DESC, c.id DESC";

/// One of the lists.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) shape: Shape,
    pub(super) balances: bool,
    pub(super) by_status: bool,
    /// Behind the first page. Without OFFSET where there is nothing to skip,
    /// PostgreSQL knows better what to do.
    pub(super) deep: bool,
}

impl List {
    fn index(self) -> usize {
        let rest = self.shape == Shape::Rest;
        [rest, self.balances, self.by_status, self.deep]
            .iter()
            .fold(0, |index, bit| index * 2 + usize::from(*bit))
    }

    /// The page is found first; only what is on it is joined.
    fn sql(self) -> String {
        let rest = self.shape == Shape::Rest;
        let status = if self.by_status { "AND c.flow_status = $2" } else { "" };
        let offset = match (self.deep, self.by_status) {
            (false, _) => "",
            (true, false) => "OFFSET $2",
            (true, true) => "OFFSET $3",
        };
        let names = if rest { format!(", {NAMES}") } else { String::new() };
        let page = format!(
            "SELECT c.program_id, {LISTED}{names} FROM card_customers AS c \
             WHERE c.program_id = $1 AND c.gone_at IS NULL {status} {NEWEST} LIMIT {} {offset}",
            PAGE + 1
        );
        let mut columns = format!("{LISTED}{names}");
        if rest {
            columns = format!("{columns}, {CARDS_COUNT}");
        }
        let mut joined = "";
        if self.balances {
            columns = format!("{columns}, {BALANCE}");
            joined = WITH_BALANCE;
        }
        format!("SELECT {columns} FROM ({page}) AS c {joined} {NEWEST}")
    }
}

/// Every statement of the ceiling.
pub(super) struct Statements {
    lists: [&'static str; 16],
    totals: [&'static str; 2],
    ones: [&'static str; 2],
}

impl Statements {
    /// They live as long as the process, and are leaked to say so.
    pub(super) fn new() -> Self {
        let mut lists = [""; 16];
        for shape in [Shape::Graphql, Shape::Rest] {
            for bits in 0..8_u8 {
                let bit = |place: u8| bits & (1 << place) != 0;
                let list = List { shape, balances: bit(2), by_status: bit(1), deep: bit(0) };
                lists[list.index()] = list.sql().leak();
            }
        }
        let total = "SELECT COUNT(*) FROM card_customers AS c WHERE c.program_id = $1 AND c.gone_at IS NULL";
        let one = |more: &str| {
            let sql = format!(
                "SELECT {LISTED}, c.kyc_status, {BALANCE}, {CARDS}{more} \
                 FROM card_customers AS c {WITH_BALANCE} \
                 LEFT JOIN cards AS k ON k.program_id = c.program_id AND k.customer_id = c.id \
                 WHERE c.program_id = $1 AND c.gone_at IS NULL AND c.email_key = $2 \
                 {NEWEST}, k.created_at DESC, k.card_id DESC"
            );
            &*sql.leak()
        };
        Self {
            lists,
            totals: [total, format!("{total} AND c.flow_status = $2").leak()],
            ones: [one(""), one(&format!(", {NAMES}, b.updated_at, k.pin_set"))],
        }
    }

    pub(super) fn list(&self, list: List) -> &'static str {
        self.lists[list.index()]
    }

    pub(super) fn total(&self, by_status: bool) -> &'static str {
        self.totals[usize::from(by_status)]
    }

    pub(super) fn one(&self, shape: Shape) -> &'static str {
        self.ones[usize::from(shape == Shape::Rest)]
    }
}
