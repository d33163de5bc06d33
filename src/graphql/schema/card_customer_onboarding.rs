//! `CardCustomerOnboarding`.

use std::sync::Arc;

use async_graphql::{Object, Result};

use crate::domain::customer::Customer;
use crate::domain::onboarding_steps::completed_steps;
use crate::graphql::error::failure;
use crate::graphql::execution::customer_page::CustomerPage;
use crate::graphql::schema::enums::OnboardingStep;

/// How far the onboarding of a customer has come, where the customer stands in its page.
pub(crate) struct CardCustomerOnboarding {
    pub(super) page: Arc<CustomerPage>,
    pub(super) at: usize,
}

impl CardCustomerOnboarding {
    fn customer(&self) -> &Customer {
        self.page.customer(self.at)
    }
}

/// How far the onboarding of a customer has come.
#[Object]
impl CardCustomerOnboarding {
    /// The steps that the customer is known to have completed, in their order. A step that was completed once stays, also if it has to be repeated. Whether the questions about the source of funds are answered is known at the latest when there is a card.
    async fn completed_steps(&self) -> Result<Vec<OnboardingStep>> {
        let cards = self.page.cards(self.at).await.map_err(failure)?;
        let steps = completed_steps(self.customer(), !cards.is_empty());
        Ok(steps.into_iter().map(Into::into).collect())
    }

    /// The next step, in one sentence.
    async fn next_action(&self) -> &str {
        self.customer().onboarding.next_action()
    }

    /// The number of the onboarding stage, 1 to 6.
    async fn step(&self) -> i32 {
        self.customer().onboarding.step()
    }
}
