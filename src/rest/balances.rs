//! The balances of all customers of a program, added up by currency.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde::ser::{Error as _, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::reply::{Caller, Request, json, response};
use super::responses::NotApproved;
use super::wire::{MajorUnits, Time};
use crate::domain::money::{Currency, Total};
use crate::domain::summary::BalanceSum;
use crate::domain::time::Timestamp;
use crate::services::Services;

/// The balances of all customers of the program.
#[derive(Serialize, ToSchema)]
pub(super) struct AggregateBalances {
    /// The sums, one item for each currency of which a balance is known.
    by_currency: Vec<CurrencyBalances>,
    /// The number of customers, whatever their onboarding stage.
    #[schema(minimum = 0)]
    total_customers: i64,
    /// The number of customers whose account wallet exists. The balance or the currency of
    /// some may be unknown: these are in no sum.
    #[schema(minimum = 0)]
    customers_with_wallets: i64,
    /// The moment for which the sums are.
    fetched_at: Time,
}

/// The balances of one currency, added up. Unknown balances are left out.
#[derive(Serialize, ToSchema)]
struct CurrencyBalances {
    /// The wallets' currency.
    #[schema(value_type = Currency)]
    currency: &'static str,
    /// Everything that the wallets hold.
    #[schema(value_type = MajorUnits)]
    total_ledger_balance: Sum,
    /// The amount that can be spent.
    #[schema(value_type = MajorUnits)]
    total_available_balance: Sum,
    /// Amounts held for transactions that have not settled, of the balances that know them;
    /// null if none does.
    #[schema(value_type = Option<MajorUnits>)]
    total_pending_balance: Option<Sum>,
    /// The number of customers whose balance is in the sums.
    #[schema(minimum = 1)]
    customer_count: i64,
    /// Of these, how many balances are from webhook events.
    #[schema(minimum = 0)]
    realtime_count: i64,
    /// Of these, how many balances were read from the blockchain.
    #[schema(minimum = 0)]
    on_chain_count: i64,
}

/// A sum in major units, as a JSON number that is written without a float.
struct Sum(Total);

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.0.json_number(Currency::DECIMALS);
        let number: &RawValue = serde_json::from_str(&number).map_err(S::Error::custom)?;
        number.serialize(serializer)
    }
}

impl From<&BalanceSum> for CurrencyBalances {
    fn from(sum: &BalanceSum) -> Self {
        Self {
            currency: sum.currency.into(),
            total_ledger_balance: Sum(sum.ledger),
            total_available_balance: Sum(sum.available),
            total_pending_balance: sum.pending.map(Sum),
            customer_count: sum.realtime + sum.on_chain,
            realtime_count: sum.realtime,
            on_chain_count: sum.on_chain,
        }
    }
}

/// Add balances up
///
/// The balances of all customers of the program, added up by currency. Each customer counts
/// as the gateway knows the balance now: the blockchain is not asked.
#[utoipa::path(
    get,
    path = "/customers/aggregate-balances",
    operation_id = "aggregateBalances",
    responses(
        (status = 200, description = "The sums.", body = AggregateBalances),
        (status = 403, response = NotApproved),
    ),
)]
pub(super) async fn aggregate(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
) -> Response {
    let answer = async {
        let now = Timestamp::now();
        let (sums, total_customers) = tokio::try_join!(
            services.balances.sums(&principal, now),
            services.customers.count(&principal, None),
        )?;
        json(&AggregateBalances {
            by_currency: sums.by_currency.iter().map(Into::into).collect(),
            total_customers,
            customers_with_wallets: sums.wallets,
            fetched_at: Time(now),
        })
    };
    response(answer.await, &request)
}
