//! Payments that clients have ordered: the row, one claim of an idempotency key, one update.

use std::collections::{HashMap, HashSet};

use card_gateway_entity::payment::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Value};
use sea_orm::{ActiveValue, ColumnTrait as _, ConnectionTrait as _, EntityTrait as _};
use sea_orm::{IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use sea_orm::{Set, Statement};

use super::customer_updates::note_updates;
use super::database::Store;
use super::db_tx::DbTx;
use super::keyset::Sorting;
use super::sql;
use super::write_tx::WriteTx;
use crate::domain::page::{Slice, Window};
use crate::domain::payment::{Answer, Order, Payee, Payment, PaymentKind, PaymentState};
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// How lists of payments `p` are sorted.
fn sorting() -> Sorting {
    Sorting::by("p.created_at", "p.id", true)
}

/// The order of a client, as its repetition is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentClaim {
    /// Who orders, as `token:…` or `client:…`.
    pub credential: String,
    /// SHA-256 of the idempotency key, in hexadecimal digits, if there is one.
    pub key_hash: Option<String>,
    /// SHA-256 of the canonical request, in hexadecimal digits.
    pub request_hash: String,
}

/// The payment that holds an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedPayment {
    /// The payment.
    pub payment: Payment,
    /// The hash of the request that it was ordered with.
    pub request_hash: String,
}

fn payment(row: Model) -> Result<Payment> {
    let payee = row.customer_id.zip(row.yativo_card_id);
    let answer = row.answer_status.zip(row.answer_body);
    let named = |what, text: Option<String>| text.map(|text| sql::named(what, &text)).transpose();
    Ok(Payment {
        id: row.id,
        order: Order {
            kind: sql::named("a kind of payment", &row.kind)?,
            payee: payee.map(|(id, yativo_card_id)| Payee { id, yativo_card_id }),
            amount: sql::money(row.amount_minor)?,
            currency: sql::named("a currency", &row.currency)?,
            to_currency: named("a currency", row.to_currency)?,
            source_chain: row.source_chain.map(|text| sql::named("a chain", &text)).transpose()?,
            pricing_mode: row
                .pricing_mode
                .map(|text| sql::named("a pricing mode", &text))
                .transpose()?,
        },
        state: sql::named("a state of a payment", &row.state)?,
        issuer_id: row.issuer_id,
        issuer_status: row.issuer_status,
        issuer_code: row.issuer_code,
        note: row.note,
        answer: answer.map(|(status, body)| Answer {
            status: u16::try_from(status).unwrap_or_default(),
            body,
        }),
        created_at: sql::time(row.created_at)?,
        sent_at: sql::maybe_time(row.sent_at)?,
        ended_at: sql::maybe_time(row.ended_at)?,
        check_at: sql::maybe_time(row.check_at)?,
        resolved_by: row.resolved_by,
    })
}

fn row(program: ProgramId, of: &Payment, claim: PaymentClaim) -> Model {
    let order = &of.order;
    let text = |text: &str| text.to_owned();
    let answer = of.answer.as_ref();
    Model {
        program_id: program.0,
        id: of.id.clone(),
        credential: claim.credential,
        key_hash: claim.key_hash,
        request_hash: claim.request_hash,
        kind: text(order.kind.as_ref()),
        customer_id: order.payee.as_ref().map(|payee| payee.id.clone()),
        yativo_card_id: order.payee.as_ref().map(|payee| payee.yativo_card_id.clone()),
        amount_minor: order.amount.get(),
        currency: text(order.currency.as_ref()),
        to_currency: order.to_currency.map(|currency| text(currency.as_ref())),
        source_chain: order.source_chain.map(|chain| text(chain.as_ref())),
        pricing_mode: order.pricing_mode.map(|mode| text(mode.as_ref())),
        state: text(of.state.as_ref()),
        issuer_id: of.issuer_id.clone(),
        issuer_status: of.issuer_status.clone(),
        issuer_code: of.issuer_code.clone(),
        note: of.note.clone(),
        answer_status: answer.map(|answer| answer.status.into()),
        answer_body: answer.map(|answer| answer.body.clone()),
        created_at: of.created_at.millis(),
        sent_at: of.sent_at.map(Timestamp::millis),
        ended_at: of.ended_at.map(Timestamp::millis),
        check_at: of.check_at.map(Timestamp::millis),
        resolved_by: of.resolved_by.clone(),
    }
}

/// The columns of a payment that change. One that the issuer has not made gives its
/// idempotency key back.
fn changes(of: &Payment) -> ActiveModel {
    let answer = of.answer.as_ref();
    let is_over = of.state == PaymentState::NeverSent;
    ActiveModel {
        key_hash: if is_over { Set(None) } else { ActiveValue::NotSet },
        state: Set(of.state.as_ref().to_owned()),
        issuer_id: Set(of.issuer_id.clone()),
        issuer_status: Set(of.issuer_status.clone()),
        issuer_code: Set(of.issuer_code.clone()),
        note: Set(of.note.clone()),
        answer_status: Set(answer.map(|answer| answer.status.into())),
        answer_body: Set(answer.map(|answer| answer.body.clone())),
        sent_at: Set(of.sent_at.map(Timestamp::millis)),
        ended_at: Set(of.ended_at.map(Timestamp::millis)),
        check_at: Set(of.check_at.map(Timestamp::millis)),
        resolved_by: Set(of.resolved_by.clone()),
        ..ActiveModel::default()
    }
}

/// Notes that what is shown of the customer of a payment has changed. After the payment itself:
/// all writers of both keep to this order, so that none waits for another in a circle.
async fn note_update(write: &DbTx, program: ProgramId, of: &Payment) -> Result<()> {
    let Some(payee) = &of.order.payee else { return Ok(()) };
    note_updates(write, program, vec![payee.id.clone()], Timestamp::now()).await
}

fn texts(states: &[PaymentState]) -> Vec<&'static str> {
    states.iter().map(|state| (*state).into()).collect()
}

fn all(rows: Vec<Model>) -> Result<Vec<Payment>> {
    rows.into_iter().map(payment).collect()
}

impl Store {
    /// The payment that holds a client's idempotency key. One that ended and was ordered
    /// before `forgotten` does not hold it any more.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn payment_with_key(
        &self,
        program: ProgramId,
        credential: &str,
        key_hash: &str,
        forgotten: Timestamp,
    ) -> Result<Option<KeyedPayment>> {
        let found = Entity::find()
            .filter(Column::ProgramId.eq(program.0))
            .filter(Column::Credential.eq(credential))
            .filter(Column::KeyHash.eq(key_hash))
            .one(&self.db)
            .await
            .map_err(sql::failed)?;
        let Some(row) = found else { return Ok(None) };
        let request_hash = row.request_hash.clone();
        let payment = payment(row)?;
        let is_forgotten = payment.state.is_settled() && payment.created_at < forgotten;
        Ok((!is_forgotten).then_some(KeyedPayment { payment, request_hash }))
    }

    /// Stores a new payment, unless another one holds its client's idempotency key. Returns
    /// whether it is stored. Keys of payments that ended and were ordered before `forgotten`
    /// are free.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_payment(
        &self,
        program: ProgramId,
        of: &Payment,
        claim: PaymentClaim,
        forgotten: Timestamp,
    ) -> Result<bool> {
        let write = self.begin("").await?;
        if let Some(key_hash) = &claim.key_hash {
            let settled = [PaymentState::Succeeded, PaymentState::Refused, PaymentState::NeverSent];
            let free = Entity::update_many()
                .col_expr(Column::KeyHash, Expr::val(None::<String>))
                .filter(Column::ProgramId.eq(program.0))
                .filter(Column::Credential.eq(&claim.credential))
                .filter(Column::KeyHash.eq(key_hash))
                .filter(Column::State.is_in(texts(&settled)))
                .filter(Column::CreatedAt.lt(forgotten.millis()));
            free.exec(&write).await.map_err(sql::failed)?;
        }
        let columns = [Column::ProgramId, Column::Credential, Column::KeyHash];
        let keep = OnConflict::columns(columns).do_nothing().to_owned();
        let insert = Entity::insert(row(program, of, claim).into_active_model()).on_conflict(keep);
        let stored = insert.exec_without_returning(&write).await.map_err(sql::failed)?;
        if stored == 1 {
            note_update(&write, program, of).await?;
        }
        write.commit().await?;
        Ok(stored == 1)
    }

    /// Stores how far a payment has come, if it was in one of these states. Returns whether it
    /// was.
    ///
    /// # Errors
    /// If the database fails; whether it was stored is not known then.
    pub async fn update_payment(
        &self,
        program: ProgramId,
        of: &Payment,
        from: &[PaymentState],
    ) -> Result<bool> {
        let write = self.begin("").await?;
        let updated = Entity::update_many()
            .set(changes(of))
            .filter(Column::ProgramId.eq(program.0))
            .filter(Column::Id.eq(&of.id))
            .filter(Column::State.is_in(texts(from)))
            .exec(&write)
            .await
            .map_err(sql::failed)?;
        if updated.rows_affected == 1 {
            note_update(&write, program, of).await?;
        }
        write.commit().await?;
        Ok(updated.rows_affected == 1)
    }

    /// Payments about which something is to be done at `now`: those that were abandoned, and
    /// those that are to be looked for.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn payments_due(&self, program: ProgramId, now: Timestamp) -> Result<Vec<Payment>> {
        let due = Entity::find()
            .filter(Column::ProgramId.eq(program.0))
            .filter(Column::CheckAt.lte(now.millis()))
            .order_by_asc(Column::CheckAt);
        all(due.all(&self.db).await.map_err(sql::failed)?)
    }

    /// Gives one process the right to look for a payment which is due: the next time is `next`.
    /// Returns whether it has it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn take_payment_check(
        &self,
        program: ProgramId,
        of: &Payment,
        next: Timestamp,
    ) -> Result<bool> {
        let write = self.begin("").await?;
        let taken = Entity::update_many()
            .col_expr(Column::CheckAt, Expr::val(next.millis()))
            .filter(Column::ProgramId.eq(program.0))
            .filter(Column::Id.eq(&of.id))
            .filter(Column::State.eq(of.state.as_ref()))
            .filter(Column::CheckAt.eq(of.check_at.map(Timestamp::millis)))
            .exec(&write)
            .await
            .map_err(sql::failed)?;
        write.commit().await?;
        Ok(taken.rows_affected == 1)
    }

    /// Payments of a kind in one of these states, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn payments_in_states(
        &self,
        program: ProgramId,
        kind: PaymentKind,
        states: &[PaymentState],
    ) -> Result<Vec<Payment>> {
        let found = Entity::find()
            .filter(Column::ProgramId.eq(program.0))
            // Only those have a time, so that its index finds them.
            .filter(Column::CheckAt.is_not_null())
            .filter(Column::Kind.eq(kind.as_ref()))
            .filter(Column::State.is_in(texts(states)))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id);
        all(found.all(&self.db).await.map_err(sql::failed)?)
    }

    /// Which of the issuer's identifiers belong to a payment.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn known_issuer_ids(
        &self,
        program: ProgramId,
        issuer_ids: Vec<String>,
    ) -> Result<HashSet<String>> {
        let backend = self.db.get_database_backend();
        let known = Entity::find()
            .select_only()
            .column(Column::IssuerId)
            .filter(Column::ProgramId.eq(program.0))
            .filter(sql::is_one_of(backend, Column::IssuerId, issuer_ids));
        let known = known.into_tuple::<String>().all(&self.db).await;
        Ok(known.map_err(sql::failed)?.into_iter().collect())
    }

    /// Payments by our identifier; one that is not there is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn payments(&self, program: ProgramId, ids: Vec<String>) -> Result<Vec<Payment>> {
        let backend = self.reads.get_database_backend();
        let found = Entity::find().filter(Column::ProgramId.eq(program.0)).filter(sql::is_one_of(
            backend,
            Column::Id,
            ids,
        ));
        all(found.all(&*self.reads).await.map_err(sql::failed)?)
    }

    /// The same part of each customer's payments, newest first; who has none there is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn payments_of(
        &self,
        program: ProgramId,
        customers: Vec<String>,
        window: &Window,
    ) -> Result<HashMap<String, Slice<Payment>>> {
        let backend = self.reads.get_database_backend();
        let mut values: Vec<Value> = vec![
            program.0.into(),
            sql::list(backend, customers),
            window.offset().into(),
            (window.offset() + window.reads()).into(),
        ];
        let between = sorting().between(window, &mut values);
        let sort = sorting().sort(window.is_backward());
        let text = format!(
            "SELECT * FROM (SELECT p.*, row_number() OVER \
             (PARTITION BY customer_id {sort}) AS place \
             FROM payments AS p WHERE program_id = $1 AND {}{between}) AS p \
             WHERE place > $3 AND place <= $4 {sort}",
            sql::one_of(backend, "customer_id", 2)
        );
        let part =
            Entity::find().from_raw_sql(Statement::from_sql_and_values(backend, text, values));
        let mut found: HashMap<String, Vec<Payment>> = HashMap::new();
        for payment in all(part.all(&*self.reads).await.map_err(sql::failed)?)? {
            let Some(payee) = &payment.order.payee else { continue };
            found.entry(payee.id.clone()).or_default().push(payment);
        }
        let slice = |(id, payments)| (id, Slice::of(window, payments));
        Ok(found.into_iter().map(slice).collect())
    }

    /// How many payments each customer has; who has none is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_payments(
        &self,
        program: ProgramId,
        customers: Vec<String>,
    ) -> Result<HashMap<String, i64>> {
        let backend = self.reads.get_database_backend();
        let totals = Entity::find()
            .select_only()
            .column(Column::CustomerId)
            .column_as(Column::Id.count(), "total")
            .filter(Column::ProgramId.eq(program.0))
            .filter(sql::is_one_of(backend, Column::CustomerId, customers))
            .group_by(Column::CustomerId);
        let totals = totals.into_tuple::<(String, i64)>().all(&*self.reads).await;
        Ok(totals.map_err(sql::failed)?.into_iter().collect())
    }

    /// A payment with its program, by our identifier (for the operator).
    ///
    /// # Errors
    /// If the database fails.
    pub async fn payment_of_any_program(&self, id: &str) -> Result<Option<(ProgramId, Payment)>> {
        let found = Entity::find().filter(Column::Id.eq(id)).one(&self.db).await;
        let found = found.map_err(sql::failed)?;
        found.map(|row| Ok((ProgramId(row.program_id), payment(row)?))).transpose()
    }

    /// Payments of a program, or of all, in one of these states, oldest first: at most `limit`
    /// of those behind `after` (for the operator).
    ///
    /// # Errors
    /// If the database fails.
    pub async fn payments_in(
        &self,
        program: Option<ProgramId>,
        states: &[PaymentState],
        after: Option<(Timestamp, String)>,
        limit: u64,
    ) -> Result<Vec<(ProgramId, Payment)>> {
        let mut found = Entity::find()
            .filter(Column::State.is_in(texts(states)))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .limit(limit);
        if let Some((at, id)) = after {
            let position = [Column::CreatedAt, Column::Id].map(sea_orm::ColumnTrait::into_expr);
            let last = [Expr::val(at.millis()), Expr::val(id)];
            found = found.filter(Expr::tuple(position).gt(Expr::tuple(last)));
        }
        if let Some(program) = program {
            found = found.filter(Column::ProgramId.eq(program.0));
        }
        let rows = found.all(&self.db).await.map_err(sql::failed)?;
        rows.into_iter().map(|row| Ok((ProgramId(row.program_id), payment(row)?))).collect()
    }
}

impl WriteTx {
    /// Stores the issuer's status of the payment with this identifier of the issuer's. Returns
    /// the customers whose payment it is, if that is news.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_payment_status(&self, issuer_id: &str, status: &str) -> Result<Vec<String>> {
        let text = "UPDATE payments SET issuer_status = $3 WHERE program_id = $1 AND issuer_id = $2 \
            AND issuer_status IS DISTINCT FROM $3 RETURNING customer_id";
        let rows = self.rows(text.to_owned(), [issuer_id.into(), status.into()]).await?;
        let customers: Vec<Option<String>> =
            rows.iter().map(|row| sql::column(row, 0)).collect::<Result<_>>()?;
        Ok(customers.into_iter().flatten().collect())
    }

    /// Lets the issuer be asked for a customer's fundings which it has accepted and which have
    /// not arrived.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn check_payments_of(&self, customer: &str, at: Timestamp) -> Result<()> {
        let ended = ["completed", "failed", "refunded"];
        let check = Entity::update_many()
            .col_expr(Column::CheckAt, Expr::val(at.millis()))
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(Column::CustomerId.eq(customer))
            .filter(Column::Kind.eq(PaymentKind::Funding.as_ref()))
            .filter(Column::State.eq(PaymentState::Succeeded.as_ref()))
            .filter(Column::IssuerStatus.is_not_in(ended));
        check.exec(&self.write).await.map(drop).map_err(sql::failed)
    }
}
