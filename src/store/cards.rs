//! The cards of many customers at once.

use std::collections::HashMap;

use card_gateway_entity::card::{Column, Entity, Model};
use sea_orm::{ColumnTrait as _, EntityTrait as _};
use sea_orm::{QueryFilter as _, QuerySelect as _, Select};

use super::{Store, sql};
use crate::domain::card::{Card, CardStatus, CardType};
use crate::domain::principal::ProgramId;
use crate::error::Result;

impl Store {
    fn cards_held_by(&self, program: ProgramId, customers: &[String]) -> Select<Entity> {
        let holder =
            sql::one_of(self.db.get_database_backend(), Column::CustomerId, customers.to_vec());
        Entity::find().filter(Column::ProgramId.eq(program.0)).filter(holder)
    }

    /// Every card of the customers, in no order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cards(&self, program: ProgramId, customers: &[String]) -> Result<Vec<Card>> {
        let rows = self.cards_held_by(program, customers).all(&self.db).await;
        rows.map_err(sql::failed)?.into_iter().map(card).collect()
    }

    /// How many cards that are not void each customer has; who has none is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_cards(
        &self,
        program: ProgramId,
        customers: &[String],
    ) -> Result<HashMap<String, i64>> {
        let counts: Vec<(String, i64)> = self
            .cards_held_by(program, customers)
            // Stolen cards are stored as voided ones.
            .filter(Column::Status.ne(CardStatus::Voided.as_str()))
            .select_only()
            .column(Column::CustomerId)
            .column_as(Column::CustomerId.count(), "total")
            .group_by(Column::CustomerId)
            .into_tuple()
            .all(&self.db)
            .await
            .map_err(sql::failed)?;
        Ok(counts.into_iter().collect())
    }
}

fn card(row: Model) -> Result<Card> {
    Ok(Card {
        card_id: row.card_id,
        customer_id: row.customer_id,
        last_four: row.last_four,
        card_type: sql::named("a card type", CardType::parse(&row.card_type))?,
        status: sql::named("a card status", CardStatus::parse(&row.status))?,
        is_stolen: row.is_stolen,
        activated_at: sql::maybe_time(row.activated_at)?,
        created_at: sql::time(row.created_at)?,
    })
}
