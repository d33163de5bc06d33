//! Lists of the inbox's events, for the operator's commands.

use card_gateway_entity::inbox_event::{Column, Entity};
use card_gateway_entity::{inbox_name, program};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait as _, QueryFilter as _};
use sea_orm::{QueryOrder as _, QuerySelect as _, QueryTrait as _, Select};

use super::database::Store;
use super::inbox::{InboxEvent, event, is_in};
use super::sql;
use crate::domain::ledger::event::InboxState;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// Which events a list has; by default all.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Those of this program.
    pub program: Option<ProgramId>,
    /// Those in this state.
    pub state: Option<InboxState>,
    /// Those that were received at this moment or later.
    pub since: Option<Timestamp>,
    /// Those of a customer.
    pub customer: Option<EventsOfCustomer>,
}

/// How events name a customer.
#[derive(Clone, Debug, Default)]
pub struct EventsOfCustomer {
    /// The customer's id in each program that has one of the name.
    pub ids: Vec<(ProgramId, String)>,
    /// The customer's names: waiting events have one of them.
    pub names: Vec<String>,
}

/// The place of an event in a list. Two programs may have events with the same identifier
/// and millisecond.
pub type EventPosition = (Timestamp, String, ProgramId);

const POSITION: [Column; 3] = [Column::ReceivedAt, Column::EventId, Column::ProgramId];

impl Store {
    /// The events of a list, oldest first, at most `limit`, after the one at `after`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events_in(
        &self,
        filter: &EventFilter,
        after: Option<EventPosition>,
        limit: u64,
    ) -> Result<Vec<(ProgramId, InboxEvent)>> {
        let mut events = filtered(filter);
        for column in POSITION {
            events = events.order_by_asc(column);
        }
        if let Some((at, id, program)) = after {
            let last = [Expr::val(at.millis()), Expr::val(id), Expr::val(program.0)];
            let position = Expr::tuple(POSITION.map(ColumnTrait::into_expr));
            events = events.filter(position.gt(Expr::tuple(last)));
        }
        let rows = events.limit(limit).all(&self.db).await.map_err(sql::failed)?;
        rows.into_iter().map(|row| Ok((ProgramId(row.program_id), event(row)?))).collect()
    }

    /// The place after which a list has `count` events; none if it has no more than that.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn event_before_the_last(
        &self,
        filter: &EventFilter,
        count: u64,
    ) -> Result<Option<EventPosition>> {
        let mut events = filtered(filter).select_only().columns(POSITION);
        for column in POSITION {
            events = events.order_by_desc(column);
        }
        let found = events.offset(count).limit(1).into_tuple::<(i64, String, i32)>();
        let found = found.one(&self.db).await.map_err(sql::failed)?;
        found.map(|(at, id, program)| Ok((sql::time(at)?, id, ProgramId(program)))).transpose()
    }

    /// The events with this identifier, each with its program.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events_with_id(
        &self,
        program: Option<ProgramId>,
        id: &str,
    ) -> Result<Vec<(ProgramId, InboxEvent)>> {
        // By programs, as the index is.
        let mut programs = Query::select();
        programs.column(program::Column::Id).from(program::Entity);
        let mut events = Entity::find()
            .filter(Column::ProgramId.in_subquery(programs))
            .filter(Column::EventId.eq(id))
            .order_by_asc(Column::ProgramId);
        if let Some(program) = program {
            events = events.filter(Column::ProgramId.eq(program.0));
        }
        let rows = events.all(&self.db).await.map_err(sql::failed)?;
        rows.into_iter().map(|row| Ok((ProgramId(row.program_id), event(row)?))).collect()
    }
}

fn filtered(filter: &EventFilter) -> Select<Entity> {
    let EventFilter { program, state, since, customer } = filter;
    Entity::find()
        .apply_if(*program, |events, program| events.filter(Column::ProgramId.eq(program.0)))
        .apply_if(*state, |events, state| events.filter(is_in(state)))
        .apply_if(*since, |events, since| events.filter(Column::ReceivedAt.gte(since.millis())))
        .apply_if(customer.as_ref(), |events, customer| events.filter(is_of(customer)))
}

/// Whether an event is of a customer: it names the customer, or waits for one of the name.
fn is_of(customer: &EventsOfCustomer) -> Condition {
    let mut named = Query::select();
    named
        .columns([inbox_name::Column::ProgramId, inbox_name::Column::EventId])
        .from(inbox_name::Entity)
        .and_where(inbox_name::Column::Name.is_in(&customer.names));
    let event = Expr::tuple([Column::ProgramId.into_expr(), Column::EventId.into_expr()]);
    let waits = event.in_subquery(named);
    customer.ids.iter().fold(Condition::any().add(waits), |any, (program, id)| {
        let of = Column::ProgramId.eq(program.0).and(Column::CustomerId.eq(id.as_str()));
        any.add(of)
    })
}
