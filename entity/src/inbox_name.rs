//! A name that an event calls its customer by, who is not known yet.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One name of a customer for whom an event waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "inbox_names")]
pub struct Model {
    /// The program that the event was sent to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The name; e-mail addresses in lower case as well.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The event that waits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
}

/// Whose name it is.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The event that waits.
    #[sea_orm(
        belongs_to = "super::inbox_event::Entity",
        from = "(Column::ProgramId, Column::EventId)",
        to = "(super::inbox_event::Column::ProgramId, super::inbox_event::Column::EventId)"
    )]
    Event,
}

impl Related<super::inbox_event::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Event.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
