//! What is asked, and of whom: the same of every front.

use crate::fill::Filled;
use crate::http::Request;

/// Customers on a page.
pub(crate) const PAGE: i64 = 20;

/// Look-ups that take turns, so that no single row is always at hand.
const LOOK_UPS: i64 = 2_000;

/// The status that lists are filtered by: most customers have it.
const STATUS: &str = "active";

/// A way to ask for customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Front {
    GraphQl,
    Rest,
    /// The ceiling, with the JSON that GraphQL's queries get.
    CeilingGraphQl,
    /// The ceiling, with the JSON of the REST contract.
    CeilingRest,
    /// The same, but its lists have no total: counting dwarfs all else.
    CeilingRestUncounted,
}

impl Front {
    pub(crate) const ALL: [Self; 5] = [
        Self::GraphQl,
        Self::CeilingGraphQl,
        Self::Rest,
        Self::CeilingRest,
        Self::CeilingRestUncounted,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::GraphQl => "GraphQL",
            Self::Rest => "REST",
            Self::CeilingGraphQl => "ceiling, GraphQL's JSON",
            Self::CeilingRest => "ceiling, REST's JSON",
            Self::CeilingRestUncounted => "ceiling, REST's JSON without total",
        }
    }

    pub(crate) const fn is_gateway(self) -> bool {
        matches!(self, Self::GraphQl | Self::Rest)
    }
}

/// What is asked over many connections at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Workload {
    /// The 20 newest, no balances.
    List,
    /// The same, with balances.
    Balances,
    /// Filtered by status, with balances and the total.
    FilteredTotal,
    /// One by e-mail address, with balances and cards.
    One,
}

impl Workload {
    pub(crate) const ALL: [Self; 4] = [Self::List, Self::Balances, Self::FilteredTotal, Self::One];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::List => "list, no balances",
            Self::Balances => "list with balances",
            Self::FilteredTotal => "status filter + balances + total",
            Self::One => "one by email, balances, cards",
        }
    }
}

/// What is asked by one client, one request after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Probe {
    FirstPage,
    AnyPage,
    AnyFilteredPage,
    DeepPage,
    Total,
}

impl Probe {
    pub(crate) const ALL: [Self; 5] =
        [Self::FirstPage, Self::AnyPage, Self::AnyFilteredPage, Self::DeepPage, Self::Total];
}

/// One list.
#[derive(Clone, Copy, Default)]
pub(crate) struct List {
    pub(crate) balances: bool,
    pub(crate) filtered: bool,
    pub(crate) total: bool,
    /// From 1; 0 asks for no page by number, which gets the first.
    pub(crate) page: i64,
}

/// Writes the requests for one database.
pub(crate) struct Questions<'a> {
    pub(crate) filled: &'a Filled,
    pub(crate) token: &'a str,
}

impl Questions<'_> {
    /// The requests of a workload, to be sent in turns; none where a front
    /// has nothing that differs from another.
    pub(crate) fn load(&self, front: Front, workload: Workload) -> Vec<Request> {
        let list = List::default();
        let list = match workload {
            Workload::List => list,
            Workload::Balances => List { balances: true, ..list },
            Workload::FilteredTotal => List { balances: true, filtered: true, total: true, ..list },
            Workload::One if front == Front::CeilingRestUncounted => return Vec::new(),
            Workload::One => {
                let look_ups = LOOK_UPS.min(self.filled.customers);
                return scattered(self.filled.customers, look_ups)
                    .map(|number| self.one(front, &format!("customer{number}@example.com")))
                    .collect();
            }
        };
        vec![self.list(front, list)]
    }

    /// `count` requests of a probe, one after the other.
    pub(crate) fn probe(&self, front: Front, probe: Probe, count: i64) -> Vec<Request> {
        let pages = |customers: i64| (customers / PAGE).max(1);
        let list = List::default();
        let any = |list: List, customers| {
            let pages = scattered(pages(customers), count);
            pages.map(|page| self.list(front, List { page, ..list })).collect()
        };
        let same = |request| vec![request; usize::try_from(count).unwrap_or(1)];
        match probe {
            Probe::FirstPage => same(self.list(front, List { page: 1, ..list })),
            Probe::AnyPage => any(list, self.filled.customers),
            Probe::AnyFilteredPage => any(List { filtered: true, ..list }, self.filled.active),
            Probe::DeepPage => same(self.list(front, List { page: self.deep_page(), ..list })),
            Probe::Total => same(self.total(front)),
        }
    }

    /// The 45,000th page of a million customers.
    pub(crate) fn deep_page(&self) -> i64 {
        (self.filled.customers / 10 * 9 / PAGE).max(1)
    }

    /// A page of customers, newest first.
    pub(crate) fn list(&self, front: Front, list: List) -> Request {
        let List { balances, filtered, total, page } = list;
        match front {
            Front::GraphQl => self.graphql(&graphql_list(list), "page", &page.to_string()),
            Front::Rest => {
                let mut query = Vec::new();
                if !balances {
                    query.push("include_balances=false".to_owned());
                }
                if filtered {
                    query.push(format!("status={STATUS}"));
                }
                if page > 0 {
                    query.push(format!("page={page}"));
                }
                let path = format!("/v1/card-issuer/customers?{}", query.join("&"));
                Request::get(path.trim_end_matches('?'), Some(self.token))
            }
            Front::CeilingGraphQl | Front::CeilingRest | Front::CeilingRestUncounted => {
                let mut path = format!("/list?shape={}", shape(front));
                if balances {
                    path.push_str("&balances=true");
                }
                if filtered {
                    path.push_str("&status=");
                    path.push_str(STATUS);
                }
                // The REST contract always has a total.
                if front == Front::CeilingRest || (total && front == Front::CeilingGraphQl) {
                    path.push_str("&total=true");
                }
                if page > 0 {
                    path = format!("{path}&page={page}");
                }
                Request::get(&path, None)
            }
        }
    }

    /// One customer by e-mail address, with balances and cards.
    pub(crate) fn one(&self, front: Front, email: &str) -> Request {
        match front {
            Front::GraphQl => {
                let query = format!(
                    "query($email: ID!) {{ cardCustomer(identifier: $email) {{ \
                     {CUSTOMER} {BALANCE} kycStatus \
                     cards {{ cardId lastFour cardType status isVoid activatedAt createdAt }} }} }}"
                );
                self.graphql(&query, "email", &format!("\"{email}\""))
            }
            Front::Rest => {
                Request::get(&format!("/v1/card-issuer/customers/{email}"), Some(self.token))
            }
            _ => Request::get(&format!("/one/{email}?shape={}", shape(front)), None),
        }
    }

    /// The total alone, or the nearest thing to it.
    fn total(&self, front: Front) -> Request {
        match front {
            Front::GraphQl => {
                self.graphql("{ cardCustomers(perPage: 1) { totalCount } }", "none", "null")
            }
            Front::Rest => {
                let path = "/v1/card-issuer/customers?limit=1&include_balances=false";
                Request::get(path, Some(self.token))
            }
            _ => Request::get("/total", None),
        }
    }

    fn graphql(&self, query: &str, name: &str, value: &str) -> Request {
        let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
        let variables = if query.contains(&format!("${name}")) {
            format!(r#","variables":{{"{name}":{value}}}"#)
        } else {
            String::new()
        };
        let body = format!(r#"{{"query":"{query}"{variables}}}"#);
        Request::post("/graphql", Some(self.token), &body)
    }
}

/// What lists select of each customer: the ceiling answers with the same.
const CUSTOMER: &str = "id email flowStatus safeDeployed currency createdAt";
const BALANCE: &str = "ledgerBalance availableBalance pendingBalance balanceFreshness";

fn graphql_list(list: List) -> String {
    let mut arguments = Vec::new();
    if list.page > 0 {
        arguments.push("page: $page".to_owned());
    }
    if list.filtered {
        arguments.push(format!("status: {}", STATUS.to_uppercase()));
    }
    let arguments = match arguments.join(", ") {
        none if none.is_empty() => none,
        some => format!("({some})"),
    };
    let variable = if list.page > 0 { "query($page: Int!)" } else { "" };
    let balance = if list.balances { BALANCE } else { "" };
    let total = if list.total { "totalCount" } else { "" };
    format!(
        "{variable} {{ cardCustomers{arguments} {{ {total} nodes {{ {CUSTOMER} {balance} }} \
         pageInfo {{ hasNextPage }} }} }}"
    )
}

fn shape(front: Front) -> &'static str {
    if front == Front::CeilingGraphQl { "graphql" } else { "rest" }
}

/// Numbers from 1 to `of`, all over it: the same ones every time.
fn scattered(of: i64, count: i64) -> impl Iterator<Item = i64> {
    (1..=count).map(move |number| 1 + ((number * 2_654_435_761) & 0xFFFF_FFFF) * of / (1 << 32))
}
