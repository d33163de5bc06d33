//! How far the reconciliation has come: one row, shared by all replicas.

use sea_orm::entity::prelude::*;

/// The present pass over all customers, or the last one.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliation")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The program of the last customer that a process has taken.
    pub program_id: i32,
    /// That customer.
    pub customer_id: String,
    /// When the pass began; Unix milliseconds.
    pub began_at: i64,
    /// When its last customer was taken; none while it goes on.
    pub ended_at: Option<i64>,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
