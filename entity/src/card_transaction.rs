//! A card transaction of a customer.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "card_transactions")]
pub struct Model {
    /// The program that the transaction belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The merchant's name in lower case, by which transactions are searched.
    pub merchant_key: Option<String>,
    /// The issuer's name for it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub transaction_id: String,
    /// The customer who made it.
    pub customer_id: String,
    /// The card that it was made with, where the issuer says so.
    pub card_id: Option<String>,
    /// `purchase`, `refund` or `withdrawal`.
    pub transaction_type: String,
    /// Minor units of `currency`.
    pub amount_minor: i64,
    /// ISO 4217 code; may differ from the wallet's.
    pub currency: String,
    /// What it costs the wallet, in minor units of `billing_currency`; null: not known.
    pub billing_amount_minor: Option<i64>,
    /// ISO 4217 code of the wallet's currency.
    pub billing_currency: Option<String>,
    /// The rate of exchange as the issuer states it: a decimal number.
    pub fx_rate: Option<String>,
    /// The contract's name.
    pub status: String,
    /// The merchant's name.
    pub merchant: Option<String>,
    /// ISO 18245 merchant category code.
    pub merchant_category: Option<String>,
    /// The merchant's city.
    pub merchant_city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub merchant_country: Option<String>,
    /// Unix milliseconds.
    pub authorized_at: Option<i64>,
    /// Unix milliseconds; null while pending.
    pub settled_at: Option<i64>,
    /// Unix milliseconds.
    pub created_at: i64,
}

/// Whose the transaction is.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The customer.
    #[sea_orm(
        belongs_to = "super::card_customer::Entity",
        from = "(Column::ProgramId, Column::CustomerId)",
        to = "(super::card_customer::Column::ProgramId, super::card_customer::Column::Id)"
    )]
    Customer,
}

impl Related<super::card_customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customer.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
