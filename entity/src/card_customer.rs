//! A card customer of a program.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One customer. The key starts with the program, so that two programs can
/// know the same customer without ever meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "card_customers")]
pub struct Model {
    /// The program that the customer belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// When the customer was found to be gone; Unix milliseconds; null: not gone.
    pub gone_at: Option<i64>,
    /// The address in lower case: what look-ups compare.
    pub email_key: String,
    /// Whether the customer has a card that is not void; null: not yet known to have one.
    pub has_cards: Option<bool>,
    /// `external_customer_id` in lower case, by which customers are searched.
    pub external_key: Option<String>,
    /// `yativo_card_id` in lower case, by which customers are searched.
    pub yativo_key: Option<String>,
    /// 24 lower-case hexadecimal digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The issuer's own name for the customer.
    pub yativo_card_id: String,
    /// The program's own name for the customer.
    pub external_customer_id: Option<String>,
    /// As the customer wrote it.
    pub email: String,
    /// The issuer's onboarding status: one of the contract's seven stages, or another word.
    pub flow_status: String,
    /// The identity check, by the contract's name.
    pub kyc_status: Option<String>,
    /// ISO 4217 code of the wallet's currency.
    pub currency: Option<String>,
    /// Whether the account wallet exists on the chain.
    pub safe_deployed: bool,
    /// The wallet, in EIP-55 form.
    pub wallet_address: Option<String>,
    /// Unix milliseconds.
    pub created_at: i64,
    /// The nearest of the seven stages; null: the status is one of them.
    pub stage: Option<String>,
    /// The issuer's number of the stage, 1 to 6, if the status is another word; null: not
    /// stated.
    pub step: Option<i32>,
    /// The issuer's next action, if the status is another word; null: not stated.
    pub next_action: Option<String>,
    /// The issuer's number of cards that are not void, while not all of them are known; null:
    /// the cards say it.
    pub stated_cards_count: Option<i64>,
}

/// What a customer belongs to, and has.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The program.
    #[sea_orm(
        belongs_to = "super::program::Entity",
        from = "Column::ProgramId",
        to = "super::program::Column::Id"
    )]
    Program,
    /// The cards.
    #[sea_orm(has_many = "super::card::Entity")]
    Cards,
    /// The transactions.
    #[sea_orm(has_many = "super::card_transaction::Entity")]
    Transactions,
    /// The live balance.
    #[sea_orm(has_one = "super::wallet_balance::Entity")]
    Balance,
    /// The changes.
    #[sea_orm(has_many = "super::change::Entity")]
    Changes,
}

impl Related<super::program::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Program.def()
    }
}

impl Related<super::card::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Cards.def()
    }
}

impl Related<super::card_transaction::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Transactions.def()
    }
}

impl Related<super::wallet_balance::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Balance.def()
    }
}

impl Related<super::change::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Changes.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
