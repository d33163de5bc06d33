//! Card customers: lists and look-ups.

use std::fmt::Write as _;

use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, QueryResult, Statement};

use super::{Store, counts, sql};
use crate::domain::customer::Customer;
use crate::domain::identifier::Identifier;
use crate::domain::money::Currency;
use crate::domain::onboarding::{FlowStatus, KycStatus};
use crate::domain::page::{Order, Slice, Window};
use crate::domain::principal::ProgramId;
use crate::error::Result;

/// The columns of a customer, in the order in which [`customer`] reads them.
/// They are read by position: looking each up by name costs more than the row.
const COLUMNS: &str = "c.id, c.yativo_card_id, c.external_customer_id, c.email, c.flow_status, \
    c.kyc_status, c.currency, c.safe_deployed, c.wallet_address, c.created_at";

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
        let statement = if window.offset() > 0 {
            self.numbered_page(program, status, order, window)
        } else {
            self.page_behind(program, status, order, window)
        };
        let rows = self.db.query_all_raw(statement).await.map_err(sql::failed)?;
        let customers = rows.iter().map(customer).collect::<Result<_>>()?;
        Ok(Slice::from_one_more(customers, window.size()))
    }

    /// The first page, or the one behind a position.
    fn page_behind(
        &self,
        program: ProgramId,
        status: Option<FlowStatus>,
        order: Order,
        window: &Window,
    ) -> Statement {
        let (behind, sort) = match order {
            Order::NewestFirst => ("<", "DESC"),
            Order::OldestFirst => (">", "ASC"),
        };
        let mut values: Vec<Value> = vec![program.0.into(), (window.size() + 1).into()];
        let mut filter = String::new();
        if let Some(status) = status {
            values.push(status.as_str().into());
            filter.push_str(" AND c.flow_status = $3");
        }
        if let Some(position) = window.after() {
            let next = values.len() + 1;
            values.push(position.created_at.millis().into());
            values.push(position.key.as_str().into());
            // Writing to a string cannot fail.
            let _ = write!(filter, " AND (c.created_at, c.id) {behind} (${next}, ${})", next + 1);
        }
        let text = format!(
            "SELECT {COLUMNS} FROM card_customers AS c WHERE c.program_id = $1{filter} \
             ORDER BY c.created_at {sort}, c.id {sort} LIMIT $2"
        );
        Statement::from_sql_and_values(self.db.get_database_backend(), text, values)
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
            "{place} SELECT {COLUMNS} FROM card_customers AS c WHERE c.program_id = $1 {filter}\
             AND c.created_at {behind} (SELECT bound FROM place) ORDER BY c.created_at {sort}, \
             c.id {sort} LIMIT $4 OFFSET COALESCE((SELECT rest FROM place), 0)"
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
        let texts: Vec<String> =
            identifiers.iter().map(|identifier| identifier.as_str().to_owned()).collect();
        let ids: Vec<_> = identifiers.iter().filter_map(Identifier::as_customer_id).collect();
        let emails: Vec<_> = identifiers.iter().filter_map(Identifier::as_email_key).collect();
        let mut values: Vec<Value> = vec![program.0.into()];
        let mut branches = Vec::new();
        for (column, names) in [
            ("yativo_card_id", texts.clone()),
            ("external_customer_id", texts),
            ("id", ids),
            ("email_key", emails),
        ] {
            if !names.is_empty() {
                values.push(sql::list(backend, names));
                let any = sql::one_of(backend, &format!("c.{column}"), values.len());
                branches.push(format!(
                    "SELECT {COLUMNS} FROM card_customers AS c WHERE c.program_id = $1 AND {any}"
                ));
            }
        }
        // A union, each branch with an index of its own: with OR, a planner
        // without statistics reads the whole program.
        let text = branches.join(" UNION ALL ");
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.db.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(customer).collect()
    }
}

fn customer(row: &QueryResult) -> Result<Customer> {
    let flow_status: String = sql::column(row, 4)?;
    let kyc_status: Option<String> = sql::column(row, 5)?;
    let kyc_status = kyc_status.map(|text| sql::named("a KYC status", KycStatus::parse(&text)));
    let currency: Option<String> = sql::column(row, 6)?;
    let currency = currency.map(|text| sql::named("a currency", Currency::parse(&text)));
    Ok(Customer {
        id: sql::column(row, 0)?,
        yativo_card_id: sql::column(row, 1)?,
        external_customer_id: sql::column(row, 2)?,
        email: sql::column(row, 3)?,
        flow_status: sql::named("a flow status", FlowStatus::parse(&flow_status))?,
        kyc_status: kyc_status.transpose()?,
        currency: currency.transpose()?,
        safe_deployed: sql::column(row, 7)?,
        wallet_address: sql::column(row, 8)?,
        created_at: sql::time(sql::column(row, 9)?)?,
    })
}
