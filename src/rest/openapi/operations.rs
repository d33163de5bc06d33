//! The routes behind the gate.

use utoipa::ToSchema;
use utoipa::openapi::link::{Link, LinkBuilder};
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, PathItem};
use utoipa::openapi::{Ref, ResponseBuilder};

use super::super::wire::{CustomerDetail, CustomerList, TransactionList};
use super::samples::{CUSTOMER, CUSTOMERS, Sample, TRANSACTIONS};
use super::{answers, parameters};
use crate::domain::onboarding::FlowStatus;
use crate::domain::transaction::TransactionStatus;
use crate::error::Kind;

/// The paths, and what can be done there.
pub(super) fn routes() -> [(&'static str, PathItem); 3] {
    [
        ("/v1/card-issuer/customers", customers()),
        ("/v1/card-issuer/customers/{customerId}", customer()),
        ("/v1/card-issuer/customers/{customerId}/card-transactions", transactions()),
    ]
    .map(|(path, operation)| (path, PathItem::new(HttpMethod::Get, operation)))
}

fn customers() -> Operation {
    let answer = success::<CustomerList<'_>>("A page of customers.", &CUSTOMERS);
    named(&CUSTOMERS, "List customers")
        .description(Some("Every customer of the program, newest first, whatever the stage."))
        .parameters(Some(parameters::page()))
        .parameter(parameters::status::<FlowStatus>("Only customers at this stage.", "active"))
        .parameter(parameters::include_balances())
        .responses(answers::of(answer, &[]))
        .build()
}

fn customer() -> Operation {
    let answer = success::<CustomerDetail<'_>>("The customer.", &CUSTOMER)
        .link(TRANSACTIONS.operation, link(&TRANSACTIONS, "$response.body#/data/id"));
    named(&CUSTOMER, "Show a customer")
        .description(Some("One customer with balance and cards. Whom a name fits best is meant."))
        .parameter(parameters::customer())
        .responses(answers::of(answer, &[Kind::NotFound]))
        .build()
}

fn transactions() -> Operation {
    let answer = success::<TransactionList<'_>>("A page of card transactions.", &TRANSACTIONS);
    let words = "Only transactions that have come so far.";
    named(&TRANSACTIONS, "List a customer's card transactions")
        .description(Some("The card transactions of one customer, newest first."))
        .parameter(parameters::customer())
        .parameters(Some(parameters::page()))
        .parameter(parameters::status::<TransactionStatus>(words, "settled"))
        .responses(answers::of(answer, &[Kind::NotFound]))
        .build()
}

/// An operation with what tools show of it.
pub(super) fn named(sample: &Sample, summary: &str) -> OperationBuilder {
    OperationBuilder::new()
        .operation_id(Some(sample.operation))
        .summary(Some(summary))
        .extensions(Some(sample.code()))
}

fn success<T: ToSchema>(words: &str, sample: &Sample) -> ResponseBuilder {
    answers::success(words, Ref::from_schema_name(T::name()), sample)
}

/// Another operation about a customer whom an answer names.
fn link(sample: &Sample, customer: &str) -> Link {
    LinkBuilder::new().operation_id(sample.operation).parameter("customerId", customer).build()
}
