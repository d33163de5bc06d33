//! What serving processes know of a program's issuer, for operators and other processes.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// What is known of one program's issuer. Moments are Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "issuer_health")]
pub struct Model {
    /// The program.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// When a process noted how its calls do; null: none has made one.
    pub calls_at: Option<i64>,
    /// Until when the circuit breaker of that process is open; null: it is closed.
    pub open_until: Option<i64>,
    /// How many calls the issuer still allowed in its window; null: not known.
    pub calls_left: Option<i64>,
    /// When that window ends; null: not known.
    pub window_ends_at: Option<i64>,
    /// How many calls our own budget still allowed; null: there is no budget.
    pub budget_left: Option<i64>,
    /// When a call failed last; null: none has.
    pub failed_at: Option<i64>,
    /// What happened then, as a sentence.
    pub failure: Option<String>,
    /// When a process noted how deliveries to it go; null: none has.
    pub deliveries_at: Option<i64>,
    /// How many deliveries in a row that process has not acknowledged.
    pub failed_in_a_row: i64,
    /// The state of the webhook subscription; null: not known.
    pub subscription: Option<String>,
    /// When the issuer was asked for that state; null: never.
    pub subscription_at: Option<i64>,
    /// When failed deliveries are looked for again.
    pub recovery_due_at: i64,
    /// Until when a process that looks for them keeps others from it.
    pub recovering_until: i64,
}

/// Whose it is.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The program.
    #[sea_orm(
        belongs_to = "super::program::Entity",
        from = "Column::ProgramId",
        to = "super::program::Column::Id"
    )]
    Program,
}

impl Related<super::program::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Program.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
