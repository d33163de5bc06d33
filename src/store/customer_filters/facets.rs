//! The facets of a program's customers, with how many customers have each.

use card_gateway_migration::customer_counts::FACET;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};

use crate::domain::customer_filter::{CustomerFilter, Facet};
use crate::domain::principal::ProgramId;
use crate::error::Result;
use crate::store::database::Store;
use crate::store::sql;

/// The facets that a filter lets through.
pub(super) struct Facets {
    /// By the names of their trees.
    pub(super) names: Vec<String>,
    /// How many customers have them.
    pub(super) total: i64,
}

/// A facet by the name of its tree.
fn named(name: &str) -> Option<Facet<'_>> {
    let mut parts = name.strip_prefix(FACET)?.split('\t');
    let mut next = || parts.next();
    Some(Facet {
        stage: next()?,
        status: next()?,
        kyc_status: next()?,
        currency: next()?,
        safe_deployed: next()? == "1",
        has_cards: next()? == "1",
    })
}

/// The statement that reads all facets of a program.
pub(super) fn statement(backend: DbBackend, program: ProgramId) -> Statement {
    // Names that begin with two tabs: those with one are the trees of further statuses.
    let text = format!(
        "SELECT t.flow_status, t.total FROM customer_counts AS t WHERE t.program_id = $1 \
         AND t.level = 0 AND t.flow_status > '{FACET}' AND t.flow_status < '{FACET}\u{10ffff}' \
         AND t.total > 0"
    );
    Statement::from_sql_and_values(backend, text, [program.0.into()])
}

/// Those among the rows of [`statement`] that a filter lets through.
pub(super) fn let_through(rows: &[QueryResult], filter: &CustomerFilter) -> Result<Facets> {
    let mut facets = Facets { names: Vec::new(), total: 0 };
    for row in rows {
        let name: &str = sql::column(row, 0)?;
        if named(name).is_some_and(|facet| filter.fits(&facet)) {
            facets.names.push(name.to_owned());
            facets.total += sql::column::<i64>(row, 1)?;
        }
    }
    Ok(facets)
}

impl Store {
    /// The facets that a filter lets through; none if it is not about them.
    pub(super) async fn facets(
        &self,
        program: ProgramId,
        filter: &CustomerFilter,
    ) -> Result<Option<Facets>> {
        if !filter.has_facets() {
            return Ok(None);
        }
        let statement = statement(self.reads.get_database_backend(), program);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let_through(&rows, filter).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_tree_says_what_its_customers_have_in_common() {
        let facet = named("\t\tkyc_initiated\tkyc_rejected\trejected\t\t0\t1").expect("a facet");
        let expected = Facet {
            stage: "kyc_initiated",
            status: "kyc_rejected",
            kyc_status: "rejected",
            currency: "",
            safe_deployed: false,
            has_cards: true,
        };
        assert_eq!(facet, expected);
        assert_eq!(named("\tactive"), None);
        assert_eq!(named("active"), None);
    }
}
