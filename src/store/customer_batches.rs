//! Customers with balances and cards in one statement, a part of them at a time, read without
//! a copy of each.

use std::mem;

use card_gateway_entity::card::Column as CardColumn;
use card_gateway_entity::card_customer::Column;
use sea_orm::{DbBackend, QueryResult};

use super::{cards, customers, sql, wallet_balances};
use crate::domain::exported::{ExportedBalance, ExportedCard, ExportedCustomer};
use crate::domain::onboarding::FlowStatus;
use crate::error::Result;

/// Rows of [`with_holdings`]: one for each card of each customer, those of a customer beside
/// each other.
pub struct CustomerBatch(Vec<QueryResult>);

/// The statement that adds balances and cards to customers, of which `page` is a SELECT.
pub(super) fn with_holdings(backend: DbBackend, page: &str) -> String {
    format!(
        "SELECT {}, {}, {} FROM ({page}) AS c{}{} ORDER BY c.id",
        *customers::COLUMNS,
        *wallet_balances::COLUMNS,
        *cards::COLUMNS,
        wallet_balances::joined(backend),
        cards::joined(backend)
    )
}

impl CustomerBatch {
    /// The batch of these rows; none without any.
    pub(super) fn of(rows: Vec<QueryResult>) -> Option<Self> {
        (!rows.is_empty()).then_some(Self(rows))
    }

    /// The identifier of the last customer.
    pub(super) fn last(&self) -> Result<String> {
        let last = self.0.last().map(|row| sql::column(row, 0));
        last.unwrap_or_else(|| Ok(String::new()))
    }

    /// Shows each customer, in order.
    ///
    /// # Errors
    /// If the database holds what cannot be; or the error of `each`.
    pub fn try_for_each(
        &self,
        mut each: impl FnMut(&ExportedCustomer<'_>) -> Result<()>,
    ) -> Result<()> {
        let card_at = customers::width() + wallet_balances::width();
        let mut current: Option<(ExportedCustomer<'_>, Option<FlowStatus>)> = None;
        // Used again for each customer.
        let mut cards = Vec::new();
        for row in &self.0 {
            let id: &str = sql::column(row, 0)?;
            if current.as_ref().is_none_or(|(of, _)| of.id != id) {
                if let Some((mut done, stage)) = current.take() {
                    finish(&mut done, stage);
                    each(&done)?;
                    cards = mem::take(&mut done.cards);
                    cards.clear();
                }
                current = Some(customer(row, mem::take(&mut cards))?);
            }
            if let Some((of, _)) = &mut current
                && let Some(card) = card(row, card_at)?
            {
                of.cards.push(card);
            }
        }
        if let Some((mut done, stage)) = current {
            finish(&mut done, stage);
            each(&done)?;
        }
        Ok(())
    }
}

fn finish(customer: &mut ExportedCustomer<'_>, stage: Option<FlowStatus>) {
    customer.cards.sort_unstable_by(ExportedCard::newest_first);
    if let Some(stage) = stage {
        customer.complete(stage);
    }
}

/// The customer of a row; and the stage, if the status is none of the seven.
fn customer<'r>(
    row: &'r QueryResult,
    cards: Vec<ExportedCard<'r>>,
) -> Result<(ExportedCustomer<'r>, Option<FlowStatus>)> {
    let at = |column: Column| column as usize - Column::Id as usize;
    let stage: Option<&str> = sql::column(row, at(Column::Stage))?;
    let stage = stage.map(|text| sql::named("a stage", text)).transpose()?;
    let balance = wallet_balances::joined_balance(row, customers::width())?;
    let customer = ExportedCustomer {
        id: sql::column(row, at(Column::Id))?,
        yativo_card_id: sql::column(row, at(Column::YativoCardId))?,
        external_customer_id: sql::column(row, at(Column::ExternalCustomerId))?,
        email: sql::column(row, at(Column::Email))?,
        flow_status: sql::column(row, at(Column::FlowStatus))?,
        step: sql::column(row, at(Column::Step))?,
        next_action: sql::column(row, at(Column::NextAction))?,
        kyc_status: sql::column(row, at(Column::KycStatus))?,
        currency: sql::column(row, at(Column::Currency))?,
        safe_deployed: sql::column(row, at(Column::SafeDeployed))?,
        wallet_address: sql::column(row, at(Column::WalletAddress))?,
        created_at: sql::time(sql::column(row, at(Column::CreatedAt))?)?,
        balance: balance.as_ref().and_then(ExportedBalance::of),
        cards,
    };
    Ok((customer, stage))
}

/// The card of a row whose columns begin at `start`; none where nothing was joined.
fn card(row: &QueryResult, start: usize) -> Result<Option<ExportedCard<'_>>> {
    let at = |column: CardColumn| start + column as usize - cards::FIRST;
    let Some(card_id) = sql::column(row, at(CardColumn::CardId))? else { return Ok(None) };
    Ok(Some(ExportedCard {
        card_id,
        last_four: sql::column(row, at(CardColumn::LastFour))?,
        card_type: sql::column(row, at(CardColumn::CardType))?,
        status: sql::column(row, at(CardColumn::Status))?,
        is_stolen: sql::column(row, at(CardColumn::IsStolen))?,
        network_token: sql::column(row, at(CardColumn::NetworkToken))?,
        pin_set: sql::column(row, at(CardColumn::PinSet))?,
        activated_at: sql::maybe_time(sql::column(row, at(CardColumn::ActivatedAt))?)?,
        created_at: sql::time(sql::column(row, at(CardColumn::CreatedAt))?)?,
    }))
}
