//! The inbox: every event of the issuer, stored before it is acknowledged.

use std::collections::HashMap;

use card_gateway_entity::inbox_event::{Column, Entity, Model};
use card_gateway_entity::{inbox_name, program, wallet_balance};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use sea_orm::{QuerySelect as _, Select};
use serde::Serialize;

use super::database::Store;
use super::sql;
use super::upsert::{Rule, upsert};
use super::write_tx::WriteTx;
use crate::domain::ledger::event::InboxState;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// An event as the inbox stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxEvent {
    /// The issuer's name for it.
    pub event_id: String,
    /// Its type, by the contract's name.
    pub event_type: String,
    /// The body as it came; empty once it is no longer needed.
    pub body: String,
    /// The issuer's name for the delivery that brought it, for asking for it again.
    pub delivery_id: Option<String>,
    /// When it was received first.
    pub received_at: Timestamp,
    /// Whether it was applied.
    pub state: InboxState,
    /// Why it is not applied.
    pub reason: Option<String>,
    /// Its customer, once known.
    pub customer_id: Option<String>,
    /// What it is about besides, see [`crate::domain::ledger::event::AggregateId::key`].
    pub subject: Option<String>,
    /// When it happened.
    pub moment: Timestamp,
}

pub(super) fn event(row: Model) -> Result<InboxEvent> {
    Ok(InboxEvent {
        event_id: row.event_id,
        event_type: row.event_type,
        body: row.body,
        delivery_id: row.delivery_id,
        received_at: sql::time(row.received_at)?,
        state: state(&row.state)?,
        reason: row.reason,
        customer_id: row.customer_id,
        subject: row.subject,
        moment: sql::time(row.moment)?,
    })
}

fn row(program: ProgramId, event: InboxEvent) -> Model {
    Model {
        program_id: program.0,
        event_id: event.event_id,
        event_type: event.event_type,
        body: event.body,
        delivery_id: event.delivery_id,
        received_at: event.received_at.millis(),
        state: event.state.as_ref().to_owned(),
        reason: event.reason,
        customer_id: event.customer_id,
        subject: event.subject,
        moment: event.moment.millis(),
    }
}

fn state(text: &str) -> Result<InboxState> {
    sql::named("an inbox state", text)
}

/// Only events in this state. It is a part of the text: the indexes of waiting
/// and of failed events hold these alone.
pub(super) fn is_in(state: InboxState) -> Expr {
    Expr::cust(format!("state = '{}'", state.as_ref()))
}

impl WriteTx {
    /// Which of these events are in the inbox, and their states.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn known_events(&self, ids: Vec<String>) -> Result<HashMap<String, InboxState>> {
        let known = self
            .find_events()
            .select_only()
            .columns([Column::EventId, Column::State])
            .filter(sql::is_one_of(self.backend(), Column::EventId, ids))
            .into_tuple::<(String, String)>()
            .all(&self.write)
            .await;
        let known = known.map_err(sql::failed)?.into_iter();
        known.map(|(id, text)| Ok((id, state(&text)?))).collect()
    }

    /// The events with these identifiers.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events(&self, ids: Vec<String>) -> Result<Vec<InboxEvent>> {
        let wanted = sql::is_one_of(self.backend(), Column::EventId, ids);
        self.load_events(self.find_events().filter(wanted)).await
    }

    /// Inserts events, or replaces what is stored of them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_events(&self, events: &[InboxEvent]) -> Result<()> {
        let rows: Vec<Model> =
            events.iter().map(|event| row(self.program, event.clone())).collect();
        upsert::<Entity>(&self.write, &rows, Rule::default(), Column::EventId).await.map(drop)
    }

    /// Whether any event with a subject is in the inbox.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn has_events_with_subject(&self) -> Result<bool> {
        let any = self.find_events().select_only().column(Column::EventId);
        let any = any.filter(Column::Subject.is_not_null()).into_tuple::<String>();
        Ok(any.one(&self.write).await.map_err(sql::failed)?.is_some())
    }

    /// Every applied or ambiguous event about these subjects.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events_about(&self, subjects: Vec<String>) -> Result<Vec<InboxEvent>> {
        let about = self
            .find_events()
            .filter(Column::Subject.is_not_null())
            .filter(Expr::cust("state IN ('applied', 'ambiguous')"))
            .filter(sql::is_one_of(self.backend(), Column::Subject, subjects));
        self.load_events(about).await
    }

    /// The subjects of applied events that happened after the customers' newest
    /// balance events.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn subjects_after_snapshot(&self, customers: Vec<String>) -> Result<Vec<String>> {
        use wallet_balance::Column as Balance;
        let snapshots = wallet_balance::Entity::find()
            .select_only()
            .columns([Balance::CustomerId, Balance::BaseAt])
            .filter(Balance::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), Balance::CustomerId, customers))
            .into_tuple::<(String, i64)>()
            .all(&self.write)
            .await;
        let snapshots = snapshots.map_err(sql::failed)?.into_iter();
        let snapshots = snapshots.map(|(id, at)| Ok((id, sql::time(at)?)));
        let snapshots = snapshots.collect::<Result<Vec<_>>>()?;
        if snapshots.is_empty() {
            return Ok(Vec::new());
        }
        self.subjects_after(&snapshots).await
    }

    /// The subjects of applied events that happened after a moment of each
    /// customer.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn subjects_after(&self, moments: &[(String, Timestamp)]) -> Result<Vec<String>> {
        #[derive(Serialize)]
        struct Row<'a> {
            id: &'a str,
            at: i64,
        }
        let rows: Vec<_> = moments.iter().map(|(id, at)| Row { id, at: at.millis() }).collect();
        // By hand: each customer has a moment of its own. SQLite keeps the order
        // of a CROSS JOIN, so that it looks each customer up.
        let text = format!(
            "SELECT DISTINCT e.subject FROM {} CROSS JOIN inbox_events AS e \
             WHERE e.program_id = $1 AND e.customer_id = r.id AND e.moment > r.at \
             AND e.customer_id IS NOT NULL AND e.state = 'applied' AND e.subject IS NOT NULL",
            sql::rows(self.backend(), 2, &[("id", "text"), ("at", "bigint")])
        );
        let rows = self.rows(text, [sql::json(&rows)?]).await?;
        rows.iter().map(|row| sql::column(row, 0)).collect()
    }

    /// The events that wait for a customer with one of these names and were
    /// received after `after`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events_waiting_for(
        &self,
        names: Vec<String>,
        after: Option<&(Timestamp, String)>,
        limit: u64,
    ) -> Result<Vec<InboxEvent>> {
        let mut named = Query::select();
        named
            .column(inbox_name::Column::EventId)
            .from(inbox_name::Entity)
            .and_where(inbox_name::Column::ProgramId.eq(self.program.0))
            .and_where(sql::is_one_of(self.backend(), inbox_name::Column::Name, names));
        let mut waiting = self
            .find_events()
            .filter(is_in(InboxState::Waiting))
            .filter(Column::EventId.in_subquery(named))
            .order_by_asc(Column::ReceivedAt)
            .order_by_asc(Column::EventId)
            .limit(limit);
        if let Some((at, id)) = after {
            let position = [Column::ReceivedAt, Column::EventId].map(ColumnTrait::into_expr);
            let last = [Expr::val(at.millis()), Expr::val(id.as_str())];
            waiting = waiting.filter(Expr::tuple(position).gt(Expr::tuple(last)));
        }
        self.load_events(waiting).await
    }

    fn find_events(&self) -> Select<Entity> {
        Entity::find().filter(Column::ProgramId.eq(self.program.0))
    }

    async fn load_events(&self, query: Select<Entity>) -> Result<Vec<InboxEvent>> {
        let rows = query.all(&self.write).await.map_err(sql::failed)?;
        rows.into_iter().map(event).collect()
    }
}

impl Store {
    /// When a program's last event was received; none if none ever was.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_event_at(&self, program: ProgramId) -> Result<Option<Timestamp>> {
        let last = Entity::find()
            .select_only()
            .column(Column::ReceivedAt)
            .filter(Column::ProgramId.eq(program.0))
            .order_by_desc(Column::ReceivedAt)
            .limit(1)
            .into_tuple::<i64>()
            .one(&self.db)
            .await;
        last.map_err(sql::failed)?.map(sql::time).transpose()
    }

    /// Whether any event of any program was received at this moment or later.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn any_event_since(&self, since: Timestamp) -> Result<bool> {
        let any = Entity::find()
            .select_only()
            .column(Column::ReceivedAt)
            .filter(Column::ReceivedAt.gte(since.millis()))
            .limit(1)
            .into_tuple::<i64>()
            .one(&self.db)
            .await;
        Ok(any.map_err(sql::failed)?.is_some())
    }

    /// How many events of each program wait for their customer, and when the oldest of them
    /// arrived; nothing of programs that have none.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn waiting_events(&self) -> Result<Vec<(String, u64, Timestamp)>> {
        let waiting = Entity::find()
            .select_only()
            .column(program::Column::Name)
            .column_as(Column::EventId.count(), "waiting")
            .column_as(Column::ReceivedAt.min(), "oldest")
            .inner_join(program::Entity)
            .filter(is_in(InboxState::Waiting))
            .group_by(program::Column::Name)
            .into_tuple::<(String, i64, i64)>()
            .all(&*self.reads)
            .await;
        let row = |(name, count, oldest): (String, i64, i64)| {
            Ok((name, u64::try_from(count).unwrap_or(0), sql::time(oldest)?))
        };
        waiting.map_err(sql::failed)?.into_iter().map(row).collect()
    }

    /// The bodies of a program's events of these types that were received at `since` or later,
    /// oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn event_bodies(
        &self,
        program: ProgramId,
        types: &[&str],
        since: Timestamp,
    ) -> Result<Vec<(String, String)>> {
        let bodies = Entity::find()
            .select_only()
            .columns([Column::EventType, Column::Body])
            .filter(Column::ProgramId.eq(program.0))
            .filter(Column::ReceivedAt.gte(since.millis()))
            .filter(Column::EventType.is_in(types.iter().copied()))
            .order_by_asc(Column::ReceivedAt)
            .order_by_asc(Column::EventId);
        bodies.into_tuple().all(&self.db).await.map_err(sql::failed)
    }
}
