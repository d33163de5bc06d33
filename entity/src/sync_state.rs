//! How far the synchronisation of a program with the issuer has come.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// The present pass over the issuer's list, or the last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "sync_state")]
pub struct Model {
    /// The program.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The process that synchronises; empty: none.
    pub holder: String,
    /// Until when that process has the right to, unless it renews it; Unix milliseconds.
    pub lease_until: i64,
    /// When the last complete pass ended; Unix milliseconds; null: there was none.
    pub completed_at: Option<i64>,
    /// When the present pass began; Unix milliseconds; null: there is none.
    pub started_at: Option<i64>,
    /// The present sweep of the pass over all pages, from 1.
    pub sweep: i64,
    /// The page that is read next, from 1; 0: all pages are read.
    pub next_page: i64,
    /// How many customers there are, as the sweep's last page said; null: not known.
    pub total: Option<i64>,
    /// Whether all pages of the sweep said the same total.
    pub steady: bool,
    /// How many items of the sweep's pages name no customer.
    pub unreadable: i64,
    /// How many calls the pass has made.
    pub calls: i64,
    /// How many customers the pass has added.
    pub added: i64,
    /// How many customers the pass has changed.
    pub changed: i64,
    /// The issuer's status of the program, in its word; null: not known.
    pub program_status: Option<String>,
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
