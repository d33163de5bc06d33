//! Lists and look-ups of card customers.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::customer::{Along, Customer, Holder, Listed};
use crate::domain::identifier::Identifier;
use crate::domain::onboarding::FlowStatus;
use crate::domain::page::{ListId, Order, Slice, Window};
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::store::Store;

/// Which customers a list holds, and in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CustomerList {
    /// Only those in this onboarding stage.
    pub status: Option<FlowStatus>,
    /// By creation time.
    pub order: Order,
}

impl CustomerList {
    /// The list as cursors name it.
    pub fn id(&self, principal: &Principal) -> ListId {
        let order = match self.order {
            Order::NewestFirst => "newest",
            Order::OldestFirst => "oldest",
        };
        let program = principal.program.0.to_string();
        ListId::of(&["customers", &program, self.status.map_or("", Into::into), order])
    }
}

/// The customers of the caller's program.
#[derive(Clone, Debug)]
pub struct Customers {
    store: Store,
}

impl Customers {
    /// Over a store.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// A part of a list.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list(
        &self,
        principal: &Principal,
        list: CustomerList,
        window: &Window,
    ) -> Result<Slice<Arc<Customer>>> {
        self.store.customers(principal.program, list.status, list.order, window).await
    }

    /// A part of a list with what the customers hold, and how many the whole
    /// list has; balances only where they are asked for. One statement, two
    /// where the part is empty.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list_with_holdings(
        &self,
        principal: &Principal,
        list: CustomerList,
        window: &Window,
        balances: bool,
    ) -> Result<(Slice<Listed>, i64)> {
        let CustomerList { status, order } = list;
        let (slice, total) = self
            .store
            .customers_with_holdings(principal.program, status, order, window, balances)
            .await?;
        let total = match total {
            Some(total) => total,
            None => self.count(principal, status).await?,
        };
        Ok((slice, total))
    }

    /// How many customers a list holds.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self, principal: &Principal, status: Option<FlowStatus>) -> Result<i64> {
        self.store.count_customers(principal.program, status).await
    }

    /// The customers that identifiers name, with what is to come along; who is
    /// unknown, or another program's, is left out.
    ///
    /// Where an identifier could be read in several ways, `id` goes before
    /// `yativo_card_id`, that before `external_customer_id`, that before the
    /// e-mail address; among equals the newest customer is meant.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn find(
        &self,
        principal: &Principal,
        identifiers: &[Identifier],
        along: Along,
    ) -> Result<HashMap<Identifier, Arc<Holder>>> {
        if identifiers.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.store.customers_named(principal.program, identifiers, along).await?;
        let names = Names::of(found);
        let named = |identifier: &Identifier| Some((identifier.clone(), names.get(identifier)?));
        Ok(identifiers.iter().filter_map(named).collect())
    }
}

/// Customers by each of their names.
#[derive(Default)]
struct Names {
    id: HashMap<String, Arc<Holder>>,
    yativo_card_id: HashMap<String, Arc<Holder>>,
    external_customer_id: HashMap<String, Arc<Holder>>,
    email: HashMap<String, Arc<Holder>>,
}

impl Names {
    fn of(mut holders: Vec<Holder>) -> Self {
        holders.sort_by(|a, b| {
            let (a, b) = (&a.customer, &b.customer);
            (b.created_at, &b.id).cmp(&(a.created_at, &a.id))
        });
        let mut names = Self::default();
        for holder in holders.into_iter().map(Arc::new) {
            let customer = &holder.customer;
            let mut put = |map: fn(&mut Self) -> &mut HashMap<String, Arc<Holder>>, key| {
                map(&mut names).entry(key).or_insert_with(|| Arc::clone(&holder));
            };
            put(|names| &mut names.id, customer.id.clone());
            put(|names| &mut names.yativo_card_id, customer.yativo_card_id.clone());
            if let Some(external) = &customer.external_customer_id {
                put(|names| &mut names.external_customer_id, external.clone());
            }
            put(|names| &mut names.email, crate::domain::identifier::email_key(&customer.email));
        }
        names
    }

    fn get(&self, identifier: &Identifier) -> Option<Arc<Holder>> {
        let text = identifier.as_str();
        let by_id = || self.id.get(&identifier.as_customer_id()?);
        let by_email = || self.email.get(&identifier.as_email_key()?);
        by_id()
            .or_else(|| self.yativo_card_id.get(text))
            .or_else(|| self.external_customer_id.get(text))
            .or_else(by_email)
            .cloned()
    }
}
