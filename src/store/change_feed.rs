//! Changes of one program as clients read them: from a place on, oldest first.

use card_gateway_entity::change::{Column, Entity};
use sea_orm::sea_query::Value;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _};
use sea_orm::{QueryFilter as _, Statement};

use super::changes::{columns, joined_change};
use super::database::Store;
use super::sql;
use crate::domain::change::Change;
use crate::domain::principal::ProgramId;
use crate::error::Result;

/// Changes of a program, and which ones it has at the same moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundChanges {
    /// In their order.
    pub changes: Vec<Change>,
    /// The number of the last change that was removed because of its age; 0 if none was.
    pub removed_to: i64,
    /// The number of the last change that there is, or was.
    pub last: i64,
}

impl Store {
    /// The changes of a program after a number, at most `limit`; of one customer, if there is
    /// a `customer`. One statement.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn changes_of(
        &self,
        program: ProgramId,
        customer: Option<&str>,
        after: i64,
        limit: i64,
    ) -> Result<FoundChanges> {
        let backend = self.reads.get_database_backend();
        let mut values: Vec<Value> = vec![program.0.into(), after.into(), limit.into()];
        let of_customer = if let Some(customer) = customer {
            values.push(customer.into());
            "AND customer_id = $4"
        } else {
            ""
        };
        // By hand: the changes and what was removed are those of one moment, and the changes
        // are read along an index.
        let text = format!(
            "SELECT p.changes_removed_to, (SELECT MAX(seq) FROM changes WHERE program_id = $1), \
             {columns} FROM programs AS p LEFT JOIN (SELECT * FROM changes \
               WHERE program_id = $1 AND seq > $2 {of_customer} ORDER BY seq {limit}) AS c ON TRUE \
             WHERE p.id = $1 ORDER BY c.seq",
            columns = columns(),
            limit = sql::limit(backend, 3)
        );
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let Some(first) = rows.first() else { return Ok(FoundChanges::default()) };
        let removed_to = sql::column(first, 0)?;
        let last: Option<i64> = sql::column(first, 1)?;
        let changes = rows.iter().filter_map(|row| joined_change(row, 2).transpose());
        let changes = changes.collect::<Result<_>>()?;
        Ok(FoundChanges { changes, removed_to, last: last.unwrap_or(0).max(removed_to) })
    }

    /// How many changes of a program are kept.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_changes(&self, program: ProgramId) -> Result<i64> {
        let all = Entity::find().filter(Column::ProgramId.eq(program.0));
        let count = all.count(&*self.reads).await.map_err(sql::failed)?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
