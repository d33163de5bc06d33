//! The cards of many customers at once.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait as _, QueryResult, Statement};

use super::{Store, sql};
use crate::domain::card::{Card, CardStatus, CardType};
use crate::domain::principal::ProgramId;
use crate::error::Result;

impl Store {
    /// Every card of the customers, in no order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cards(&self, program: ProgramId, customers: Vec<String>) -> Result<Vec<Card>> {
        let backend = self.db.get_database_backend();
        let text = format!(
            "SELECT c.card_id, c.customer_id, c.last_four, c.card_type, c.status, c.is_stolen, \
             c.activated_at, c.created_at FROM cards AS c WHERE c.program_id = $1 AND {}",
            sql::one_of(backend, "c.customer_id", 2)
        );
        let values = [program.0.into(), sql::list(backend, customers)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.db.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(card).collect()
    }

    /// How many cards that are not void each customer has; who has none is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_cards(
        &self,
        program: ProgramId,
        customers: Vec<String>,
    ) -> Result<HashMap<String, i64>> {
        let backend = self.db.get_database_backend();
        // Stolen cards are stored as voided ones.
        let text = format!(
            "SELECT c.customer_id, COUNT(*) FROM cards AS c \
             WHERE c.program_id = $1 AND {} AND c.status <> '{}' GROUP BY c.customer_id",
            sql::one_of(backend, "c.customer_id", 2),
            CardStatus::Voided.as_str()
        );
        let values = [program.0.into(), sql::list(backend, customers)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.db.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| Ok((sql::column(row, 0)?, sql::column(row, 1)?))).collect()
    }
}

fn card(row: &QueryResult) -> Result<Card> {
    let card_type: String = sql::column(row, 3)?;
    let status: String = sql::column(row, 4)?;
    Ok(Card {
        card_id: sql::column(row, 0)?,
        customer_id: sql::column(row, 1)?,
        last_four: sql::column(row, 2)?,
        card_type: sql::named("a card type", CardType::parse(&card_type))?,
        status: sql::named("a card status", CardStatus::parse(&status))?,
        is_stolen: sql::column(row, 5)?,
        activated_at: sql::maybe_time(sql::column(row, 6)?)?,
        created_at: sql::time(sql::column(row, 7)?)?,
    })
}
