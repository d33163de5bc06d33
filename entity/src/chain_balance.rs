//! What the chain said of a wallet the last time that it was read.

use sea_orm::entity::prelude::*;

/// One wallet's balance in one currency.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chain_balances")]
pub struct Model {
    /// The wallet, in EIP-55 form.
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_address: String,
    /// The currency whose token was read.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// All that the wallet holds, in minor units, rounded down.
    pub ledger_minor: i64,
    /// The block that it was read from.
    pub block_number: i64,
    /// The time of that block; Unix milliseconds.
    pub block_time: i64,
}

/// It is public, and of no program.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
