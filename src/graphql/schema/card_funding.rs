//! `CardFunding`.

use std::sync::Arc;

use async_graphql::{ID, Object};

use crate::domain::cursor::Position;
use crate::domain::page::Slice;
use crate::domain::payment::{Payment, PaymentKind};
use crate::graphql::schema::enums::{
    CardFundingStatus, CardFundingType, Currency, PricingMode, SourceChain,
};
use crate::graphql::schema::scalars::{DateTime, Decimal};

/// One payment, where it stands in its page.
#[derive(Clone)]
pub(crate) struct CardFunding {
    page: Arc<Slice<Payment>>,
    at: usize,
}

impl CardFunding {
    /// One payment; none if it is not a customer's.
    pub(crate) fn of(payment: Payment) -> Option<Self> {
        payment.order.payee.as_ref()?;
        let page = Slice { items: vec![payment], has_next: false, has_previous: false };
        Some(Self { page: Arc::new(page), at: 0 })
    }

    /// The one at a place of a page.
    pub(crate) const fn at(page: Arc<Slice<Payment>>, at: usize) -> Self {
        Self { page, at }
    }

    /// All of a page, in its order.
    pub(crate) fn all_of(page: &Arc<Slice<Payment>>) -> impl DoubleEndedIterator<Item = Self> {
        (0..page.items.len()).map(|at| Self { page: Arc::clone(page), at })
    }

    fn payment(&self) -> &Payment {
        &self.page.items[self.at]
    }

    /// Where the payment stands in lists.
    pub(crate) fn position(&self) -> Position {
        let payment = self.payment();
        Position::at(payment.created_at, &payment.id)
    }
}

/// A payment to a customer, or from a customer's card, that a client has ordered here.
#[Object]
impl CardFunding {
    /// The identifier: a UUID.
    pub(crate) async fn id(&self) -> ID {
        ID(self.payment().id.clone())
    }

    /// The `id` of the customer.
    async fn customer_id(&self) -> ID {
        let payee = self.payment().order.payee.as_ref();
        ID(payee.map(|payee| payee.id.clone()).unwrap_or_default())
    }

    /// Whether the customer receives or returns money.
    #[graphql(name = "type")]
    async fn kind(&self) -> CardFundingType {
        match self.payment().order.kind {
            PaymentKind::Withdrawal => CardFundingType::Withdrawal,
            PaymentKind::Funding | PaymentKind::Swap => CardFundingType::Funding,
        }
    }

    /// Whether the issuer has accepted the payment.
    async fn status(&self) -> CardFundingStatus {
        self.payment().state.into()
    }

    /// A sentence about a payment without an answer of the issuer.
    async fn status_message(&self) -> Option<&str> {
        self.payment().note.as_deref()
    }

    /// The amount as ordered, in `currency`.
    async fn amount(&self) -> Decimal {
        Decimal::of_wallet(self.payment().order.amount)
    }

    /// The currency of the amount: US dollars for a funding, the wallet's currency for a withdrawal.
    async fn currency(&self) -> Currency {
        self.payment().order.currency.into()
    }

    /// The blockchain over which a funding is paid.
    async fn source_chain(&self) -> Option<SourceChain> {
        self.payment().order.source_chain.map(Into::into)
    }

    /// Which amount of a funding is exact.
    async fn pricing_mode(&self) -> Option<PricingMode> {
        self.payment().order.pricing_mode.map(Into::into)
    }

    /// The issuer's identifier of the transfer or withdrawal. Null if there is none, or if it is unknown.
    async fn issuer_id(&self) -> Option<ID> {
        self.payment().issuer_id.clone().map(ID)
    }

    /// The status of the transfer or withdrawal in the issuer's word, such as `pending` or `completed`, as it was known last.
    async fn issuer_status(&self) -> Option<&str> {
        self.payment().issuer_status.as_deref()
    }

    /// The issuer's error code if it has refused the payment, such as `DAILY_LIMIT_EXCEEDED`.
    async fn issuer_code(&self) -> Option<&str> {
        self.payment().issuer_code.as_deref()
    }

    /// When the payment was sent to the issuer.
    async fn sent_at(&self) -> Option<DateTime> {
        self.payment().sent_at.map(DateTime)
    }

    /// When it became known whether the issuer has accepted the payment.
    async fn ended_at(&self) -> Option<DateTime> {
        self.payment().ended_at.map(DateTime)
    }

    /// When the payment was ordered. Lists are sorted by it.
    async fn created_at(&self) -> DateTime {
        DateTime(self.payment().created_at)
    }
}
