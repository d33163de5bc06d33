//! `CardCustomersSummary`.

use std::sync::Arc;

use async_graphql::{Object, Result, SimpleObject};

use crate::domain;
use crate::domain::money::Currency as Money;
use crate::domain::time::Timestamp;
use crate::graphql::error::failure;
use crate::graphql::execution::viewer::Viewer;
use crate::graphql::schema::enums::{CardCustomerStatus, Currency};
use crate::graphql::schema::scalars::Decimal;

/// All customers of the caller's program, taken together.
pub(crate) struct CardCustomersSummary(pub(crate) Arc<Viewer>);

/// All card customers of the caller's program, taken together. Each field costs only if it is selected.
#[Object]
impl CardCustomersSummary {
    /// The number of customers.
    async fn total_count(&self) -> Result<i64> {
        let Viewer { principal, services } = &*self.0;
        services.customers.count(principal, None).await.map_err(failure)
    }

    /// The number of customers in each onboarding stage, in the order of the stages.
    async fn by_status(&self) -> Result<Vec<CardCustomersByStatus>> {
        let Viewer { principal, services } = &*self.0;
        let counts = services.customers.count_by_stage(principal).await.map_err(failure)?;
        let item = |(stage, count): (domain::onboarding::FlowStatus, i64)| CardCustomersByStatus {
            status: stage.into(),
            count,
        };
        Ok(counts.into_iter().map(item).collect())
    }

    /// The sums of the customers' balances, one item for each currency of which a balance is known. Each customer counts as the gateway knows the balance now; the blockchain is not asked.
    async fn balances(&self) -> Result<Vec<CardCustomersBalance>> {
        let Viewer { principal, services } = &*self.0;
        let sums = services.balances.sums(principal, Timestamp::now()).await.map_err(failure)?;
        Ok(sums.by_currency.iter().map(Into::into).collect())
    }
}

/// How many card customers are in an onboarding stage.
#[derive(SimpleObject)]
pub(crate) struct CardCustomersByStatus {
    /// The onboarding stage.
    status: CardCustomerStatus,
    /// The number of customers.
    count: i64,
}

/// The balances of card customers with wallets of one currency, added up.
#[derive(SimpleObject)]
pub(crate) struct CardCustomersBalance {
    /// The wallets' currency.
    currency: Currency,
    /// Everything that the wallets hold.
    ledger: Decimal,
    /// The amount that can be spent.
    available: Decimal,
    /// Amounts held for transactions that have not settled, of the balances that know them. Null if none does.
    pending: Option<Decimal>,
    /// How many balances are from live webhook events.
    realtime_count: i64,
    /// How many balances were read from the blockchain.
    on_chain_count: i64,
}

impl From<&domain::summary::BalanceSum> for CardCustomersBalance {
    fn from(sum: &domain::summary::BalanceSum) -> Self {
        let amount = |total: domain::money::Total| Decimal::Number(total.decimal(Money::DECIMALS));
        Self {
            currency: sum.currency.into(),
            ledger: amount(sum.ledger),
            available: amount(sum.available),
            pending: sum.pending.map(amount),
            realtime_count: sum.realtime,
            on_chain_count: sum.on_chain,
        }
    }
}
