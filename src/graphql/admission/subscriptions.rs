//! The root field of a subscription. apollo-compiler 1.33 and 2.0 count selections; the
//! specification counts fields after merging (GraphQL September 2025, section 5.2.4.1),
//! so that `subscription { a { b } a { c } }` is valid.

use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::executable::{ExecutableDocument, Operation};
use apollo_compiler::validation::WithErrors;

/// Whether the only errors are of subscriptions whose root fields merge into one.
/// Whether fields with the same response key can merge is another check of the validator.
pub(crate) fn only_merged(failed: &WithErrors<ExecutableDocument>) -> bool {
    let document = &failed.partial;
    failed.errors.iter().all(|diagnostic| {
        let of = diagnostic.error.location();
        diagnostic.error.unstable_error_name() == Some("SubscriptionUsesMultipleFields")
            && document
                .operations
                .iter()
                .find(|operation| operation.location() == of)
                .is_some_and(|operation| has_one_root_field(operation, document))
    })
}

fn has_one_root_field(operation: &Operation, document: &ExecutableDocument) -> bool {
    let mut keys = operation.root_fields(document).map(|field| field.response_key());
    keys.next().is_some_and(|first| keys.all(|key| key == first))
}
