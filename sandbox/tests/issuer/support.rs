//! A client of the issuer.

use std::sync::OnceLock;
use std::time::Duration;

use card_gateway_sandbox::issuer::{Fill, Issuer, IssuerOptions};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// One client for all tests.
pub(crate) fn http() -> &'static Client {
    static HTTP: OnceLock<Client> = OnceLock::new();
    HTTP.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let redirects = reqwest::redirect::Policy::none();
        Client::builder()
            .redirect(redirects)
            .timeout(Duration::from_secs(20))
            .build()
            .expect("a client")
    })
}

/// An issuer with a token of its first program.
pub(crate) struct Tester {
    pub(crate) issuer: Issuer,
    pub(crate) token: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) headers: reqwest::header::HeaderMap,
}

impl Answer {
    fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().expect("a text");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, body, text, headers }
    }

    /// `data` of a success.
    #[track_caller]
    pub(crate) fn data(&self) -> &Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        &self.body["data"]
    }

    /// The names of `data`'s members, in their order.
    #[track_caller]
    pub(crate) fn members(&self) -> Vec<String> {
        self.data();
        names(raw(&self.text, "data"))
    }

    /// Status and code of a failure.
    #[track_caller]
    pub(crate) fn code(&self) -> (u16, &str) {
        let code = [&self.body["error"], &self.body["error_code"]];
        (self.status, code.into_iter().find_map(Value::as_str).unwrap_or_default())
    }
}

/// A member of an object, as it was written.
pub(crate) fn raw(text: &str, name: &str) -> Box<serde_json::value::RawValue> {
    let members: std::collections::HashMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_str(text).expect("an object");
    members.into_iter().find(|(found, _)| found == name).expect("the member").1
}

/// The names of an object's members, in the order in which they were written.
pub(crate) fn names(object: impl AsRef<serde_json::value::RawValue>) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'de> serde::Deserialize<'de> for Names {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Names;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut map: A,
                ) -> Result<Names, A::Error> {
                    let mut names = Vec::new();
                    while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                        names.push(name);
                    }
                    Ok(Names(names))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    let names: Names = serde_json::from_str(object.as_ref().get()).expect("an object");
    names.0
}

impl Tester {
    /// An issuer with so many customers.
    pub(crate) fn with(customers: usize) -> Self {
        Self::start(IssuerOptions::default(), customers)
    }

    pub(crate) fn start(options: IssuerOptions, customers: usize) -> Self {
        let issuer = Issuer::start(options).expect("a port");
        issuer.act(|program| program.fill(Fill::of(customers)));
        let token = String::new();
        let mut tester = Self { issuer, token };
        tester.token = tester.new_token();
        tester
    }

    pub(crate) fn new_token(&self) -> String {
        let name = self.issuer.act(|program| program.spec.name.clone());
        let keys = self.issuer.credentials(&name).expect("the program");
        let body = json!({ "api_key": keys.api_key, "api_secret": keys.api_secret });
        let url = format!("{}/v1/auth/token", self.issuer.url());
        let answer = Answer::of(http().post(url).body(body.to_string()).send().expect("an answer"));
        answer.body["access_token"].as_str().expect("a token").to_owned()
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().expect("a method");
        let url = format!("{}{path}", self.issuer.url());
        http().request(method, url).bearer_auth(&self.token)
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path);
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        Answer::of(request.send().expect("an answer"))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &Value::Null)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body)
    }

    /// What comes of a request that may not get an answer.
    pub(crate) fn try_get(&self, path: &str) -> Result<Answer, String> {
        let response = self.request("GET", path).send().map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().map_err(|error| error.to_string())?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, body, text, headers })
    }

    /// A customer with a wallet and one card that works.
    pub(crate) fn spender(&self) -> String {
        self.issuer.act(|program| {
            let works = |card: &&card_gateway_sandbox::issuer::Card| card.status() == "active";
            let found = program.customers().find(|customer| {
                customer.wallet.is_some()
                    && customer.cards.len() == 1
                    && customer.cards.iter().filter(works).count() == 1
            });
            found.expect("there is one").yativo_card_id.clone()
        })
    }
}
