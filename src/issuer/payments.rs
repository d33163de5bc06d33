//! The calls that move money. Each is made once: it is never tried again here.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};

use super::client::ProgramClient;
use super::error::{IssuerError, Reason};
use super::path::Path;
use super::transport::Answer;
use super::wire::envelope::{self, Body};
use super::wire::transfer::{self, IssuerTransfer, TransfersPage};

const TRANSFERS: &str = "/v1/card-issuer/transfers";
const TRANSFER: &str = "/v1/card-issuer/transfers/{transferId}";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A route that moves money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentRoute {
    /// From the master wallet to a customer.
    FundCustomer,
    /// From a customer's card to the master wallet.
    WithdrawFromCard,
    /// From one currency of the master wallet to another.
    Swap,
}

/// How an order of money has ended.
#[derive(Clone, Debug)]
pub enum PaymentResult {
    /// The issuer has accepted it.
    Accepted {
        /// The issuer's name for the payment.
        id: String,
        /// Its status, in lower case, where the issuer says so.
        status: Option<String>,
        /// The whole answer.
        answer: Answer,
    },
    /// The issuer has refused it; no money has moved.
    Refused {
        /// The issuer's error code, as it writes it.
        code: Option<String>,
        /// The whole answer.
        answer: Answer,
    },
    /// The issuer has certainly not made it.
    NotMade(IssuerError),
    /// There is no answer that says so: the issuer may have made it.
    Unknown(IssuerError),
}

impl PaymentRoute {
    const fn path(self) -> &'static str {
        match self {
            Self::FundCustomer => "/v1/card-issuer/fund-customer",
            Self::WithdrawFromCard => "/v1/card-issuer/withdraw-from-card",
            Self::Swap => "/v1/card-issuer/master-wallets/swap",
        }
    }

    /// The members that name the payment in the answer.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::FundCustomer => &["transfer_id", "bridge_id"],
            Self::WithdrawFromCard => &["withdrawal_id"],
            Self::Swap => &["swap_id"],
        }
    }
}

impl ProgramClient {
    /// Fetches the program's token, unless there is one, so that an order which follows either
    /// leaves this machine or fails at once.
    ///
    /// # Errors
    /// If there is no token, or no call is made now.
    pub async fn prepare(&self) -> Result<(), IssuerError> {
        self.caller.prepare().await
    }

    /// Orders money to be moved, once. `key` names the order, for an issuer that honours
    /// `Idempotency-Key`.
    pub async fn pay(&self, route: PaymentRoute, body: &[u8], key: &str) -> PaymentResult {
        let mut headers = HeaderMap::new();
        if let Ok(key) = HeaderValue::from_str(key) {
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        let path = Path::fixed(route.path());
        match self.send(Method::POST, &path, &[], Some(body), headers).await {
            Ok(answer) => self.result(route, answer),
            Err(error) if error.is_unsent() => PaymentResult::NotMade(error),
            Err(error) => PaymentResult::Unknown(error),
        }
    }

    /// What an answer says of the order. Only an answer in one of the API's shapes says
    /// anything: a page of a proxy's does not.
    fn result(&self, route: PaymentRoute, answer: Answer) -> PaymentResult {
        let status = answer.status;
        if status.is_success() {
            return match envelope::success(&answer.body) {
                Body::Data(data) => match transfer::read_order(data, route.names()) {
                    Some((id, status)) => PaymentResult::Accepted { id, status, answer },
                    None => PaymentResult::Unknown(unreadable(status)),
                },
                Body::Refusal(refusal) => PaymentResult::Refused { code: refusal.code, answer },
                Body::Unreadable => PaymentResult::Unknown(unreadable(status)),
            };
        }
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS) {
            return PaymentResult::NotMade(self.caller.failure(&answer));
        }
        // A server that has given up waiting for the request may have had it.
        let is_refusal = status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT;
        match envelope::refusal(&answer.body).filter(|refusal| is_refusal && refusal.is_one()) {
            Some(refusal) => PaymentResult::Refused { code: refusal.code, answer },
            None => PaymentResult::Unknown(self.caller.failure(&answer)),
        }
    }

    /// A page of a customer's transfers over a chain. `page` is at least 1, `limit` at most
    /// 100. The order is not documented.
    ///
    /// # Errors
    /// If the issuer refuses, or gives no readable answer.
    pub async fn transfers_page(
        &self,
        yativo_card_id: &str,
        chain: &str,
        page: u64,
        limit: u64,
    ) -> Result<TransfersPage, IssuerError> {
        let (page, limit) = (page.to_string(), limit.to_string());
        let query = [
            ("customer_id", yativo_card_id),
            ("chain", chain),
            ("page", page.as_str()),
            ("limit", limit.as_str()),
        ];
        self.read(&Path::fixed(TRANSFERS), &query, transfer::read_page).await
    }

    /// A transfer.
    ///
    /// # Errors
    /// If the issuer refuses, or gives no readable answer.
    pub async fn transfer(&self, id: &str) -> Result<IssuerTransfer, IssuerError> {
        self.read(&Path::new(TRANSFER, &[id])?, &[], transfer::read).await
    }
}

fn unreadable(status: StatusCode) -> IssuerError {
    IssuerError::new(Reason::Unreadable).with_status(status.as_u16())
}
