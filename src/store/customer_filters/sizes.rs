//! How many customers a condition leaves, up to a limit.

use sea_orm::{ConnectionTrait as _, Statement};

use super::conditions::{Conditions, Source};
use super::facets::Facets;
use crate::domain::customer_filter::CustomerFilter;
use crate::domain::principal::ProgramId;
use crate::error::Result;
use crate::store::database::Store;
use crate::store::sql;

impl Store {
    /// The condition that leaves the fewest customers, if these are at most `limit`. No index
    /// is read further than that.
    pub(super) async fn smallest(
        &self,
        program: ProgramId,
        filter: &CustomerFilter,
        facets: Option<&Facets>,
        limit: i64,
    ) -> Result<Option<Source>> {
        let mut sizes = Vec::new();
        if let Some(facets) = facets {
            sizes.push((facets.total, Source::Facets));
        }
        if !filter.created_at.is_everything() {
            let created = self.count_created(program, None, &filter.created_at).await?;
            sizes.push((created, Source::CreatedAt));
        }
        if !filter.updated_at.is_everything() {
            sizes
                .push((self.count_updated(program, filter, Some(limit)).await?, Source::UpdatedAt));
        }
        if filter.search.is_some() {
            sizes.push((self.count_found(program, filter, limit).await?, Source::Search));
        }
        let smallest = sizes.into_iter().min_by_key(|(size, _)| *size);
        Ok(smallest.filter(|(size, _)| *size <= limit).map(|(_, source)| source))
    }

    /// How many customers were changed in the filter's range, in the index alone; no more than
    /// one more than `limit`.
    pub(super) async fn count_updated(
        &self,
        program: ProgramId,
        filter: &CustomerFilter,
        limit: Option<i64>,
    ) -> Result<i64> {
        let backend = self.reads.get_database_backend();
        let mut conditions = Conditions::new(backend, program, filter, None);
        let range = conditions.of_update(Source::UpdatedAt, false);
        let most = limit.map(|limit| conditions.bind(limit + 1));
        let most = most.map_or_else(String::new, |most| format!(" LIMIT ${most}"));
        let text = format!(
            "SELECT COUNT(*) FROM (SELECT u.updated_at FROM customer_updates AS u \
             WHERE u.program_id = $1{range}{most}) AS u"
        );
        self.number(text, conditions).await
    }

    /// How many names are found by the filter's search; not many more than `limit`.
    async fn count_found(
        &self,
        program: ProgramId,
        filter: &CustomerFilter,
        limit: i64,
    ) -> Result<i64> {
        let backend = self.reads.get_database_backend();
        let mut conditions = Conditions::new(backend, program, filter, None);
        let Some(search) = &filter.search else { return Ok(0) };
        let searches = conditions.searches(search);
        let most = conditions.bind(limit + 1);
        let limited = |select: &String| format!("SELECT s.id FROM ({select} LIMIT ${most}) AS s");
        let all: Vec<String> = searches.iter().map(limited).collect();
        let text = format!("SELECT COUNT(*) FROM ({}) AS s", all.join(" UNION ALL "));
        self.number(text, conditions).await
    }

    /// The number that a statement returns; 0 if nothing.
    pub(super) async fn number(&self, text: String, conditions: Conditions<'_>) -> Result<i64> {
        let backend = self.reads.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, text, conditions.values);
        let row = self.reads.query_one_raw(statement).await.map_err(sql::failed)?;
        row.map_or(Ok(0), |row| sql::column(&row, 0))
    }
}
