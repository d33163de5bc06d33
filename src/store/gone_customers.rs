//! Customers who are gone at the issuer. Their rows stay for a while: no list, look-up or
//! total has them, and they come back with all that belongs to them.

use card_gateway_entity::card_customer::{Column, Entity};
use card_gateway_entity::{customer_update, issuer_customer};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};
use sea_orm::{QuerySelect as _, Statement};

use super::sql;
use super::write_tx::WriteTx;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// What is forgotten of the events of a customer who is removed. The identifier of each
/// stays, so that an event that is sent again is still a duplicate; those that an operator
/// has to resolve keep their bodies.
const FORGET_EVENTS: &str = "UPDATE inbox_events SET customer_id = NULL, subject = NULL, \
    body = CASE WHEN state IN ('applied', 'ambiguous') THEN '' ELSE body END, \
    reason = CASE state WHEN 'ambiguous' THEN 'the customer is gone' ELSE reason END, \
    state = CASE state WHEN 'ambiguous' THEN 'kept' ELSE state END";

/// Whether a row `alias` of program `$1` is that of a customer who is there: those who are gone
/// are few, and looked up once.
pub(super) fn holder_present(alias: &str) -> String {
    format!(
        "{alias}.customer_id NOT IN (SELECT g.id FROM card_customers AS g \
         WHERE g.program_id = $1 AND g.gone_at IS NOT NULL)"
    )
}

impl WriteTx {
    /// Marks customers as gone. What the issuer said last of them is forgotten: when it
    /// shows them again, all of it is new.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn mark_gone(&self, customers: Vec<String>, at: Timestamp) -> Result<()> {
        let mark = Entity::update_many()
            .col_expr(Column::GoneAt, Expr::val(at.millis()))
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), Column::Id, customers.clone()));
        mark.exec(&self.write).await.map_err(sql::failed)?;
        let not_listed = customer_update::Entity::delete_many()
            .filter(customer_update::Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(
                self.backend(),
                customer_update::Column::CustomerId,
                customers.clone(),
            ));
        not_listed.exec(&self.write).await.map_err(sql::failed)?;
        let said = issuer_customer::Column::CustomerId;
        let forget = issuer_customer::Entity::delete_many()
            .filter(issuer_customer::Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), said, customers));
        forget.exec(&self.write).await.map(drop).map_err(sql::failed)
    }

    /// Removes customers who were marked as gone before `before`, at most `limit`, with
    /// all that belongs to them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_gone(&self, before: Timestamp, limit: u64) -> Result<()> {
        let rows = Entity::find()
            .select_only()
            .columns([Column::Id, Column::WalletAddress])
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(Column::GoneAt.lt(before.millis()))
            .limit(limit)
            .into_tuple::<(String, Option<String>)>()
            .all(&self.write)
            .await
            .map_err(sql::failed)?;
        if rows.is_empty() {
            return Ok(());
        }
        let (customers, wallets): (Vec<String>, Vec<Option<String>>) = rows.into_iter().unzip();
        let wallets: Vec<String> = wallets.into_iter().flatten().collect();
        let backend = self.backend();
        // By hand: each looks at several tables, or at the row's own state.
        let whose = |column: &str, parameter| {
            format!("program_id = $1 AND {}", sql::one_of(backend, column, parameter))
        };
        let forget = format!("{FORGET_EVENTS} WHERE {}", whose("customer_id", 2));
        self.execute(forget, [sql::list(backend, customers.clone())]).await?;
        // Cards, transactions and the balance go with the row.
        let remove = format!("DELETE FROM card_customers WHERE {}", whose("id", 2));
        self.execute(remove, [sql::list(backend, customers)]).await?;
        if wallets.is_empty() {
            return Ok(());
        }
        let orphans = format!(
            "DELETE FROM chain_balances WHERE {} AND NOT EXISTS (SELECT 1 FROM card_customers AS c \
               WHERE c.wallet_address = chain_balances.wallet_address)",
            sql::one_of(backend, "wallet_address", 1)
        );
        // A wallet may be another program's too.
        let values = [sql::list(backend, wallets)];
        let orphans = Statement::from_sql_and_values(backend, orphans, values);
        self.write.execute_raw(orphans).await.map(drop).map_err(sql::failed)
    }
}
