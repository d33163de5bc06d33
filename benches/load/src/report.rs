//! The tables.

use std::fmt::Write as _;

use crate::fill::Filled;
use crate::front::{Front, Probe, Workload};
use crate::measure::{Load, Measured};
use crate::options::Kind;

/// What was found out on one database.
pub(crate) struct Section {
    pub(crate) kind: Kind,
    pub(crate) description: String,
    pub(crate) filled: Filled,
    pub(crate) deep_page: i64,
    /// Of the gateway, in milliseconds from its start.
    pub(crate) first_answer: f64,
    pub(crate) measured: Measured,
}

/// What was measured when and on what, in one list.
pub(crate) fn head(facts: &[String]) -> String {
    facts.iter().fold(String::new(), |text, fact| text + "- " + fact + "\n")
}

/// The two APIs, each with the ceiling beside it.
const ROWS: [(Front, &[Front]); 2] = [
    (Front::GraphQl, &[Front::CeilingGraphQl]),
    (Front::Rest, &[Front::CeilingRest, Front::CeilingRestUncounted]),
];

impl Section {
    /// All of it as markdown.
    pub(crate) fn text(&self) -> String {
        let mut parts = vec![format!("\n## {}\n", self.kind), self.facts(), self.table()];
        parts.push(self.details());
        // The promises are about PostgreSQL.
        if self.kind == Kind::Postgres {
            parts.push(self.limits());
        }
        if !self.measured.problems.is_empty() {
            let problems = self.measured.problems.join("\n- ");
            parts.push(format!("**Runs that do not count:**\n\n- {problems}\n"));
        }
        parts.join("\n")
    }

    fn facts(&self) -> String {
        let Filled { customers, active, inserted, analyzed } = &self.filled;
        format!(
            "{}.\n\n{customers} customers ({active} of them active) were put in, triggers and all, \
             in {:.0} s; gathering statistics took {:.0} s more. \
             The gateway's first answer came {:.0} ms after its start.\n",
            self.description,
            inserted.as_secs_f64(),
            analyzed.as_secs_f64(),
            self.first_answer
        )
    }

    /// One row a front, and one a comparison.
    fn table(&self) -> String {
        let mut head = vec![String::new()];
        head.extend(Workload::ALL.iter().map(|workload| workload.name().to_owned()));
        head[1].push_str(": req/s · server CPU ms/req");
        head.extend(["first page, ms", "any page", "any page of a status"].map(str::to_owned));
        head.push(format!("page {}", thousands(&self.deep_page.to_string())));
        head.extend(["total", "peak memory, MiB"].map(str::to_owned));
        let mut rows = Vec::new();
        for (api, ceilings) in ROWS {
            rows.push(self.row(api));
            for &ceiling in ceilings {
                rows.push(self.row(ceiling));
            }
            for &ceiling in ceilings {
                rows.push(self.comparison(api, ceiling));
            }
        }
        markdown(&head, &rows)
    }

    fn row(&self, front: Front) -> Vec<String> {
        let mut row = vec![front.name().to_owned()];
        row.extend(Workload::ALL.map(|workload| {
            self.load(front, workload).map_or_else(none, |load| {
                let rate = thousands(&format!("{:.0}", load.per_second));
                format!("{rate} · {:.3}", load.cpu_millis)
            })
        }));
        row.extend(Probe::ALL.map(|probe| self.probe(front, probe).map_or_else(none, millis)));
        row.push(format!("{:.0}", self.peak(front)));
        row
    }

    fn comparison(&self, api: Front, ceiling: Front) -> Vec<String> {
        let mut row = vec![format!("*{} ÷ {}*", api.name(), ceiling.name())];
        row.extend(Workload::ALL.map(|workload| {
            let both = self.load(api, workload).zip(self.load(ceiling, workload));
            both.map_or_else(none, |(api, ceiling)| {
                let rate = times(api.per_second / ceiling.per_second);
                format!("{rate} · {}", times(api.cpu_millis / ceiling.cpu_millis))
            })
        }));
        row.extend(Probe::ALL.map(|probe| {
            let both = self.probe(api, probe).zip(self.probe(ceiling, probe));
            both.map_or_else(none, |(api, ceiling)| times(api / ceiling))
        }));
        row.push(times(self.peak(api) / self.peak(ceiling)));
        row
    }

    /// What the database did meanwhile, and how long clients waited.
    fn details(&self) -> String {
        let mut head = vec!["under load".to_owned()];
        head.extend(Workload::ALL.iter().map(|workload| workload.name().to_owned()));
        let postgres = self.kind == Kind::Postgres;
        head[1].push_str(if postgres {
            ": p50 · p99 ms · PostgreSQL CPU ms/req"
        } else {
            ": p50 · p99 ms"
        });
        let rows = Front::ALL.map(|front| {
            let mut row = vec![front.name().to_owned()];
            row.extend(Workload::ALL.map(|workload| {
                self.load(front, workload).map_or_else(none, |load| {
                    let waited =
                        format!("{} · {}", millis(load.p50_millis), millis(load.p99_millis));
                    if postgres {
                        format!("{waited} · {:.3}", load.database_millis)
                    } else {
                        waited
                    }
                })
            }));
            row
        });
        markdown(&head, &rows)
    }

    /// What is promised of a million customers, and what came of it.
    fn limits(&self) -> String {
        let cpu = |api, ceiling, workload, most| {
            let both = self.load(api, workload).zip(self.load(ceiling, workload));
            let ratio =
                both.map(|(api, ceiling): (Load, Load)| api.cpu_millis / ceiling.cpu_millis);
            let of = format!("{}, CPU ÷ {}", workload.name(), ceiling.name());
            Limit { what: format!("{}: {of}", api.name()), found: ratio, bound: most, least: false }
        };
        let mut limits = vec![
            cpu(Front::GraphQl, Front::CeilingGraphQl, Workload::List, 1.7),
            cpu(Front::GraphQl, Front::CeilingGraphQl, Workload::Balances, 2.3),
            cpu(Front::GraphQl, Front::CeilingGraphQl, Workload::One, 2.0),
        ];
        for ceiling in ROWS[1].1 {
            for workload in Workload::ALL {
                let limit = cpu(Front::Rest, *ceiling, workload, 1.4);
                // There is no look-up without total.
                if limit.found.is_some() || *ceiling == Front::CeilingRest {
                    limits.push(limit);
                }
            }
        }
        for (api, ceilings) in ROWS {
            let rate = |front| Some(self.load(front, Workload::FilteredTotal)?.per_second);
            let ratio = rate(api).zip(rate(ceilings[0])).map(|(api, ceiling)| api / ceiling);
            let what = format!("{}: filter and total, rate ÷ ceiling", api.name());
            limits.push(Limit { what, found: ratio, bound: 100.0, least: true });
            let first = self.probe(api, Probe::FirstPage);
            for (probe, name) in [
                (Probe::AnyPage, "any page"),
                (Probe::AnyFilteredPage, "any page of a status"),
                (Probe::DeepPage, "the deep page"),
            ] {
                let ratio = self.probe(api, probe).zip(first).map(|(page, first)| page / first);
                let what = format!("{}: {name} ÷ first page", api.name());
                limits.push(Limit { what, found: ratio, bound: 3.0, least: false });
            }
        }
        let found = self.probe(Front::GraphQl, Probe::Total);
        let what = "GraphQL: the total alone, ms".to_owned();
        limits.push(Limit { what, found, bound: 3.0, least: false });
        let found = Some(self.measured.gateway_peak);
        let what = "the gateway's peak memory, MiB".to_owned();
        limits.push(Limit { what, found, bound: 64.0, least: false });
        let what = "start to first answer, ms".to_owned();
        limits.push(Limit { what, found: Some(self.first_answer), bound: 300.0, least: false });
        let head = ["promise", "limit", "found", ""].map(str::to_owned);
        markdown(&head, &limits.iter().map(Limit::row).collect::<Vec<_>>())
    }

    fn load(&self, front: Front, workload: Workload) -> Option<Load> {
        self.measured.loads.get(&(front, workload)).copied()
    }

    fn probe(&self, front: Front, probe: Probe) -> Option<f64> {
        self.measured.probes.get(&(front, probe)).copied()
    }

    fn peak(&self, front: Front) -> f64 {
        let Measured { gateway_peak, ceiling_peak, .. } = self.measured;
        if front.is_gateway() { gateway_peak } else { ceiling_peak }
    }
}

/// A promise.
struct Limit {
    what: String,
    found: Option<f64>,
    bound: f64,
    /// The bound is the least that is promised, not the most.
    least: bool,
}

impl Limit {
    fn row(&self) -> Vec<String> {
        let Self { what, found, bound, least } = self;
        let side = if *least { "at least" } else { "at most" };
        let kept =
            found.is_some_and(|found| if *least { found >= *bound } else { found <= *bound });
        vec![
            what.clone(),
            format!("{side} {bound}"),
            found.map_or_else(none, |found| format!("{found:.2}")),
            if kept { "kept" } else { "**not kept**" }.to_owned(),
        ]
    }
}

pub(crate) fn markdown(head: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(head);
    let _ = writeln!(text, "|{}", "---|".repeat(head.len()));
    rows.iter().fold(text, |text, row| text + &line(row))
}

pub(crate) fn none() -> String {
    "–".to_owned()
}

fn times(ratio: f64) -> String {
    match ratio {
        ..0.095 => format!("{ratio:.3} x"),
        ..9.95 => format!("{ratio:.2} x"),
        _ => format!("{ratio:.0} x"),
    }
}

pub(crate) fn millis(millis: f64) -> String {
    if millis < 9.95 { format!("{millis:.2}") } else { format!("{millis:.0}") }
}

/// 6,697
pub(crate) fn thousands(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(["25", "6,697", "1,234,567"], ["25", "6697", "1234567"].map(thousands));
        assert_eq!(["1.85 x", "118 x", "0.004 x"], [1.854, 118.2, 0.0042].map(times));
    }
}
