//! Card customers: lists, totals, look-ups.

use card_gateway_entity::card_customer::{Column, Entity, Model};
use sea_orm::sea_query::UnionType;
use sea_orm::{ColumnTrait as _, EntityTrait as _};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _, QueryResult, Statement};
use sea_orm::{QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Select};

use super::{Store, counts, sql};
use crate::domain::customer::Customer;
use crate::domain::identifier::Identifier;
use crate::domain::money::Currency;
use crate::domain::onboarding::{FlowStatus, KycStatus};
use crate::domain::page::{Order, Slice, Window};
use crate::domain::principal::ProgramId;
use crate::error::Result;

fn of(program: ProgramId, status: Option<FlowStatus>) -> Select<Entity> {
    let customers = Entity::find().filter(Column::ProgramId.eq(program.0));
    match status {
        Some(status) => customers.filter(Column::FlowStatus.eq(status.as_str())),
        None => customers,
    }
}

impl Store {
    /// A part of the list of a program's customers, by creation time.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers(
        &self,
        program: ProgramId,
        status: Option<FlowStatus>,
        order: Order,
        window: &Window,
    ) -> Result<Slice<Customer>> {
        let rows = if window.offset() > 0 {
            let statement = self.numbered_page(program, status, order, window);
            Entity::find().from_raw_sql(statement).all(&self.db).await
        } else {
            let mut list = of(program, status);
            if let Some(position) = window.after() {
                list = list.filter(sql::behind(Column::CreatedAt, Column::Id, position, order));
            }
            let direction = match order {
                Order::NewestFirst => sea_orm::Order::Desc,
                Order::OldestFirst => sea_orm::Order::Asc,
            };
            let list = list.order_by(Column::CreatedAt, direction.clone());
            let list = list.order_by(Column::Id, direction);
            list.limit(sql::count(window.size() + 1)).all(&self.db).await
        };
        let rows = rows.map_err(sql::failed)?;
        let customers = rows.into_iter().map(customer).collect::<Result<_>>()?;
        Ok(Slice::from_one_more(customers, window.size()))
    }

    /// A page that is not the first: it begins in the bucket that the counts
    /// name, and passes over what comes before it in that bucket alone.
    fn numbered_page(
        &self,
        program: ProgramId,
        status: Option<FlowStatus>,
        order: Order,
        window: &Window,
    ) -> Statement {
        let backend = self.db.get_database_backend();
        let place = counts::place(backend, order);
        let filter = if status.is_some() { "AND c.flow_status = $2 " } else { "" };
        let (behind, sort) = match order {
            Order::NewestFirst => ("<", "DESC"),
            Order::OldestFirst => (">=", "ASC"),
        };
        let text = format!(
            "{place} SELECT c.* FROM card_customers AS c WHERE c.program_id = $1 {filter}\
             AND c.created_at {behind} (SELECT bound FROM place) \
             ORDER BY c.created_at {sort}, c.id {sort} LIMIT $4 OFFSET COALESCE((SELECT rest FROM place), 0)"
        );
        let values = [
            program.0.into(),
            counts::tree(status).into(),
            window.offset().into(),
            (window.size() + 1).into(),
        ];
        Statement::from_sql_and_values(backend, text, values)
    }

    /// Every customer that any of the identifiers names, once for each way in
    /// which they are named.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_named(
        &self,
        program: ProgramId,
        identifiers: &[Identifier],
    ) -> Result<Vec<Customer>> {
        let backend = self.db.get_database_backend();
        let texts = || identifiers.iter().map(|identifier| identifier.as_str().to_owned());
        let ids: Vec<_> = identifiers.iter().filter_map(Identifier::as_customer_id).collect();
        let emails: Vec<_> = identifiers.iter().filter_map(Identifier::as_email_key).collect();
        // A union, each branch with an index of its own: with OR, a planner
        // without statistics reads the whole program.
        let named = |column, values| {
            of(program, None).filter(sql::one_of(backend, column, values)).into_query()
        };
        let mut all = named(Column::YativoCardId, texts().collect());
        all.union(UnionType::All, named(Column::ExternalCustomerId, texts().collect()));
        for (column, values) in [(Column::Id, ids), (Column::EmailKey, emails)] {
            if !values.is_empty() {
                all.union(UnionType::All, named(column, values));
            }
        }
        let rows = self.db.query_all(&all).await.map_err(sql::failed)?;
        let row = |row: &QueryResult| Model::from_query_result(row, "").map_err(sql::failed);
        rows.iter().map(|found| customer(row(found)?)).collect()
    }
}

fn customer(row: Model) -> Result<Customer> {
    let kyc_status = row.kyc_status.map(|text| sql::named("a KYC status", KycStatus::parse(&text)));
    let currency = row.currency.map(|text| sql::named("a currency", Currency::parse(&text)));
    Ok(Customer {
        id: row.id,
        yativo_card_id: row.yativo_card_id,
        external_customer_id: row.external_customer_id,
        email: row.email,
        flow_status: sql::named("a flow status", FlowStatus::parse(&row.flow_status))?,
        kyc_status: kyc_status.transpose()?,
        currency: currency.transpose()?,
        safe_deployed: row.safe_deployed,
        wallet_address: row.wallet_address,
        created_at: sql::time(row.created_at)?,
    })
}
