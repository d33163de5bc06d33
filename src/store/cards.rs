//! Cards: the row, reads for many customers at once, the upsert.

use std::sync::LazyLock;

use card_gateway_entity::card::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _};
use sea_orm::{QueryFilter as _, QueryResult, QueryTrait as _, Statement};

use super::bulk::{Written, upsert_many};
use super::database::Store;
use super::gone_customers::holder_present;
use super::sql;
use super::upsert::{Rule, differs, one_of_each, upsert};
use super::write_tx::WriteTx;
use crate::domain::card::Card;
use crate::domain::ledger::cards::{CardStatement, KnownCard};
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// The first column that [`card`] reads.
pub(super) const FIRST: usize = Column::CardId as usize;

/// What an import states about a card, beside the card.
const IMPORTED: [Column; 4] = [
    Column::ImportedAt,
    Column::ImportedStatus,
    Column::ImportedStolen,
    Column::ImportedActivatedAt,
];
/// What an import need not state: what is known stays.
const OPTIONAL: [Column; 2] = [Column::NetworkToken, Column::PinSet];

/// The columns of a card `k`.
pub(super) static COLUMNS: LazyLock<String> =
    LazyLock::new(|| sql::select_list::<Entity>("k", FIRST));

/// How many cards that are not void a customer `c` of program `$1` has.
/// Stolen cards are stored as voided ones.
pub(super) const COUNT: &str = "SELECT COUNT(*) FROM cards AS k \
    WHERE k.program_id = $1 AND k.customer_id = c.id AND k.status <> 'voided'";

/// Joins every card of each customer `c` of program `$1`, or an empty one.
pub(super) fn joined(backend: DbBackend) -> String {
    sql::each(backend, "cards AS k", &COLUMNS, "k.program_id = $1 AND k.customer_id = c.id")
}

/// The card of a row whose columns begin at `start`.
pub(super) fn card(row: &QueryResult, start: usize) -> Result<Card> {
    let at = |column: Column| start + column as usize - FIRST;
    let card_type = sql::column(row, at(Column::CardType))?;
    let status = sql::column(row, at(Column::Status))?;
    Ok(Card {
        card_id: sql::column(row, at(Column::CardId))?,
        customer_id: sql::column(row, at(Column::CustomerId))?,
        network_token: sql::column(row, at(Column::NetworkToken))?,
        last_four: sql::column(row, at(Column::LastFour))?,
        card_type: sql::named("a card type", card_type)?,
        status: sql::named("a card status", status)?,
        is_stolen: sql::column(row, at(Column::IsStolen))?,
        pin_set: sql::column(row, at(Column::PinSet))?,
        activated_at: sql::maybe_time(sql::column(row, at(Column::ActivatedAt))?)?,
        created_at: sql::time(sql::column(row, at(Column::CreatedAt))?)?,
    })
}

/// As [`card`]; none where nothing was joined.
pub(super) fn joined_card(row: &QueryResult, start: usize) -> Result<Option<Card>> {
    let id: Option<&str> = sql::column(row, start)?;
    id.map(|_| card(row, start)).transpose()
}

/// A card with its imported state, from a row with all columns.
fn known(row: &QueryResult) -> Result<KnownCard> {
    let status: Option<&str> = sql::column(row, Column::ImportedStatus as usize)?;
    let at = sql::maybe_time(sql::column(row, Column::ImportedAt as usize)?)?;
    let imported = match (at, status) {
        (Some(at), Some(status)) => {
            let is_stolen: Option<bool> = sql::column(row, Column::ImportedStolen as usize)?;
            let activated_at = sql::column(row, Column::ImportedActivatedAt as usize)?;
            Some(CardStatement {
                at,
                status: sql::named("a card status", status)?,
                is_stolen: is_stolen.unwrap_or(false),
                activated_at: sql::maybe_time(activated_at)?,
            })
        }
        _ => None,
    };
    Ok(KnownCard { card: card(row, FIRST)?, imported })
}

fn row(program: ProgramId, KnownCard { card, imported }: KnownCard) -> Model {
    Model {
        program_id: program.0,
        imported_at: imported.map(|of| of.at.millis()),
        imported_status: imported.map(|of| of.status.as_ref().to_owned()),
        imported_stolen: imported.map(|of| of.is_stolen),
        imported_activated_at: imported.and_then(|of| of.activated_at).map(Timestamp::millis),
        network_token: card.network_token,
        pin_set: card.pin_set,
        card_id: card.card_id,
        customer_id: card.customer_id,
        last_four: card.last_four,
        card_type: card.card_type.as_ref().to_owned(),
        status: card.status.as_ref().to_owned(),
        is_stolen: card.is_stolen,
        activated_at: card.activated_at.map(Timestamp::millis),
        created_at: card.created_at.millis(),
    }
}

impl Store {
    /// Every card of the customers, in no order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cards(&self, program: ProgramId, customers: Vec<String>) -> Result<Vec<Card>> {
        // By hand, as every page may ask it: one text, read by position.
        let backend = self.reads.get_database_backend();
        let text = format!(
            "SELECT {columns} FROM cards AS k WHERE k.program_id = $1 AND {wanted}",
            columns = *COLUMNS,
            wanted = sql::one_of(backend, "k.customer_id", 2)
        );
        let values = [program.0.into(), sql::list(backend, customers)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| card(row, 0)).collect()
    }
}

impl Store {
    /// The cards with these identifiers, in no order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cards_by_id(&self, program: ProgramId, ids: Vec<String>) -> Result<Vec<Card>> {
        let backend = self.reads.get_database_backend();
        let text = format!(
            "SELECT {columns} FROM cards AS k WHERE k.program_id = $1 AND {wanted} AND {present}",
            columns = *COLUMNS,
            wanted = sql::one_of(backend, "k.card_id", 2),
            present = holder_present("k")
        );
        let values = [program.0.into(), sql::list(backend, ids)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| card(row, 0)).collect()
    }
}

impl WriteTx {
    /// The cards with these identifiers.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cards(&self, ids: Vec<String>) -> Result<Vec<KnownCard>> {
        let cards = Entity::find()
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), Column::CardId, ids));
        let rows = self.write.query_all(&cards.into_query()).await.map_err(sql::failed)?;
        rows.iter().map(known).collect()
    }

    /// Every card of the customers, in no order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cards_of(&self, customers: Vec<String>) -> Result<Vec<KnownCard>> {
        let cards = Entity::find()
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), Column::CustomerId, customers));
        let rows = self.write.query_all(&cards.into_query()).await.map_err(sql::failed)?;
        rows.iter().map(known).collect()
    }

    /// Inserts or replaces cards as events have made them. Returns their customers.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_cards(&self, cards: Vec<KnownCard>) -> Result<Vec<String>> {
        let rows = cards.into_iter().map(|card| row(self.program, card));
        let rows = one_of_each(rows, |row| &row.card_id, |_, _| true);
        let returned = Column::CustomerId;
        upsert::<Entity>(&self.write, &rows, Rule::default(), returned).await
    }

    /// Inserts or replaces cards as an import states that they were at `at`. A stolen card is
    /// replaced by events only. Returns the customers whose cards are not as they were.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn import_cards(&self, cards: Vec<KnownCard>, at: Timestamp) -> Result<Vec<String>> {
        let rows = cards.into_iter().map(|card| row(self.program, card));
        let rows = one_of_each(rows, |row| &row.card_id, |_, old| !old.is_stolen);
        let differs = differs::<Entity>(&IMPORTED, &OPTIONAL);
        let rule = Rule::when(format!("NOT cards.is_stolen AND {differs}"), Vec::new());
        let (rule, key) = (rule.keeping(&OPTIONAL), Column::CardId);
        let Written { changed, known } =
            upsert_many::<Entity>(self, rows, key, rule, Column::CustomerId).await?;
        if !known.is_empty() {
            self.mark_imported(known, at).await?;
        }
        Ok(changed)
    }

    /// Marks cards as imported at a moment, also those that have not changed: they are as
    /// the import states. Stolen cards apart.
    async fn mark_imported(&self, ids: Vec<String>, at: Timestamp) -> Result<()> {
        let earlier = Column::ImportedAt.is_null().or(Column::ImportedAt.lt(at.millis()));
        let update = Entity::update_many()
            .col_expr(Column::ImportedAt, Expr::val(at.millis()))
            .col_expr(Column::ImportedStatus, Column::Status.into_expr())
            .col_expr(Column::ImportedStolen, Column::IsStolen.into_expr())
            .col_expr(Column::ImportedActivatedAt, Column::ActivatedAt.into_expr())
            .filter(Column::IsStolen.eq(false))
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), Column::CardId, ids))
            .filter(earlier);
        update.exec(&self.write).await.map(drop).map_err(sql::failed)
    }
}
