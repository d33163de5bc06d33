//! No answer is measured that has not been compared: the gateway's two APIs
//! and the ceiling have to agree, and totals with a count of the rows.

use serde_json::Value;

use crate::failure::{Result, While as _};
use crate::front::{Front, List, Probe, Questions, Workload};
use crate::http::{Client, Request};

/// Connections to the two servers.
pub(crate) struct Clients {
    pub(crate) gateway: Client,
    pub(crate) ceiling: Client,
}

impl Clients {
    pub(crate) fn of(&mut self, front: Front) -> &mut Client {
        if front.is_gateway() { &mut self.gateway } else { &mut self.ceiling }
    }

    fn ask(&mut self, front: Front, request: &Request) -> Result<Value> {
        let body = self.of(front).expect(request).during(front.name())?.body;
        let answer: Value = serde_json::from_slice(&body)?;
        if answer.get("errors").is_some() {
            return Err(format!("{}: {answer}", front.name()).into());
        }
        Ok(answer)
    }
}

/// Each API, and the ceiling with the same JSON.
const PAIRS: [(Front, Front); 2] =
    [(Front::GraphQl, Front::CeilingGraphQl), (Front::Rest, Front::CeilingRest)];

/// Requests of each kind that are compared.
const SAMPLE: usize = 10;

/// Compares whatever is going to be measured.
pub(crate) fn agree(questions: &Questions<'_>, clients: &mut Clients) -> Result<()> {
    for (api, ceiling) in PAIRS {
        for workload in Workload::ALL {
            let questions = [api, ceiling].map(|front| questions.load(front, workload));
            same(clients, (api, ceiling), &questions)?;
        }
        for probe in Probe::ALL {
            // REST has no way to ask for the total alone.
            if (api, probe) != (Front::Rest, Probe::Total) {
                let questions = [api, ceiling].map(|front| questions.probe(front, probe, 5));
                same(clients, (api, ceiling), &questions)?;
            }
        }
    }
    uncounted(questions, clients)?;
    for filtered in [false, true] {
        for page in [1, questions.deep_page() / if filtered { 2 } else { 1 }] {
            page_of_both(questions, clients, filtered, page.max(1))?;
        }
    }
    Ok(())
}

fn same(
    clients: &mut Clients,
    (api, ceiling): (Front, Front),
    [asked, of_ceiling]: &[Vec<Request>; 2],
) -> Result<()> {
    for (asked, of_ceiling) in asked.iter().zip(of_ceiling).take(SAMPLE) {
        let answers = (clients.ask(api, asked)?, clients.ask(ceiling, of_ceiling)?);
        if answers.0 != answers.1 {
            let (asked, one, other) = (asked.as_str(), answers.0, answers.1);
            return Err(
                format!("{} and the ceiling differ:\n{asked}\n{one}\n{other}", api.name()).into()
            );
        }
    }
    Ok(())
}

/// The ceiling's lists without total have everything else.
fn uncounted(questions: &Questions<'_>, clients: &mut Clients) -> Result<()> {
    for workload in Workload::ALL {
        let fronts = [Front::CeilingRest, Front::CeilingRestUncounted];
        let [counted, uncounted] = fronts.map(|front| questions.load(front, workload));
        let (Some(counted), Some(uncounted)) = (counted.first(), uncounted.first()) else {
            continue;
        };
        let mut counted = clients.ask(fronts[0], counted)?;
        let total = counted["data"].as_object_mut().and_then(|data| data.remove("total"));
        if total.is_none() || counted != clients.ask(fronts[1], uncounted)? {
            return Err("the ceiling's lists differ in more than their total".into());
        }
    }
    Ok(())
}

/// Both APIs have the same customers on a page, and the true total.
fn page_of_both(
    questions: &Questions<'_>,
    clients: &mut Clients,
    filtered: bool,
    page: i64,
) -> Result<()> {
    let list = List { balances: true, total: true, filtered, page };
    let graphql = clients.ask(Front::GraphQl, &questions.list(Front::GraphQl, list))?;
    let rest = clients.ask(Front::Rest, &questions.list(Front::Rest, list))?;
    let total = if filtered { questions.filled.active } else { questions.filled.customers };
    let graphql = &graphql["data"]["cardCustomers"];
    let rest = &rest["data"];
    let wrong = |what: &str| Err(format!("page {page}: {what}:\n{graphql}\n{rest}").into());
    if graphql["totalCount"] != total || rest["total"] != total {
        return wrong(&format!("the total is not {total}"));
    }
    let (Some(nodes), Some(items)) = (graphql["nodes"].as_array(), rest["customers"].as_array())
    else {
        return wrong("no customers");
    };
    let agree = |(node, item): (&Value, &Value)| {
        node["id"] == item["id"]
            && node["email"] == item["email"]
            && minor(&node["availableBalance"]) == minor(&item["available_balance"])
    };
    if nodes.is_empty() || nodes.len() != items.len() || !nodes.iter().zip(items).all(agree) {
        return wrong("GraphQL and REST differ");
    }
    Ok(())
}

/// An amount in minor units, whether it is GraphQL's text or REST's number.
#[expect(clippy::cast_possible_truncation, reason = "the benchmark's amounts are small")]
fn minor(amount: &Value) -> Option<i64> {
    let major = match amount {
        Value::String(text) => text.parse().ok(),
        amount => amount.as_f64(),
    };
    major.map(|major: f64| (major * 100.0).round() as i64)
}
