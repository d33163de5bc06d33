//! Lists and look-ups of card customers.

use std::collections::HashMap;
use std::slice::from_ref;
use std::sync::Arc;

use strum::VariantArray as _;

use crate::domain::cursor::ListId;
use crate::domain::customer::{Customer, FoundCustomer, Include, ListedCustomer};
use crate::domain::customer_filter::CustomerFilter;
use crate::domain::customer_names::{CustomerNames, Name, NameKind, holder_of};
use crate::domain::identifier::Identifier;
use crate::domain::onboarding::{FlowStatus, OnboardingFilter, check_status};
use crate::domain::page::{Order, Slice, Window};
use crate::domain::principal::Principal;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::services::sync::SingleCustomers;
use crate::store::Store;

/// Which customers a list holds, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerList {
    /// Those of whom all of this holds.
    pub filter: CustomerFilter,
    /// What it is sorted by.
    pub order: Order,
}

impl CustomerList {
    /// The list as cursors name it.
    pub fn id(&self, principal: &Principal) -> ListId {
        let order = match self.order {
            Order::NewestFirst => "newest",
            Order::OldestFirst => "oldest",
            Order::LatestChangeFirst => "latest change",
            Order::EarliestChangeFirst => "earliest change",
            Order::ByEmail => "e-mail",
        };
        let program = principal.program.0.to_string();
        let id = match self.filter.only_stage() {
            Some(stage) => {
                let stage = stage.as_ref().map_or("", AsRef::as_ref);
                ListId::of(&["customers", &program, stage, order])
            }
            None => ListId::of(&["customers", &program, "filter", &self.filter.text(), order]),
        };
        if self.order.is_by_text() { id.by_text() } else { id }
    }
}

/// The customers of the caller's program.
#[derive(Clone, Debug)]
pub struct Customers {
    store: Store,
    single: Option<SingleCustomers>,
}

impl Customers {
    /// Over a store, and the issuer for customers who are not in it.
    pub const fn new(store: Store, single: Option<SingleCustomers>) -> Self {
        Self { store, single }
    }

    /// A part of a list.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list(
        &self,
        principal: &Principal,
        list: &CustomerList,
        window: &Window,
    ) -> Result<Slice<Arc<Customer>>> {
        let CustomerList { filter, order } = list;
        match filter.only_stage() {
            Some(stage) if stage.is_none() || order.is_by_creation() => {
                let filter = stage.map(OnboardingFilter::Stage);
                self.store.customers(principal.program, filter.as_ref(), *order, window).await
            }
            _ => self.store.filtered_customers(principal.program, filter, *order, window).await,
        }
    }

    /// A part of a list, newest first, with what it shows of each customer, and how many
    /// the whole list has; balances only if they are asked for. One statement,
    /// two if the part is empty.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list_with_holdings(
        &self,
        principal: &Principal,
        filter: Option<&OnboardingFilter>,
        window: &Window,
        balances: bool,
    ) -> Result<(Slice<ListedCustomer>, i64)> {
        let (slice, total) =
            self.store.customers_with_holdings(principal.program, filter, window, balances).await?;
        let total = match total {
            Some(total) => total,
            None => self.count(principal, filter).await?,
        };
        Ok((slice, total))
    }

    /// When each customer was changed last; one of whom that is not known is left out.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn updates(
        &self,
        principal: &Principal,
        customers: Vec<String>,
    ) -> Result<HashMap<String, Timestamp>> {
        self.store.customer_updates(principal.program, customers).await
    }

    /// How many customers a list holds.
    ///
    /// # Errors
    /// `Invalid` if too many customers would have to be read; if the store fails.
    pub async fn count_list(&self, principal: &Principal, filter: &CustomerFilter) -> Result<i64> {
        match filter.only_stage() {
            Some(stage) => self.count(principal, stage.map(OnboardingFilter::Stage).as_ref()).await,
            None => self.store.count_filtered_customers(principal.program, filter).await,
        }
    }

    /// How many customers have a status, or are at a stage.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(
        &self,
        principal: &Principal,
        filter: Option<&OnboardingFilter>,
    ) -> Result<i64> {
        self.store.count_customers(principal.program, filter).await
    }

    /// How many customers are at each stage, in the order of the stages.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count_by_stage(&self, principal: &Principal) -> Result<Vec<(FlowStatus, i64)>> {
        let counts = self.store.count_by_stage(principal.program).await?;
        let count = |stage: &FlowStatus| counts.get(stage).copied().unwrap_or(0);
        Ok(FlowStatus::VARIANTS.iter().map(|stage| (*stage, count(stage))).collect())
    }

    /// Whether a customer of the caller's program has this status.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn has_status(&self, principal: &Principal, status: &str) -> Result<bool> {
        // Not every text can be stored.
        if check_status(status).is_err() {
            return Ok(false);
        }
        let filter = OnboardingFilter::Status(status.to_owned());
        Ok(self.count(principal, Some(&filter)).await? > 0)
    }

    /// The issuer's statuses that customers of the caller's program have; at most a
    /// hundred.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn statuses(&self, principal: &Principal) -> Result<Vec<String>> {
        self.store.statuses(principal.program).await
    }

    /// The customers with these `id`s, in no order. The issuer is not asked.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn by_id(
        &self,
        principal: &Principal,
        ids: Vec<String>,
    ) -> Result<Vec<Arc<Customer>>> {
        self.store.customers_by_id(principal.program, ids).await
    }

    /// The customer that each identifier means, with what is included. One that
    /// is unknown, or another program's, is left out. [`CustomerNames`] says
    /// which customer is meant. The issuer is asked for those whom the store does not
    /// have.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn find(
        &self,
        principal: &Principal,
        identifiers: &[Identifier],
        include: Include,
    ) -> Result<HashMap<Identifier, Arc<FoundCustomer>>> {
        if identifiers.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.stored(principal, identifiers, include).await?;
        let Some(issuer) = &self.single else { return Ok(found) };
        let customers = found.values().map(|found| found.customer.id.as_str());
        issuer.want_details(principal.program, customers);
        let is_missing = |identifier: &&Identifier| !found.contains_key(*identifier);
        let missing: Vec<Identifier> = identifiers.iter().filter(is_missing).cloned().collect();
        if missing.is_empty() || !issuer.ask(principal.program, &missing).await {
            return Ok(found);
        }
        self.store.read_what_was_written()?;
        self.stored(principal, identifiers, include).await
    }

    async fn stored(
        &self,
        principal: &Principal,
        identifiers: &[Identifier],
        include: Include,
    ) -> Result<HashMap<Identifier, Arc<FoundCustomer>>> {
        let found = self.store.customers_named(principal.program, identifiers, include).await?;
        let found: Vec<Arc<FoundCustomer>> = found.into_iter().map(Arc::new).collect();
        let names = CustomerNames::new(found.iter().map(|of| &*of.customer));
        let meant = |identifier: &Identifier| {
            Some((identifier.clone(), Arc::clone(&found[names.find(identifier)?])))
        };
        Ok(identifiers.iter().filter_map(meant).collect())
    }

    /// The customer that a name of one kind means, with every card.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn look_up(
        &self,
        principal: &Principal,
        name: &Name,
    ) -> Result<Option<FoundCustomer>> {
        let found = self.stored_with_name(principal, name).await?;
        let Some(issuer) = &self.single else { return Ok(found) };
        let customers = found.iter().map(|found| found.customer.id.as_str());
        issuer.want_details(principal.program, customers);
        // The issuer does not look customers up by the cards that it names by tokens.
        if found.is_some()
            || name.kind == NameKind::CardId
            || !issuer.ask(principal.program, from_ref(&name.text)).await
        {
            return Ok(found);
        }
        self.store.read_what_was_written()?;
        self.stored_with_name(principal, name).await
    }

    async fn stored_with_name(
        &self,
        principal: &Principal,
        name: &Name,
    ) -> Result<Option<FoundCustomer>> {
        let mut found = self.store.customers_with_name(principal.program, name).await?;
        let meant = match name.kind {
            NameKind::CardId => holder_of(&found, &name.text),
            _ => CustomerNames::new(found.iter().map(|of| &*of.customer)).find_by(name),
        };
        Ok(meant.map(|position| found.swap_remove(position)))
    }
}
