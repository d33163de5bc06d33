//! How many customers a filtered list holds.

use card_gateway_migration::customer_counts::facet;
use sea_orm::ConnectionTrait as _;

use super::conditions::{Conditions, hidden_text};
use crate::domain::customer_filter::{CustomerFilter, TimeRange};
use crate::domain::page::Order;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, FieldError, Result};
use crate::store::counts::Trees;
use crate::store::database::Store;
use crate::store::sql;

/// How many customers are read to count those of a list.
const MOST: i64 = 200_000;

impl Store {
    /// How many customers a list holds: by the trees of counts where it is filtered by facets
    /// and creation time alone, otherwise counted.
    ///
    /// # Errors
    /// `Invalid` if too many customers would have to be read; if the database fails.
    pub async fn count_filtered_customers(
        &self,
        program: ProgramId,
        filter: &CustomerFilter,
    ) -> Result<i64> {
        let facets = self.facets(program, filter).await?;
        let names = facets.as_ref().map(|facets| facets.names.as_slice());
        if names.is_some_and(<[String]>::is_empty) {
            return Ok(0);
        }
        if filter.updated_at.is_everything() && filter.search.is_none() {
            return self.count_created(program, names, &filter.created_at).await;
        }
        let updated = CustomerFilter { updated_at: filter.updated_at, ..CustomerFilter::default() };
        if *filter == updated {
            return self.count_updated(program, filter, None).await;
        }
        let smallest = self.smallest(program, filter, facets.as_ref(), MOST).await?;
        let Some(source) = smallest else {
            let what = "would have to read more than 200,000 customers: narrow the filter, or \
                        leave totalCount out";
            return Err(Error::invalid(vec![FieldError::new("totalCount", what)]));
        };
        let backend = self.reads.get_database_backend();
        let mut conditions = Conditions::new(backend, program, filter, names);
        let rows = conditions.rows(source, Order::NewestFirst, "c.id", "");
        self.number(format!("SELECT COUNT(*) FROM ({rows}) AS c"), conditions).await
    }

    /// How many customers with some facets, or all, were created in a range, by the trees.
    pub(super) async fn count_created(
        &self,
        program: ProgramId,
        facets: Option<&[String]>,
        range: &TimeRange,
    ) -> Result<i64> {
        let until = match range.to {
            Some(to) => self.count_created_before(program, facets, to).await?,
            None => self.count_all(program, facets).await?,
        };
        let before = match range.from {
            Some(from) => self.count_created_before(program, facets, from).await?,
            None => 0,
        };
        // A range may end before it begins.
        Ok((until - before).max(0))
    }

    /// How many customers with some facets, or all, there are, by the trees.
    pub(super) async fn count_all(
        &self,
        program: ProgramId,
        facets: Option<&[String]>,
    ) -> Result<i64> {
        let backend = self.reads.get_database_backend();
        let none = CustomerFilter::default();
        let mut conditions = Conditions::new(backend, program, &none, None);
        let trees = trees(backend, facets, 2);
        let text = format!("SELECT COALESCE(({}), 0)", trees.total());
        trees.bind(&mut conditions.values);
        self.number(text, conditions).await
    }

    /// How many customers with some facets, or all, were created before a time, by the trees.
    pub(super) async fn count_created_before(
        &self,
        program: ProgramId,
        facets: Option<&[String]>,
        time: Timestamp,
    ) -> Result<i64> {
        let backend = self.reads.get_database_backend();
        let none = CustomerFilter::default();
        let mut conditions = Conditions::new(backend, program, &none, None);
        conditions.bind(time.millis());
        let trees = trees(backend, facets, 3);
        let condition = if facets.is_some() {
            format!(" AND {}", sql::one_of(backend, &hidden_text(&facet("c")), 3))
        } else {
            String::new()
        };
        let text = trees.before(&condition);
        trees.bind(&mut conditions.values);
        self.number(text, conditions).await
    }
}

/// The trees of some facets, or of all customers. Their first parameter is `$first`.
pub(super) fn trees(backend: sea_orm::DbBackend, facets: Option<&[String]>, first: usize) -> Trees {
    match facets {
        Some(names) => Trees::of_facets(backend, names, first),
        None => Trees::of(None, first),
    }
}
