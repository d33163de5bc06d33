//! Card customers: the row, look-ups, the upsert. Lists are beside it.
//!
//! Look-ups are SQL by hand: each kind of name has an index of its own, and what
//! belongs to the customers is loaded in the same statement.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use card_gateway_entity::card_customer::{Column, Entity, Model};
use card_gateway_entity::program;
use sea_orm::sea_query::{Query, Value};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};

use super::bulk::{Written, upsert_many};
use super::database::Store;
use super::upsert::{Rule, differs, one_of_each};
use super::write_tx::WriteTx;
use super::{cards, sql, wallet_balances};
use crate::domain::card::Card;
use crate::domain::change::{ChangeKind, ChangedCustomers};
use crate::domain::customer::{Customer, FoundCustomer, Include};
use crate::domain::customer_names::{Name, NameKind};
use crate::domain::identifier::{Identifier, email_key, is_customer_id};
use crate::domain::onboarding::{FlowStatus, FurtherStatus, Onboarding};
use crate::domain::principal::ProgramId;
use crate::error::Result;

/// Whether a customer `c` is there: no list, look-up or total has those who are gone.
pub(super) const PRESENT: &str = "c.gone_at IS NULL";

/// The first column that [`customer`] reads.
const FIRST: usize = Column::Id as usize;

/// The columns of a customer `c`.
pub(super) static COLUMNS: LazyLock<String> =
    LazyLock::new(|| sql::select_list::<Entity>("c", FIRST));

/// How many columns [`customer`] reads.
pub(super) fn width() -> usize {
    sql::width::<Entity>(FIRST)
}

/// The customer of a row.
pub(super) fn customer(row: &QueryResult) -> Result<Customer> {
    let at = |column: Column| column as usize - FIRST;
    let kyc_status: Option<&str> = sql::column(row, at(Column::KycStatus))?;
    let kyc_status = kyc_status.map(|text| sql::named("a KYC status", text));
    let currency: Option<&str> = sql::column(row, at(Column::Currency))?;
    let currency = currency.map(|text| sql::named("a currency", text));
    Ok(Customer {
        id: sql::column(row, at(Column::Id))?,
        yativo_card_id: sql::column(row, at(Column::YativoCardId))?,
        external_customer_id: sql::column(row, at(Column::ExternalCustomerId))?,
        email: sql::column(row, at(Column::Email))?,
        onboarding: onboarding(row)?,
        kyc_status: kyc_status.transpose()?,
        currency: currency.transpose()?,
        safe_deployed: sql::column(row, at(Column::SafeDeployed))?,
        wallet_address: sql::column(row, at(Column::WalletAddress))?,
        created_at: sql::time(sql::column(row, at(Column::CreatedAt))?)?,
        updated_at: None,
        stated_cards_count: sql::column(row, at(Column::StatedCardsCount))?,
    })
}

fn onboarding(row: &QueryResult) -> Result<Onboarding> {
    let at = |column: Column| column as usize - FIRST;
    let status: &str = sql::column(row, at(Column::FlowStatus))?;
    if let Ok(stage) = status.parse::<FlowStatus>() {
        return Ok(stage.into());
    }
    let stage: Option<&str> = sql::column(row, at(Column::Stage))?;
    Ok(Onboarding::Further(Box::new(FurtherStatus {
        status: status.to_owned(),
        stage: sql::named("a stage", stage.unwrap_or_default())?,
        step: sql::column(row, at(Column::Step))?,
        next_action: sql::column(row, at(Column::NextAction))?,
    })))
}

/// `has_cards` is none if it is not known: what is known stays.
fn row(program: ProgramId, customer: Customer, has_cards: Option<bool>) -> Model {
    let flow_status = customer.onboarding.status().to_owned();
    let (stage, step, next_action) = match customer.onboarding {
        Onboarding::Stage(_) => (None, None, None),
        Onboarding::Further(further) => {
            (Some(further.stage.as_ref().to_owned()), further.step, further.next_action)
        }
    };
    Model {
        program_id: program.0,
        // A customer who is stated is there, also after being gone.
        gone_at: None,
        email_key: email_key(&customer.email),
        has_cards: customer.stated_cards_count.map(|count| count > 0).or(has_cards),
        external_key: customer.external_customer_id.as_deref().map(str::to_lowercase),
        yativo_key: Some(customer.yativo_card_id.to_lowercase()),
        id: customer.id,
        yativo_card_id: customer.yativo_card_id,
        external_customer_id: customer.external_customer_id,
        email: customer.email,
        flow_status,
        kyc_status: customer.kyc_status.map(|status| status.as_ref().to_owned()),
        currency: customer.currency.map(|currency| currency.as_ref().to_owned()),
        safe_deployed: customer.safe_deployed,
        wallet_address: customer.wallet_address,
        created_at: customer.created_at.millis(),
        stage,
        step,
        next_action,
        stated_cards_count: customer.stated_cards_count,
    }
}

impl Store {
    /// Whether a name is that of another program's customer, and of none of this one's. Only
    /// names that the issuer gives count: programs may choose the same names of their own.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn is_of_another_program(&self, program: ProgramId, name: &str) -> Result<bool> {
        let mut names = vec![Column::YativoCardId];
        if is_customer_id(name) {
            names.push(Column::Id);
        }
        for column in names {
            // Each program has an index of its own.
            let all = Query::select().column(program::Column::Id).from(program::Entity).to_owned();
            let programs: Vec<i32> = Entity::find()
                .select_only()
                .column(Column::ProgramId)
                .filter(Column::ProgramId.in_subquery(all))
                .filter(column.eq(name))
                .into_tuple()
                .all(&self.db)
                .await
                .map_err(sql::failed)?;
            if !programs.is_empty() {
                return Ok(!programs.contains(&program.0));
            }
        }
        Ok(false)
    }
}

impl WriteTx {
    /// Every customer that any of the identifiers names, perhaps several times
    /// and in no order. [`crate::domain::customer_names`] says which is meant.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_named(&self, identifiers: &[Identifier]) -> Result<Vec<Customer>> {
        if identifiers.is_empty() {
            return Ok(Vec::new());
        }
        let (text, values) = candidates(self.backend(), self.program, identifiers);
        let statement = Statement::from_sql_and_values(self.backend(), text, values);
        let rows = self.write.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(customer).collect()
    }

    /// Every customer with one of the issuer's identifiers or one of ours, perhaps several
    /// times and in no order. Also those who are gone: they come back with what they had.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_with_ids(
        &self,
        yativo_card_ids: Vec<String>,
        ids: Vec<String>,
    ) -> Result<Vec<Customer>> {
        if yativo_card_ids.is_empty() && ids.is_empty() {
            return Ok(Vec::new());
        }
        let names = [("yativo_card_id", yativo_card_ids), ("id", ids)];
        let (text, values) = by_names(self.backend(), self.program, "TRUE", names);
        let statement = Statement::from_sql_and_values(self.backend(), text, values);
        let rows = self.write.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(customer).collect()
    }

    /// Inserts or replaces customers, each with whether a card is known that is not void.
    /// Returns those that are not as they were: each is updated or, who was not there, created.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_customers(
        &self,
        customers: Vec<(Customer, bool)>,
    ) -> Result<ChangedCustomers> {
        let rows = customers
            .into_iter()
            .map(|(customer, has_cards)| row(self.program, customer, has_cards.then_some(true)));
        let rows = one_of_each(rows, |row| &row.id, |_, _| true);
        let rule = Rule::when(differs::<Entity>(&[Column::HasCards], &[]), Vec::new());
        let rule = rule.keeping(&[Column::HasCards]);
        let Written { changed, known } =
            upsert_many::<Entity>(self, rows, Column::Id, rule, Column::Id).await?;
        let known: HashSet<String> = known.into_iter().collect();
        let before = changed.iter().filter(|id| known.contains(*id)).cloned().collect();
        let before = self.with_update(before).await?;
        let kind = |id: String| {
            let is_known = before.contains(&id);
            (id, if is_known { ChangeKind::Updated } else { ChangeKind::Created })
        };
        Ok(changed.into_iter().map(kind).collect())
    }

    /// Keeps whether customers have cards in line with their cards. Nothing is as good as no: a
    /// new customer's row is not written again.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn note_card_holders(&self, customers: Vec<String>) -> Result<()> {
        let backend = self.backend();
        let has_cards = format!(
            "CASE WHEN c.stated_cards_count IS NOT NULL THEN c.stated_cards_count > 0 \
             ELSE ({count}) > 0 END",
            count = cards::COUNT
        );
        let text = format!(
            "UPDATE card_customers AS c SET has_cards = {has_cards} \
             WHERE c.program_id = $1 AND {} AND COALESCE(c.has_cards, FALSE) <> ({has_cards})",
            sql::one_of(backend, "c.id", 2)
        );
        self.execute(text, [sql::list(backend, customers)]).await
    }
}

impl Store {
    /// Every customer that any of the identifiers names, with what is included,
    /// in one statement and in no order. [`crate::domain::customer_names`] says
    /// which is meant.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_named(
        &self,
        program: ProgramId,
        identifiers: &[Identifier],
        include: Include,
    ) -> Result<Vec<FoundCustomer>> {
        let (text, values) = candidates(self.reads.get_database_backend(), program, identifiers);
        self.customers_and(text, values, include).await
    }

    /// The customers with these `id`s, in no order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_by_id(
        &self,
        program: ProgramId,
        ids: Vec<String>,
    ) -> Result<Vec<Arc<Customer>>> {
        let backend = self.reads.get_database_backend();
        let (text, values) = by_names(backend, program, PRESENT, [("id", ids)]);
        let found = self.customers_and(text, values, Include::default()).await?;
        Ok(found.into_iter().map(|found| found.customer).collect())
    }

    /// Every customer that a name of one kind may mean, with every card, in one statement
    /// and in no order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_with_name(
        &self,
        program: ProgramId,
        name: &Name,
    ) -> Result<Vec<FoundCustomer>> {
        let backend = self.reads.get_database_backend();
        let text = || vec![name.text.as_str().to_owned()];
        let id = || name.text.as_customer_id().into_iter().collect();
        let none = Vec::new;
        let (ids, yativo_card_ids, external_ids, emails) = match name.kind {
            NameKind::Id => (id(), none(), none(), none()),
            NameKind::YativoCardId => (none(), text(), none(), none()),
            NameKind::CustomerId => (id(), text(), none(), none()),
            NameKind::ExternalId => (none(), none(), text(), none()),
            NameKind::Email => (none(), none(), none(), vec![email_key(name.text.as_str())]),
            NameKind::CardId => {
                let (text, values) = holders(program, &name.text);
                return self.customers_and(text, values, WITH_CARDS).await;
            }
        };
        let names = [
            ("id", ids),
            ("yativo_card_id", yativo_card_ids),
            ("external_customer_id", external_ids),
            ("email_key", emails),
        ];
        if names.iter().all(|(_, names)| names.is_empty()) {
            return Ok(Vec::new());
        }
        let (text, values) = by_names(backend, program, PRESENT, names);
        self.customers_and(text, values, WITH_CARDS).await
    }

    /// The customers of a statement, with what is included.
    async fn customers_and(
        &self,
        mut text: String,
        values: Vec<Value>,
        include: Include,
    ) -> Result<Vec<FoundCustomer>> {
        let backend = self.reads.get_database_backend();
        if include != Include::default() {
            let (mut columns, mut joined) = (COLUMNS.clone(), String::new());
            for (wanted, more, join) in [
                (include.balances, &wallet_balances::COLUMNS, wallet_balances::joined(backend)),
                (include.cards, &cards::COLUMNS, cards::joined(backend)),
            ] {
                if wanted {
                    columns = format!("{columns}, {}", **more);
                    joined += &join;
                }
            }
            text = format!("SELECT {columns} FROM ({text}) AS c{joined}");
        }
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        found(&rows, include)
    }
}

/// What the old API's look-up shows beside the customer.
const WITH_CARDS: Include = Include { balances: false, cards: true };

/// The statement that finds the holders of a card with this UUID, and of cards with this
/// token. A union, as [`candidates`].
fn holders(program: ProgramId, card: &Identifier) -> (String, Vec<Value>) {
    let branch = |condition: &str| {
        format!(
            "SELECT {columns} FROM cards AS k JOIN card_customers AS c \
             ON c.program_id = k.program_id AND c.id = k.customer_id \
             WHERE k.program_id = $1 AND {condition} AND {PRESENT}",
            columns = *COLUMNS
        )
    };
    let text = format!("{} UNION ALL {}", branch("k.card_id = $2"), branch("k.network_token = $3"));
    let (uuid, token) = (card.as_str().to_ascii_lowercase(), card.as_str());
    (text, vec![program.0.into(), uuid.into(), token.into()])
}

/// The statement that finds every customer that any of the identifiers names.
/// It is a union, each branch with an index of its own: with OR, a planner
/// without statistics reads the whole program.
fn candidates(
    backend: DbBackend,
    program: ProgramId,
    identifiers: &[Identifier],
) -> (String, Vec<Value>) {
    let texts: Vec<String> =
        identifiers.iter().map(|identifier| identifier.as_str().to_owned()).collect();
    let ids: Vec<_> = identifiers.iter().filter_map(Identifier::as_customer_id).collect();
    let emails: Vec<_> = identifiers.iter().filter_map(Identifier::as_email_key).collect();
    let names = [
        ("yativo_card_id", texts.clone()),
        ("external_customer_id", texts),
        ("id", ids),
        ("email_key", emails),
    ];
    by_names(backend, program, PRESENT, names)
}

/// The statement that finds every customer for whom `condition` holds and who has one
/// of the names in a column.
fn by_names<const N: usize>(
    backend: DbBackend,
    program: ProgramId,
    condition: &str,
    names: [(&str, Vec<String>); N],
) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = vec![program.0.into()];
    let mut branches = Vec::new();
    for (column, names) in names {
        if !names.is_empty() {
            values.push(sql::list(backend, names));
            let any = sql::one_of(backend, &format!("c.{column}"), values.len());
            branches.push(format!(
                "SELECT {columns} FROM card_customers AS c WHERE c.program_id = $1 AND {any} \
                 AND {condition}",
                columns = *COLUMNS
            ));
        }
    }
    (branches.join(" UNION ALL "), values)
}

/// The customers of rows of which there is one for each card, and for each
/// name by which a customer was found.
fn found(rows: &[QueryResult], include: Include) -> Result<Vec<FoundCustomer>> {
    let balance_at = width();
    let card_at = balance_at + if include.balances { wallet_balances::width() } else { 0 };
    let mut found: Vec<FoundCustomer> = Vec::new();
    for row in rows {
        let id: &str = sql::column(row, 0)?;
        let known = found.iter().position(|of| of.customer.id == id);
        let position = if let Some(known) = known {
            known
        } else {
            let balance = if include.balances {
                wallet_balances::joined_balance(row, balance_at)?
            } else {
                None
            };
            let customer = Arc::new(customer(row)?);
            found.push(FoundCustomer { customer, included: include, balance, cards: Vec::new() });
            found.len() - 1
        };
        let of = &mut found[position];
        if include.cards
            && let Some(card) = cards::joined_card(row, card_at)?
            && of.cards.iter().all(|other| other.card_id != card.card_id)
        {
            of.cards.push(card);
        }
    }
    for of in &mut found {
        of.cards.sort_by(Card::newest_first);
    }
    Ok(found)
}
