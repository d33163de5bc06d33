//! A payment that a client has ordered from the issuer.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One funding, withdrawal or swap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// The program that the payment belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// Our identifier: a UUID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Who has ordered it, as `token:…` or `client:…`.
    pub credential: String,
    /// SHA-256 of the idempotency key, in hexadecimal digits; null: none, or it is free again.
    pub key_hash: Option<String>,
    /// SHA-256 of the canonical request, in hexadecimal digits.
    pub request_hash: String,
    /// `funding`, `withdrawal` or `swap`.
    pub kind: String,
    /// The customer, where there is one. No foreign key: the payment outlives the customer.
    pub customer_id: Option<String>,
    /// The issuer's identifier of the customer.
    pub yativo_card_id: Option<String>,
    /// Minor units of `currency`.
    pub amount_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// ISO 4217 code of what a swap yields.
    pub to_currency: Option<String>,
    /// `SOL` or `XDC`.
    pub source_chain: Option<String>,
    /// `send_x` or `receive_x`.
    pub pricing_mode: Option<String>,
    /// `pending`, `sent`, `succeeded`, `refused`, `unknown` or `never_sent`.
    pub state: String,
    /// The issuer's identifier of the transfer, withdrawal or swap.
    pub issuer_id: Option<String>,
    /// The issuer's status of it.
    pub issuer_status: Option<String>,
    /// The issuer's error code.
    pub issuer_code: Option<String>,
    /// What is known of a payment without an answer.
    pub note: Option<String>,
    /// The HTTP status of the answer to the client.
    pub answer_status: Option<i32>,
    /// The body of that answer: JSON.
    pub answer_body: Option<String>,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds; null: not sent.
    pub sent_at: Option<i64>,
    /// Unix milliseconds; null: not known yet what has become of it.
    pub ended_at: Option<i64>,
    /// Unix milliseconds; when something is to be done about it; null: never.
    pub check_at: Option<i64>,
    /// The operator who has settled it; null: that was not necessary.
    pub resolved_by: Option<String>,
}

/// Whose the payment is.
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
