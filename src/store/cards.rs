//! The cards of many customers at once.

use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};

use super::{Store, sql};
use crate::domain::card::Card;
use crate::domain::principal::ProgramId;
use crate::error::Result;

/// The columns of a card, in the order in which [`card`] reads them.
pub(super) const COLUMNS: &str = "k.card_id, k.customer_id, k.last_four, k.card_type, k.status, \
    k.is_stolen, k.activated_at, k.created_at";
/// How many they are.
pub(super) const WIDTH: usize = 8;

/// How many cards that are not void a customer `c` of program `$1` has.
/// Stolen cards are stored as voided ones.
pub(super) const COUNT: &str = "SELECT COUNT(*) FROM cards AS k \
    WHERE k.program_id = $1 AND k.customer_id = c.id AND k.status <> 'voided'";

/// Joins every card of each customer `c` of program `$1`, or an empty one.
pub(super) fn joined(backend: DbBackend) -> String {
    sql::each(backend, "cards AS k", COLUMNS, "k.program_id = $1 AND k.customer_id = c.id")
}

impl Store {
    /// Every card of the customers, in no order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cards(&self, program: ProgramId, customers: Vec<String>) -> Result<Vec<Card>> {
        let backend = self.db.get_database_backend();
        let text = format!(
            "SELECT {COLUMNS} FROM cards AS k WHERE k.program_id = $1 AND {}",
            sql::one_of(backend, "k.customer_id", 2)
        );
        let values = [program.0.into(), sql::list(backend, customers)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| card(row, 0)).collect()
    }
}

/// The card of a row, where it has one from this column on.
pub(super) fn joined_card(row: &QueryResult, at: usize) -> Result<Option<Card>> {
    let id: Option<&str> = sql::column(row, at)?;
    id.map(|_| card(row, at)).transpose()
}

pub(super) fn card(row: &QueryResult, at: usize) -> Result<Card> {
    Ok(Card {
        card_id: sql::column(row, at)?,
        customer_id: sql::column(row, at + 1)?,
        last_four: sql::column(row, at + 2)?,
        card_type: sql::named("a card type", sql::column(row, at + 3)?)?,
        status: sql::named("a card status", sql::column(row, at + 4)?)?,
        is_stolen: sql::column(row, at + 5)?,
        activated_at: sql::maybe_time(sql::column(row, at + 6)?)?,
        created_at: sql::time(sql::column(row, at + 7)?)?,
    })
}
