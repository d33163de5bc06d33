//! A client that follows the changes of its program page by page.

use serde_json::Value;

use super::gateway::{Answer, Gateway};

/// What it selects of each change.
const SELECTED: &str = "at cursor kind customerId customer { externalCustomerId }";

/// A client that follows changes.
pub(crate) struct Follower<'a> {
    gateway: &'a Gateway,
    token: &'a str,
    /// Where it goes on; at first, where the list begins.
    pub(crate) cursor: Option<String>,
}

/// The page of `cardCustomerChanges` with these arguments.
pub(crate) fn page(gateway: &Gateway, token: &str, after: Option<&str>, first: u32) -> Answer {
    let after = after.map_or_else(String::new, |cursor| format!("after: \"{cursor}\", "));
    let query = format!(
        "{{ cardCustomerChanges({after}first: {first}) {{ edges {{ cursor node {{ {SELECTED} }} }} \
         pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    gateway.query(token, &query)
}

impl<'a> Follower<'a> {
    /// One that begins with the oldest change.
    pub(crate) fn new(gateway: &'a Gateway, token: &'a str) -> Self {
        Self { gateway, token, cursor: None }
    }

    /// One that has seen everything so far.
    pub(crate) fn caught_up(gateway: &'a Gateway, token: &'a str) -> Self {
        let mut follower = Self::new(gateway, token);
        follower.rest();
        follower
    }

    /// All changes since the last call, in pages of this size.
    pub(crate) fn rest_by(&mut self, first: u32) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let answer = page(self.gateway, self.token, self.cursor.as_deref(), first);
            let mut list = answer.data()["cardCustomerChanges"].take();
            let edges = list["edges"].as_array().expect("a list").clone();
            let info = list["pageInfo"].take();
            for (at, edge) in edges.iter().enumerate() {
                assert_eq!(edge["cursor"], edge["node"]["cursor"]);
                assert!(at > 0 || edge["cursor"] == info["startCursor"], "{info}");
            }
            let end = info["endCursor"].as_str().expect("there is always one").to_owned();
            if let Some(last) = edges.last() {
                assert_eq!(last["cursor"], end);
            } else {
                assert!(info["startCursor"].is_null());
                assert!(self.cursor.as_ref().is_none_or(|before| *before == end), "{info}");
            }
            assert_eq!(info["hasPreviousPage"], self.cursor.is_some());
            self.cursor = Some(end);
            all.extend(edges.into_iter().map(|mut edge| edge["node"].take()));
            if info["hasNextPage"] == false {
                return all;
            }
        }
    }

    /// All changes since the last call.
    pub(crate) fn rest(&mut self) -> Vec<Value> {
        self.rest_by(100)
    }

    /// The kinds and customers of all changes since the last call, like `CARD usr_1`.
    pub(crate) fn seen(&mut self) -> Vec<String> {
        self.rest().iter().map(shown).collect()
    }
}

/// The kind and the customer of a change.
pub(crate) fn shown(change: &Value) -> String {
    let kind = change["kind"].as_str().expect("a text");
    let customer = change["customer"]["externalCustomerId"].as_str();
    format!("{kind} {}", customer.unwrap_or("-"))
}
