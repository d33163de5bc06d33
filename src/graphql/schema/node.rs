//! `Node`.

use std::borrow::Cow;

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{
    Context, ContextSelectionSet, ID, Interface, OutputType, Positioned, Result, ServerResult,
    Value,
};

use crate::domain::node_id::NodeId;
use crate::graphql::error::failure;
use crate::graphql::execution::nodes::LoadedNode;
use crate::graphql::execution::page_writer::LoneObject;
use crate::graphql::execution::request_context::RequestContext;
use crate::graphql::schema::card::Card;
use crate::graphql::schema::card_customer::CardCustomer;
use crate::graphql::schema::card_funding::CardFunding;
use crate::graphql::schema::card_transaction::CardTransaction;

/// An object that can be fetched again by its `id`, with `node` or `nodes`.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "The identifier, by which no other object is named, of whatever kind. Treat it as opaque."
))]
pub(crate) enum Node {
    /// A customer.
    CardCustomer(CardCustomer),
    /// A card.
    Card(Card),
    /// A transaction.
    CardTransaction(CardTransaction),
    /// A payment.
    CardFunding(CardFunding),
}

/// The objects with these identifiers, in their order: one statement a kind. None in the place
/// of one that nothing has, or that the caller's program does not have.
pub(super) async fn load(
    ctx: &Context<'_>,
    ids: &[Option<NodeId>],
) -> Result<Vec<Option<DirectNode>>> {
    let wanted = ids.iter().flatten().cloned().collect();
    let found = RequestContext::of(ctx)?.nodes().of(wanted).await.map_err(failure)?;
    let node = |id: &Option<NodeId>| found.get(id.as_ref()?).cloned().map(DirectNode);
    Ok(ids.iter().map(node).collect())
}

/// An object of any kind, written in one pass. The fields that are selected of its kind are in
/// a fragment of their own: admission has put them there.
pub(crate) struct DirectNode(pub(crate) LoadedNode);

impl OutputType for DirectNode {
    fn type_name() -> Cow<'static, str> {
        Node::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Node::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        let none = Positioned::default();
        match self.0.clone() {
            LoadedNode::Customer(page, at) => {
                write(LoneObject(CardCustomer::at(page, at)), ctx, &none, field).await
            }
            LoadedNode::Card(all, at) => {
                write(LoneObject(Card { all, at }), ctx, &none, field).await
            }
            LoadedNode::Transaction(page, at, holders) => {
                let one = CardTransaction::at(page, at, holders);
                write(LoneObject(one), ctx, &none, field).await
            }
            LoadedNode::Payment(page, at) => {
                write(LoneObject(CardFunding::at(page, at)), ctx, &none, field).await
            }
        }
    }
}

/// Writes the fields that are selected of the object's type.
async fn write<T: OutputType>(
    object: T,
    ctx: &ContextSelectionSet<'_>,
    none: &Positioned<SelectionSet>,
    field: &Positioned<Field>,
) -> ServerResult<Value> {
    let of = T::type_name();
    let mine = ctx.item.node.items.iter().find_map(|selection| match &selection.node {
        Selection::InlineFragment(part) => {
            let condition = part.node.type_condition.as_ref()?;
            (condition.node.on.node == *of).then_some(&part.node.selection_set)
        }
        _ => None,
    });
    object.resolve(&ctx.with_selection_set(mine.unwrap_or(none)), field).await
}
