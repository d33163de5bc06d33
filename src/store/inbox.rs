//! The inbox: every live notification, kept before it is acknowledged.

use std::collections::HashMap;

use card_gateway_entity::inbox_event::{Entity, Model};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, FromQueryResult as _, Statement};
use serde::Serialize;

use super::write_tx::WriteTx;
use super::{Store, sql};
use crate::domain::ledger::event::InboxState;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// A notification as the inbox has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxEvent {
    /// The issuer's name for it.
    pub event_id: String,
    /// What it tells, by the contract's name.
    pub event_type: String,
    /// The body as it came.
    pub body: String,
    /// When it came first.
    pub received_at: Timestamp,
    /// What has become of it.
    pub state: InboxState,
    /// Why it is not applied.
    pub reason: Option<String>,
    /// The customer whom it is about, once known.
    pub customer_id: Option<String>,
    /// What it is about besides, see [`crate::domain::ledger::event::AggregateId::key`].
    pub subject: Option<String>,
    /// When it happened.
    pub moment: Timestamp,
}

/// One notification as a statement's parameter has it.
#[derive(Serialize)]
struct Row<'a> {
    event_id: &'a str,
    event_type: &'a str,
    body: &'a str,
    received_at: i64,
    state: &'static str,
    reason: Option<&'a str>,
    customer_id: Option<&'a str>,
    subject: Option<&'a str>,
    moment: i64,
}

const COLUMNS: [(&str, &str); 9] = [
    ("event_id", "text"),
    ("event_type", "text"),
    ("body", "text"),
    ("received_at", "bigint"),
    ("state", "text"),
    ("reason", "text"),
    ("customer_id", "text"),
    ("subject", "text"),
    ("moment", "bigint"),
];

impl WriteTx {
    /// Which of the events are in the inbox already, and what has become of them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn known_events(&self, ids: Vec<String>) -> Result<HashMap<String, InboxState>> {
        let text = format!(
            "SELECT e.event_id, e.state FROM inbox_events AS e WHERE e.program_id = $1 AND {}",
            sql::one_of(self.backend(), "e.event_id", 2)
        );
        let rows = self.rows(text, [sql::list(self.backend(), ids)]).await?;
        let known = |row| Ok((sql::column(row, 0)?, state(sql::column(row, 1)?)?));
        rows.iter().map(known).collect()
    }

    /// Whether any event has been applied.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn anything_applied(&self) -> Result<bool> {
        let any = "SELECT 1 FROM inbox_events AS e WHERE e.program_id = $1 \
                   AND e.subject IS NOT NULL LIMIT 1";
        Ok(!self.rows(any.to_owned(), []).await?.is_empty())
    }

    /// What is applied of each customer and happened behind the customer's
    /// newest balance.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn subjects_behind_base(&self, customers: Vec<String>) -> Result<Vec<String>> {
        let text = format!(
            "SELECT DISTINCT e.subject FROM (SELECT b.program_id, b.customer_id, b.base_at \
               FROM wallet_balances AS b WHERE b.program_id = $1 AND {}) AS b \
             CROSS JOIN inbox_events AS e WHERE e.program_id = $1 \
             AND e.customer_id = b.customer_id AND e.moment > b.base_at \
             AND e.customer_id IS NOT NULL AND e.state = 'applied' AND e.subject IS NOT NULL",
            sql::one_of(self.backend(), "b.customer_id", 2)
        );
        let rows = self.rows(text, [sql::list(self.backend(), customers)]).await?;
        rows.iter().map(|row| sql::column(row, 0)).collect()
    }

    /// Keeps new events, or what has become of known ones.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn file(&self, events: &[InboxEvent]) -> Result<()> {
        let rows: Vec<Row<'_>> = events.iter().map(row).collect();
        self.put("inbox_events", &["event_id"], &COLUMNS, &rows, "").await
    }

    /// Every applied event of the subjects.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events_about(&self, subjects: Vec<String>) -> Result<Vec<InboxEvent>> {
        let text = format!(
            "SELECT e.* FROM inbox_events AS e WHERE e.program_id = $1 \
             AND e.subject IS NOT NULL AND e.state = 'applied' AND {}",
            sql::one_of(self.backend(), "e.subject", 2)
        );
        self.inbox_events(text, [sql::list(self.backend(), subjects)]).await
    }

    /// What is applied of each customer and happened behind a moment.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn subjects_behind(&self, of: &[(String, Timestamp)]) -> Result<Vec<String>> {
        #[derive(Serialize)]
        struct Row<'a> {
            id: &'a str,
            at: i64,
        }
        let rows: Vec<_> = of.iter().map(|(id, at)| Row { id, at: at.millis() }).collect();
        // SQLite keeps the order of a CROSS JOIN: each customer is looked up.
        let text = format!(
            "SELECT DISTINCT e.subject FROM {} CROSS JOIN inbox_events AS e \
             WHERE e.program_id = $1 AND e.customer_id = r.id AND e.moment > r.at \
             AND e.customer_id IS NOT NULL AND e.state = 'applied' AND e.subject IS NOT NULL",
            sql::rows(self.backend(), 2, &[("id", "text"), ("at", "bigint")])
        );
        let rows = self.rows(text, [sql::json(&rows)?]).await?;
        rows.iter().map(|row| sql::column(row, 0)).collect()
    }

    /// Notes by which names the customers of waiting events go.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn wait_for(&self, names: &[(String, String)]) -> Result<()> {
        #[derive(Serialize)]
        struct Row<'a> {
            event_id: &'a str,
            name: &'a str,
        }
        let rows: Vec<_> = names.iter().map(|(event_id, name)| Row { event_id, name }).collect();
        let text = format!(
            "INSERT INTO inbox_names (program_id, name, event_id) SELECT $1, name, event_id \
             FROM {} WHERE TRUE ON CONFLICT DO NOTHING",
            sql::rows(self.backend(), 2, &[("event_id", "text"), ("name", "text")])
        );
        self.execute(text, [sql::json(&rows)?]).await
    }

    /// Whether any event waits for its customer.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn anybody_waits(&self) -> Result<bool> {
        let any = "SELECT 1 FROM inbox_names AS n WHERE n.program_id = $1 LIMIT 1";
        Ok(!self.rows(any.to_owned(), []).await?.is_empty())
    }

    /// The events that wait for a customer of these names and were received
    /// after `after`, oldest first, at most `most`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events_waiting_for(
        &self,
        names: Vec<String>,
        after: Option<&(Timestamp, String)>,
        most: i64,
    ) -> Result<Vec<InboxEvent>> {
        let (at, id) = after.map_or((i64::MIN, ""), |(at, id)| (at.millis(), id));
        let text = format!(
            "SELECT e.* FROM inbox_events AS e WHERE e.program_id = $1 AND e.state = 'waiting' \
             AND e.event_id IN (SELECT n.event_id FROM inbox_names AS n \
               WHERE n.program_id = $1 AND {}) AND (e.received_at, e.event_id) > ($3, $4) \
             ORDER BY e.received_at, e.event_id LIMIT {most}",
            sql::one_of(self.backend(), "n.name", 2)
        );
        let values = [sql::list(self.backend(), names), at.into(), id.into()];
        self.inbox_events(text, values).await
    }

    /// Forgets by which names the customers of events go that wait no more.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn wait_no_more(&self, events: Vec<String>) -> Result<()> {
        let text = format!(
            "DELETE FROM inbox_names WHERE program_id = $1 AND {}",
            sql::one_of(self.backend(), "event_id", 2)
        );
        self.execute(text, [sql::list(self.backend(), events)]).await
    }

    /// The events of these identifiers.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events(&self, ids: Vec<String>) -> Result<Vec<InboxEvent>> {
        let text = format!(
            "SELECT e.* FROM inbox_events AS e WHERE e.program_id = $1 AND {}",
            sql::one_of(self.backend(), "e.event_id", 2)
        );
        self.inbox_events(text, [sql::list(self.backend(), ids)]).await
    }

    async fn inbox_events<const N: usize>(
        &self,
        text: String,
        values: [sea_orm::Value; N],
    ) -> Result<Vec<InboxEvent>> {
        let rows = self.rows(text, values).await?;
        let filed = |row| filed(Model::from_query_result(row, "").map_err(sql::failed)?);
        rows.iter().map(filed).collect()
    }
}

impl Store {
    /// The events in a state of a program, or of all (for the operator), oldest
    /// first, at most `most`, behind the event `after`. Two programs may have
    /// events of the same identifier and millisecond.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events_in(
        &self,
        program: Option<ProgramId>,
        state: Option<InboxState>,
        after: Option<(Timestamp, String, ProgramId)>,
        most: u64,
    ) -> Result<Vec<(ProgramId, InboxEvent)>> {
        let backend = self.db.get_database_backend();
        let (at, id, of) = after
            .map_or((i64::MIN, String::new(), i32::MIN), |(at, id, of)| (at.millis(), id, of.0));
        let mut values = vec![at.into(), id.into(), most.into(), of.into()];
        let mut text = "SELECT e.* FROM inbox_events AS e \
            WHERE (e.received_at, e.event_id, e.program_id) > ($1, $2, $4)"
            .to_owned();
        if let Some(program) = program {
            values.push(program.0.into());
            text.push_str(" AND e.program_id = $5");
        }
        if let Some(state) = state {
            // Written out: the index of open events is of these alone.
            text = format!("{text} AND e.state = '{}'", state.as_ref());
        }
        text.push_str(" ORDER BY e.received_at, e.event_id, e.program_id LIMIT $3");
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = Entity::find().from_raw_sql(statement).all(&self.db).await;
        let rows = rows.map_err(sql::failed)?;
        rows.into_iter().map(|row| Ok((ProgramId(row.program_id), filed(row)?))).collect()
    }

    /// The programs that an event of this identifier was sent to (for the operator).
    ///
    /// # Errors
    /// If the database fails.
    pub async fn programs_of_event(&self, id: &str) -> Result<Vec<ProgramId>> {
        let text = "SELECT p.id FROM programs AS p WHERE EXISTS (SELECT 1 FROM inbox_events AS e \
            WHERE e.program_id = p.id AND e.event_id = $1)";
        let backend = self.db.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, text, [id.into()]);
        let rows = self.db.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| Ok(ProgramId(sql::column(row, 0)?))).collect()
    }
}

fn row(filed: &InboxEvent) -> Row<'_> {
    Row {
        event_id: &filed.event_id,
        event_type: &filed.event_type,
        body: &filed.body,
        received_at: filed.received_at.millis(),
        state: filed.state.into(),
        reason: filed.reason.as_deref(),
        customer_id: filed.customer_id.as_deref(),
        subject: filed.subject.as_deref(),
        moment: filed.moment.millis(),
    }
}

fn filed(row: Model) -> Result<InboxEvent> {
    Ok(InboxEvent {
        event_id: row.event_id,
        event_type: row.event_type,
        body: row.body,
        received_at: sql::time(row.received_at)?,
        state: state(&row.state)?,
        reason: row.reason,
        customer_id: row.customer_id,
        subject: row.subject,
        moment: sql::time(row.moment)?,
    })
}

fn state(text: &str) -> Result<InboxState> {
    sql::named("an inbox state", text)
}
