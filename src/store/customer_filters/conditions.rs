//! The conditions of a filter, in SQL.

use card_gateway_migration::customer_counts::facet;
use card_gateway_migration::email_domain;
use sea_orm::DbBackend;
use sea_orm::sea_query::Value;

use crate::domain::customer_filter::{CustomerFilter, TimeRange};
use crate::domain::principal::ProgramId;
use crate::domain::search::Search;
use crate::store::customers::PRESENT;
use crate::store::sql;

/// The one condition by whose index a statement finds its rows. In all others, columns are
/// parts of expressions that no index has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Facets,
    CreatedAt,
    UpdatedAt,
    Search,
    /// The order of the list.
    Order,
}

/// The conditions of a statement, with its parameters.
pub(super) struct Conditions<'a> {
    pub(super) backend: DbBackend,
    pub(super) filter: &'a CustomerFilter,
    /// The names of the facets, if the filter is about them.
    pub(super) facets: Option<&'a [String]>,
    /// The first one is the program.
    pub(super) values: Vec<Value>,
}

/// A column as no index has it.
pub(super) fn hidden_number(column: &str) -> String {
    format!("({column} + 0)")
}

/// As [`hidden_number`].
pub(super) fn hidden_text(column: &str) -> String {
    format!("({column} || '')")
}

impl<'a> Conditions<'a> {
    pub(super) fn new(
        backend: DbBackend,
        program: ProgramId,
        filter: &'a CustomerFilter,
        facets: Option<&'a [String]>,
    ) -> Self {
        Self { backend, filter, facets, values: vec![program.0.into()] }
    }

    /// Adds a parameter: its number.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> usize {
        self.values.push(value.into());
        self.values.len()
    }

    /// That a column is within a range. It begins with ` AND`, or is empty.
    pub(super) fn range(&mut self, column: &str, range: &TimeRange) -> String {
        let mut text = Vec::new();
        for (end, compare) in [(range.from, ">="), (range.to, "<")] {
            if let Some(end) = end {
                let number = self.bind(end.millis());
                text.push(format!(" AND {column} {compare} ${number}"));
            }
        }
        text.concat()
    }

    /// What must hold of the time of the last change `u`, if the filter is about it.
    pub(super) fn of_update(&mut self, source: Source, is_ordered: bool) -> String {
        let column = match source {
            Source::UpdatedAt => "u.updated_at".to_owned(),
            // A range of the order is a part of the walk.
            Source::Order if is_ordered => "u.updated_at".to_owned(),
            _ => hidden_number("u.updated_at"),
        };
        let filter = self.filter;
        self.range(&column, &filter.updated_at)
    }

    /// What must hold of a customer `c`; `is_ordered` if the list is sorted by creation time.
    pub(super) fn of_customer(&mut self, source: Source, is_ordered: bool) -> String {
        let filter = self.filter;
        let mut text = Vec::new();
        if let Some(names) = self.facets {
            let facet = facet("c");
            let facet = if source == Source::Facets { facet } else { hidden_text(&facet) };
            let number = self.bind(sql::list(self.backend, names.to_vec()));
            text.push(format!(" AND {}", sql::one_of(self.backend, &facet, number)));
        }
        let is_visible = source == Source::CreatedAt || source == Source::Order && is_ordered;
        let column =
            if is_visible { "c.created_at".to_owned() } else { hidden_number("c.created_at") };
        text.push(self.range(&column, &filter.created_at));
        if let Some(search) = &filter.search
            && source != Source::Search
        {
            let any = self.names(search, hidden_text);
            text.push(format!(" AND ({})", any.join(" OR ")));
        }
        text.concat()
    }

    /// For each kind of name, that it begins with what is searched for.
    fn names(&mut self, search: &Search, column: impl Fn(&str) -> String) -> Vec<String> {
        let domain = email_domain(self.backend, "c.");
        let columns = ["c.email_key", domain.as_str(), "c.external_key", "c.yativo_key", "c.id"];
        let mut any = Vec::new();
        for (from, to) in search.ranges() {
            let from = self.bind(from);
            let to = to.map(|to| self.bind(to));
            for name in columns.map(&column) {
                let end = to.map_or_else(String::new, |to| format!(" AND {name} < ${to}"));
                any.push(format!("{name} >= ${from}{end}"));
            }
        }
        any
    }

    /// A SELECT of the `id`s for each kind of name that begins with what is searched for.
    pub(super) fn searches(&mut self, search: &Search) -> Vec<String> {
        let names = self.names(search, str::to_owned);
        let select = |name: &String| {
            format!(
                "SELECT c.id FROM card_customers AS c \
                 WHERE c.program_id = $1 AND {PRESENT} AND {name}"
            )
        };
        names.iter().map(select).collect()
    }
}
