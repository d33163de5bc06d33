//! The series of calls.

/// A step: what is called, or what happens at the issuer in between.
pub(super) enum Step {
    /// Method, path, body and the expected status. `$name` stands for a name of this side;
    /// names of the answer are kept: `(name, JSON pointer)`.
    Call(&'static str, &'static str, &'static str, u16, &'static [(&'static str, &'static str)]),
    /// The identity check of a customer ends well.
    Approve(&'static str),
    /// Time passes.
    Later(u64),
}

use Step::{Approve, Call, Later};

/// The series, in its order. Routes without a documented failure fail without a token: each
/// route is called like that too.
#[rustfmt::skip]
pub(super) const STEPS: &[Step] = &[
    // The program.
    Call("GET", "/v1/card-issuer/eligibility", "", 200, &[]),
    Call("POST", "/v1/card-issuer/apply", r#"{"funding_structure":"master_wallet"}"#, 409, &[]),
    Call("POST", "/v1/card-issuer/apply", "{}", 409, &[]),
    Call("GET", "/v1/card-issuer/status", "", 200, &[]),
    Call("PUT", "/v1/card-issuer/pse-customization", r#"{"custom_css":"body{color:red}"}"#, 200, &[]),
    Call("PUT", "/v1/card-issuer/pse-customization", "{}", 400, &[]),
    Call("GET", "/v1/card-issuer/pse-customization", "", 200, &[]),
    // The master wallet.
    Call("GET", "/v1/card-issuer/master-wallets", "", 200, &[]),
    Call("GET", "/v1/card-issuer/funding-addresses", "", 200, &[]),
    Call("GET", "/v1/card-issuer/funding-addresses?customer_id=nobody", "", 404, &[]),
    Call("GET", "/v1/card-issuer/deposits?limit=5&status=awaiting_manual", "", 200, &[("deposit", "/data/deposits/0/id")]),
    Call("POST", "/v1/card-issuer/deposits/$deposit/fund", r#"{"destination_token":"EUR"}"#, 200, &[]),
    Call("POST", "/v1/card-issuer/deposits/none/fund", "{}", 404, &[]),
    // A new customer.
    Call("POST", "/v1/yativo-card/customers/onboard", r#"{"email":"nobody"}"#, 400, &[]),
    Call("POST", "/v1/yativo-card/customers/onboard", r#"{"email":"mira@example.com","external_customer_id":"usr_new"}"#, 201, &[("new", "/data/yativo_card_id"), ("id", "/data/customer_id")]),
    Call("POST", "/v1/yativo-card/customers/$new/resend-otp", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/nobody/resend-otp", "", 404, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/verify-otp", r#"{"otp":"000000"}"#, 400, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/verify-otp", r#"{"otp":"123456"}"#, 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/resume", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/nobody/resume", "", 404, &[]),
    Call("GET", "/v1/yativo-card/customers/$new/progress", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/nobody/progress", "", 404, &[]),
    Call("GET", "/v1/yativo-card/customers/$new/kyc-link", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/$new/kyc-link?refresh=true", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/nobody/kyc-link", "", 404, &[]),
    Approve("new"),
    Call("GET", "/v1/yativo-card/customers/$new/kyc-status", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/nobody/kyc-status", "", 404, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/cards/virtual", "{}", 400, &[]),
    Call("POST", "/v1/yativo-card/$new/terms", "", 200, &[]),
    Call("POST", "/v1/yativo-card/nobody/terms", "", 404, &[]),
    Call("GET", "/v1/yativo-card/customers/$new/source-of-funds?locale=en", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/nobody/source-of-funds", "", 404, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/source-of-funds", r#"{"answers":[]}"#, 400, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/source-of-funds", r#"{"answers":[{"question":"occupation","answer":"employed"},{"question":"expected_monthly_volume","answer":"0-500"}]}"#, 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/phone/request-verification", r#"{"phoneNumber":"12"}"#, 400, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/phone/request-verification", r#"{"phoneNumber":"+436641234567"}"#, 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/phone/verify", r#"{"code":"000000"}"#, 400, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/phone/verify", r#"{"code":"123456"}"#, 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/safe/deploy", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/nobody/safe/deploy", "", 404, &[]),
    Later(600),
    Call("POST", "/v1/yativo-card/customers/$new/safe/deploy", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/cards/virtual", "{}", 201, &[("card", "/data/card_id")]),
    Call("GET", "/v1/yativo-card/customers/$new/profile", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/nobody/profile", "", 404, &[]),
    // The card.
    Call("POST", "/v1/yativo-card/customers/$new/cards/$card/freeze", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/cards/none/freeze", "", 404, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/cards/$card/unfreeze", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/cards/none/unfreeze", "", 404, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/cards/$card/view-token", "{}", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/$new/wallet", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/nobody/wallet", "", 404, &[]),
    Call("GET", "/v1/yativo-card/customers/$new/wallet/funding-address", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/$early/wallet/funding-address", "", 400, &[]),
    Call("GET", "/v1/yativo-card/customers/$new/wallet/limits", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/nobody/wallet/limits", "", 404, &[]),
    Call("PUT", "/v1/yativo-card/customers/$new/wallet/limits", r#"{"dailyLimit":-1}"#, 400, &[]),
    Call("PUT", "/v1/yativo-card/customers/$new/wallet/limits", r#"{"dailyLimit":250.5}"#, 200, &[]),
    Call("PATCH", "/v1/yativo-card/customers/$new/card-limits", r#"{"max_virtual":99}"#, 400, &[]),
    Call("PATCH", "/v1/yativo-card/customers/$new/card-limits", r#"{"max_virtual":2}"#, 200, &[]),
    // Spending.
    Call("GET", "/v1/yativo-card/customers/$spender/transactions?limit=2&offset=0", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/$spender/transactions?from_date=nonsense", "", 400, &[]),
    Call("GET", "/v1/yativo-card/customers/$spender/cards/$spending/transactions?limit=2", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/$spender/cards/none/transactions", "", 404, &[]),
    Call("GET", "/v1/yativo-card/$spender/transactions/dispute-reasons", "", 200, &[]),
    Call("GET", "/v1/yativo-card/nobody/transactions/dispute-reasons", "", 404, &[]),
    Call("POST", "/v1/yativo-card/customers/$spender/transactions/$spent/dispute", r#"{"reason_code":"duplicate","description":"twice"}"#, 201, &[]),
    Call("POST", "/v1/yativo-card/customers/$spender/transactions/none/dispute", "{}", 404, &[]),
    // What is answered here.
    Call("GET", "/v1/card-issuer/customers?limit=100", "", 200, &[]),
    Call("GET", "/v1/card-issuer/customers?limit=3&page=2&include_balances=false", "", 200, &[]),
    Call("GET", "/v1/card-issuer/customers/aggregate-balances", "", 200, &[]),
    Call("GET", "/v1/card-issuer/customers/$holder", "", 200, &[]),
    Call("GET", "/v1/card-issuer/customers/nobody", "", 404, &[]),
    Call("GET", "/v1/card-issuer/lookup-customer?yativo_card_id=$holder", "", 200, &[]),
    Call("GET", "/v1/card-issuer/lookup-customer", "", 400, &[]),
    Call("GET", "/v1/card-issuer/lookup-customer?email=nobody@example.com", "", 404, &[]),
    Call("GET", "/v1/card-issuer/card-transactions?customer_id=$new", "", 200, &[]),
    Call("GET", "/v1/card-issuer/customers/$new/card-transactions", "", 200, &[]),
    Call("GET", "/v1/card-issuer/customers/nobody/card-transactions", "", 404, &[]),
    Call("GET", "/v1/yativo-card/customers/$holder/cards", "", 200, &[]),
    Call("GET", "/v1/yativo-card/customers/nobody/cards", "", 404, &[]),
    Call("GET", "/v1/yativo-card/customers/cards?limit=5", "", 200, &[]),
    // Money.
    Call("POST", "/v1/card-issuer/fund-customer", r#"{"yativo_card_id":"$new","amount":25,"source_chain":"SOL"}"#, 200, &[("transfer", "/data/transfer_id")]),
    Call("POST", "/v1/card-issuer/fund-customer", r#"{"yativo_card_id":"nobody","amount":25,"source_chain":"SOL"}"#, 404, &[]),
    Call("GET", "/v1/card-issuer/transfers?limit=5", "", 200, &[]),
    Call("GET", "/v1/card-issuer/transfers?customer_id=nobody", "", 404, &[]),
    Call("GET", "/v1/card-issuer/funding-history", "", 200, &[]),
    Call("GET", "/v1/card-issuer/transfers/$transfer", "", 200, &[]),
    Call("GET", "/v1/card-issuer/transfers/none", "", 404, &[]),
    Call("GET", "/v1/card-issuer/customers/$new/transfers?status=completed", "", 200, &[]),
    Call("GET", "/v1/card-issuer/customers/nobody/transfers", "", 404, &[]),
    Call("POST", "/v1/card-issuer/withdraw-from-card", r#"{"id":"$new","amount":1}"#, 200, &[]),
    Call("POST", "/v1/card-issuer/withdraw-from-card", r#"{"id":"nobody","amount":1}"#, 404, &[]),
    Call("POST", "/v1/card-issuer/master-wallets/swap", r#"{"from_token":"USDC","to_token":"EUR","amount":10}"#, 200, &[]),
    Call("POST", "/v1/card-issuer/master-wallets/swap", r#"{"from_token":"USDC","to_token":"DOGE","amount":10}"#, 400, &[]),
    // For good.
    Call("POST", "/v1/yativo-card/customers/$holder/cards/$held/void", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$holder/cards/$held/void", "", 422, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/cards/$card/lost", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$new/cards/$card/lost", "", 409, &[]),
    Call("POST", "/v1/yativo-card/customers/$spender/cards/$spending/stolen", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$spender/cards/$spending/stolen", "", 409, &[]),
    Call("DELETE", "/v1/card-issuer/customers/$new", "", 400, &[]),
    Call("DELETE", "/v1/card-issuer/customers/$early", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$checked/reset", "", 200, &[]),
    Call("POST", "/v1/yativo-card/customers/$checked/reset", "", 404, &[]),
];

/// Routes that other parts of the gateway answer, and do not yet.
pub(super) const NOT_YET: &[&str] = &[
    "POST /v1/card-issuer/master-wallets/swap",
    "GET /v1/card-issuer/customers/aggregate-balances",
    "GET /v1/card-issuer/lookup-customer",
    "GET /v1/card-issuer/card-transactions",
    "POST /v1/card-issuer/fund-customer",
    "POST /v1/card-issuer/withdraw-from-card",
    "GET /v1/yativo-card/customers/{yativoCardId}/cards",
    "GET /v1/yativo-card/customers/cards",
    "POST /v1/auth/token",
];
