//! `SourceOfFundsQuestions` and `SourceOfFundsQuestion`.

use async_graphql::{Object, SimpleObject};

use crate::services::customer_actions::{Question, SourceOfFunds};

/// What the issuer asks about the source of a customer's funds.
pub(crate) struct SourceOfFundsQuestions(pub(super) SourceOfFunds);

/// What the issuer asks about the source of a customer's funds.
#[Object]
impl SourceOfFundsQuestions {
    /// The questions, in their order.
    async fn questions(&self) -> Vec<SourceOfFundsQuestion> {
        self.0.questions.iter().cloned().map(Into::into).collect()
    }

    /// The issuer's word for the state of the answers, such as `pending` or `completed`.
    async fn status(&self) -> Option<&str> {
        self.0.status.as_deref()
    }
}

/// A question about the source of a customer's funds.
#[derive(SimpleObject)]
pub(crate) struct SourceOfFundsQuestion {
    /// The question as people read it.
    label: Option<String>,
    /// The possible answers.
    options: Vec<String>,
    /// The question's name, for `submitSourceOfFunds`.
    question: String,
}

impl From<Question> for SourceOfFundsQuestion {
    fn from(Question { question, label, options }: Question) -> Self {
        Self { label, options, question }
    }
}
