//! The calls that the gateway itself makes, and the one that hands others through.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};

use super::caller::{Caller, unreadable};
use super::error::{IssuerError, Reason};
use super::pace::Priority;
use super::path::Path;
use super::settings::Settings;
use super::snapshot::Snapshot;
use super::transport::{Answer, Call, Transport};
use super::wire::customer::{self, CustomersPage, IssuerCustomer};
use super::wire::envelope::{self, Body};
use super::wire::program::{self, IssuerProgram};
use super::wire::webhook::{self, DeliveriesPage, Delivery, Subscription};
use crate::domain::identifier;
use crate::error::Result as OurResult;

const CUSTOMERS: &str = "/v1/card-issuer/customers";
const CUSTOMER: &str = "/v1/card-issuer/customers/{customerId}";
const LOOK_UP: &str = "/v1/card-issuer/lookup-customer";
const STATUS: &str = "/v1/card-issuer/status";
const WEBHOOKS: &str = "/v1/yativo-card/webhooks";
const DELIVERIES: &str = "/v1/yativo-card/webhooks/{webhookId}/deliveries";
const DELIVERY: &str = "/v1/yativo-card/webhooks/deliveries/{deliveryId}";

/// The issuer's API, for every program that has a key pair. Clones share everything.
#[derive(Clone)]
pub struct Issuer {
    programs: Arc<BTreeMap<String, ProgramClient>>,
}

/// The issuer's API with the credentials of one program. Clones share its token,
/// its limits, its budget and its circuit breaker.
#[derive(Clone)]
pub struct ProgramClient {
    pub(super) caller: Arc<Caller>,
    priority: Priority,
}

/// Which name a look-up goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookUp<'a> {
    /// The record's database id.
    Id(&'a str),
    /// The name that almost every page has.
    YativoCardId(&'a str),
    /// The customer's id; the issuer tries it as a `yativo_card_id` too.
    CustomerId(&'a str),
    /// A card's UUID.
    CardId(&'a str),
    /// The program's own name for the customer.
    ExternalId(&'a str),
    /// The e-mail address.
    Email(&'a str),
}

/// Which deliveries of webhooks to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter<'a> {
    /// `success` or `failed`; none: any.
    pub status: Option<&'a str>,
    /// A type of event; none: any.
    pub event_type: Option<&'a str>,
}

impl Issuer {
    /// A client for each program of the settings. Nothing is called yet.
    ///
    /// # Errors
    /// If this machine cannot do TLS.
    pub fn new(settings: &Settings) -> OurResult<Self> {
        let transport = Transport::new(&settings.base_url)?;
        let client = |(name, key_pair): (&String, &super::settings::KeyPair)| {
            let caller = Caller::new(
                name,
                key_pair.clone(),
                transport.clone(),
                settings.timeout,
                settings.calls_per_minute,
            );
            let caller = Arc::new(caller);
            (name.clone(), ProgramClient { caller, priority: Priority::Foreground })
        };
        Ok(Self { programs: Arc::new(settings.programs.iter().map(client).collect()) })
    }

    /// The client of a program; none without a key pair.
    pub fn program(&self, name: &str) -> Option<&ProgramClient> {
        self.programs.get(name)
    }

    /// Every program that has a key pair, by name.
    pub fn programs(&self) -> impl Iterator<Item = (&str, &ProgramClient)> {
        self.programs.iter().map(|(name, client)| (name.as_str(), client))
    }
}

impl ProgramClient {
    /// The same client for a task that can wait: its calls give way to others,
    /// leave them a tenth of the budget, and wait up to 15 minutes for their turn.
    #[must_use]
    pub fn background(&self) -> Self {
        Self { caller: Arc::clone(&self.caller), priority: Priority::Background }
    }

    /// A page of the program's customers, with balances, without cards. `page`
    /// is at least 1, `limit` at most 100. The order is not documented.
    ///
    /// # Errors
    /// If the issuer refuses, or gives no readable answer.
    pub async fn customers_page(
        &self,
        page: u64,
        limit: u64,
    ) -> Result<CustomersPage, IssuerError> {
        let (page, limit) = (page.to_string(), limit.to_string());
        let query = [("page", page.as_str()), ("limit", limit.as_str())];
        self.read(&Path::fixed(CUSTOMERS), &query, customer::read_page).await
    }

    /// A customer by `yativo_card_id`, database id or `external_customer_id`,
    /// with cards; none if the issuer says that there is none.
    ///
    /// # Errors
    /// If the issuer refuses, or gives no readable answer.
    pub async fn customer(&self, id: &str) -> Result<Option<IssuerCustomer>, IssuerError> {
        self.find(&Path::new(CUSTOMER, &[id])?, &[], customer::read).await
    }

    /// A customer by any of its names; none if the issuer says that there is none.
    ///
    /// # Errors
    /// If the issuer refuses, or gives no readable answer.
    pub async fn look_up(&self, by: LookUp<'_>) -> Result<Option<IssuerCustomer>, IssuerError> {
        let query = by.query();
        identifier::check(query.1)
            .map_err(|what| IssuerError::new(Reason::Invalid).detail(what))?;
        self.find(&Path::fixed(LOOK_UP), &[query], customer::read).await
    }

    /// The program: whether it is approved, and its limits.
    ///
    /// # Errors
    /// If the issuer refuses, or gives no readable answer.
    pub async fn status(&self) -> Result<IssuerProgram, IssuerError> {
        self.read(&Path::fixed(STATUS), &[], program::read).await
    }

    /// The program's webhook subscriptions.
    ///
    /// # Errors
    /// If the issuer refuses, or gives no readable answer.
    pub async fn webhook_subscriptions(&self) -> Result<Vec<Subscription>, IssuerError> {
        self.read(&Path::fixed(WEBHOOKS), &[], webhook::read_subscriptions).await
    }

    /// Deliveries of a subscription, newest first, without payloads. `limit` is at most 100.
    ///
    /// # Errors
    /// If the issuer refuses, or gives no readable answer.
    pub async fn deliveries(
        &self,
        webhook_id: &str,
        limit: u64,
        offset: u64,
        filter: DeliveryFilter<'_>,
    ) -> Result<DeliveriesPage, IssuerError> {
        let (limit, offset) = (limit.to_string(), offset.to_string());
        let mut query = vec![("limit", limit.as_str()), ("offset", offset.as_str())];
        query.extend(filter.status.map(|status| ("status", status)));
        query.extend(filter.event_type.map(|event_type| ("eventType", event_type)));
        self.read(&Path::new(DELIVERIES, &[webhook_id])?, &query, webhook::read_deliveries).await
    }

    /// A delivery with its payload; none if the issuer says that there is none.
    ///
    /// # Errors
    /// If the issuer refuses, or gives no readable answer.
    pub async fn delivery(&self, id: &str) -> Result<Option<Delivery>, IssuerError> {
        self.find(&Path::new(DELIVERY, &[id])?, &[], webhook::read_delivery).await
    }

    /// Any documented call, with the program's token. The answer is the issuer's,
    /// whatever its status; after a 401 the call is repeated once, with a new
    /// token. Only `GET` is tried again; headers that are ours to set, like
    /// `Authorization`, are not taken over.
    ///
    /// # Errors
    /// If nothing was sent, or there is no whole answer: then the issuer may
    /// have done what was asked.
    pub async fn send(
        &self,
        method: Method,
        path: &Path,
        query: &[(&str, &str)],
        body: Option<&[u8]>,
        headers: HeaderMap,
    ) -> Result<Answer, IssuerError> {
        let call = Call { method, path, query, headers, body, json: false };
        self.caller.call(&call, self.priority).await
    }

    /// How the program's calls do at the moment.
    pub fn snapshot(&self) -> Snapshot {
        self.caller.snapshot()
    }

    /// Reads what must be there.
    pub(super) async fn read<T>(
        &self,
        path: &Path,
        query: &[(&str, &str)],
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, IssuerError> {
        let answer = self.caller.call(&Call::read(path, query), self.priority).await?;
        let result = self.open(&answer, read);
        result.inspect_err(|error| self.caller.note(error))
    }

    /// Reads what may be missing. Only an error in one of the API's shapes says
    /// that it is: a page of a proxy's, or of a wrong address, says nothing.
    async fn find<T>(
        &self,
        path: &Path,
        query: &[(&str, &str)],
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, IssuerError> {
        let answer = self.caller.call(&Call::read(path, query), self.priority).await?;
        let missing = answer.status == StatusCode::NOT_FOUND;
        let said = missing && envelope::refusal(&answer.body).is_some_and(|said| said.is_one());
        if said {
            return Ok(None);
        }
        let result = self.open(&answer, read).map(Some);
        result.inspect_err(|error| self.caller.note(error))
    }

    fn open<T>(
        &self,
        answer: &Answer,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, IssuerError> {
        if !answer.status.is_success() {
            return Err(self.caller.failure(answer));
        }
        match envelope::success(&answer.body) {
            Body::Data(data) => read(data).ok_or_else(|| unreadable(answer)),
            Body::Refusal(refusal) => Err(self.caller.refused(answer.status.as_u16(), refusal)),
            Body::Unreadable => Err(unreadable(answer)),
        }
    }
}

impl<'a> LookUp<'a> {
    /// The parameter of the look-up.
    const fn query(self) -> (&'static str, &'a str) {
        match self {
            Self::Id(id) => ("id", id),
            Self::YativoCardId(id) => ("yativo_card_id", id),
            Self::CustomerId(id) => ("customer_id", id),
            Self::CardId(id) => ("card_id", id),
            Self::ExternalId(id) => ("external_id", id),
            Self::Email(email) => ("email", email),
        }
    }
}

/// Without credentials: the programs' names alone.
impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("programs", &self.programs.keys()).finish()
    }
}

/// Without credentials: how the calls do.
impl std::fmt::Debug for ProgramClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ProgramClient").field(&self.snapshot()).finish()
    }
}
