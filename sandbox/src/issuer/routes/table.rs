//! One row a route.

use super::route::Handler::{self, Open, Program};
use super::route::Route;
use super::{
    auth, cards, customers, master, money, onboarding, program, transactions, wallet, webhooks,
};
use crate::issuer::reply::ErrorShape::{self, Card, Customer, Sentence};

const fn row(
    method: &'static str,
    path: &'static str,
    section: &'static str,
    errors: ErrorShape,
    handler: Handler,
) -> Route {
    Route { method, path, section, errors, handler }
}

/// All routes: method, path, section, shape of failures, handler.
#[rustfmt::skip]
pub const ALL: &[Route] = &[
    // The program.
    row("GET", "/v1/card-issuer/eligibility", "1.3", Card, Program(program::eligibility)),
    row("POST", "/v1/card-issuer/apply", "1.3", Card, Program(program::apply)),
    row("GET", "/v1/card-issuer/status", "1.3", Card, Program(program::status)),
    row("GET", "/v1/card-issuer/pse-customization", "1.8", Card, Program(program::customization)),
    row("PUT", "/v1/card-issuer/pse-customization", "1.8", Card, Program(program::customize)),
    row("PATCH", "/v1/card-issuer/admin/{programId}/card-limits", "1.8", Card, Program(program::admin_card_limits)),
    // The master wallet.
    row("GET", "/v1/card-issuer/master-wallets", "1.3", Card, Program(master::wallets)),
    row("POST", "/v1/card-issuer/master-wallets/swap", "1.3", Card, Program(master::swap)),
    row("GET", "/v1/card-issuer/funding-addresses", "1.3", Card, Program(master::funding_addresses)),
    row("GET", "/v1/card-issuer/deposits", "1.3", Card, Program(master::deposits)),
    row("POST", "/v1/card-issuer/deposits/{depositId}/fund", "1.3", Card, Program(master::fund_deposit)),
    // Customers.
    row("GET", "/v1/card-issuer/customers", "1.4", Card, Program(customers::list)),
    row("GET", "/v1/card-issuer/customers/aggregate-balances", "1.4", Card, Program(customers::aggregate)),
    row("GET", "/v1/card-issuer/customers/{customerId}", "1.4", Card, Program(customers::one)),
    row("GET", "/v1/card-issuer/lookup-customer", "1.4", Card, Program(customers::look_up)),
    row("DELETE", "/v1/card-issuer/customers/{yativoCardId}", "1.4", Card, Program(customers::delete)),
    // Card transactions.
    row("GET", "/v1/card-issuer/card-transactions", "1.5", Card, Program(transactions::of_all)),
    row("GET", "/v1/card-issuer/customers/{customerId}/card-transactions", "1.5", Card, Program(transactions::of_one)),
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/transactions", "1.5", Customer, Program(transactions::of_customer)),
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/transactions", "1.5", Customer, Program(transactions::of_card)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/transactions/{transactionId}/dispute", "1.8", Customer, Program(transactions::dispute)),
    row("GET", "/v1/yativo-card/{yativoCardId}/transactions/dispute-reasons", "1.1", Customer, Program(transactions::dispute_reasons)),
    // Money.
    row("GET", "/v1/card-issuer/transfers", "1.6", Card, Program(money::transfers)),
    row("GET", "/v1/card-issuer/funding-history", "1.6", Card, Program(money::transfers)),
    row("GET", "/v1/card-issuer/transfers/{transferId}", "1.6", Card, Program(money::transfer)),
    row("GET", "/v1/card-issuer/customers/{customerId}/transfers", "1.6", Card, Program(money::transfers_of_one)),
    row("POST", "/v1/card-issuer/fund-customer", "1.6", Card, Program(money::fund)),
    row("POST", "/v1/card-issuer/withdraw-from-card", "1.6", Card, Program(money::withdraw)),
    // Onboarding.
    row("POST", "/v1/yativo-card/customers/onboard", "1.7", Customer, Program(onboarding::onboard)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/verify-otp", "1.7", Customer, Program(onboarding::verify_otp)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/resend-otp", "1.7", Customer, Program(onboarding::resend_otp)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/resume", "1.7", Customer, Program(onboarding::resume)),
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/progress", "1.7", Customer, Program(onboarding::progress)),
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/kyc-link", "1.7", Customer, Program(onboarding::kyc_link)),
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/kyc-status", "1.7", Customer, Program(onboarding::kyc_status)),
    row("POST", "/v1/yativo-card/{yativoCardId}/terms", "1.7", Customer, Program(onboarding::terms)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/safe/deploy", "1.7", Customer, Program(onboarding::deploy)),
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/source-of-funds", "1.7", Customer, Program(onboarding::questions)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/source-of-funds", "1.7", Customer, Program(onboarding::answers)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/phone/request-verification", "1.7", Customer, Program(onboarding::request_phone)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/phone/verify", "1.7", Customer, Program(onboarding::verify_phone)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/reset", "1.7", Customer, Program(onboarding::reset)),
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/profile", "1.1", Customer, Program(onboarding::profile)),
    // Cards.
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/cards/virtual", "1.8", Customer, Program(cards::create)),
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/cards", "1.4", Customer, Program(cards::of_one)),
    row("GET", "/v1/yativo-card/customers/cards", "1.4", Customer, Program(cards::of_all)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/freeze", "1.8", Customer, Program(cards::freeze)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/unfreeze", "1.8", Customer, Program(cards::unfreeze)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/void", "1.8", Customer, Program(cards::void)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/lost", "1.8", Customer, Program(cards::lost)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/stolen", "1.8", Customer, Program(cards::stolen)),
    row("POST", "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/view-token", "1.8", Customer, Program(cards::view_token)),
    // The customer's wallet.
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/wallet", "1.8", Customer, Program(wallet::wallet)),
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/wallet/funding-address", "1.8", Customer, Program(wallet::funding_address)),
    row("GET", "/v1/yativo-card/customers/{yativoCardId}/wallet/limits", "1.8", Customer, Program(wallet::limits)),
    row("PUT", "/v1/yativo-card/customers/{yativoCardId}/wallet/limits", "1.8", Customer, Program(wallet::set_limit)),
    row("PATCH", "/v1/yativo-card/customers/{yativoCardId}/card-limits", "1.8", Customer, Program(wallet::set_card_limits)),
    // Tokens. All but the first are named by one page or an older one.
    row("POST", "/v1/auth/token", "3", Sentence, Open(auth::token)),
    row("POST", "/v1/apikey/token", "3", Sentence, Open(auth::token)),
    row("GET", "/v1/authentication/refresh-token", "3", Sentence, Open(auth::refresh)),
    row("POST", "/v1/auth/refresh-token", "3", Sentence, Open(auth::refresh)),
    // Webhooks. The first has two other paths.
    row("POST", "/v1/webhook/create-webhook", "2.3", Customer, Program(webhooks::create)),
    row("POST", "/v1/yativo-card/webhooks", "2.3", Customer, Program(webhooks::create)),
    row("POST", "/v1/webhooks/create", "2.3", Customer, Program(webhooks::create)),
    row("GET", "/v1/yativo-card/webhooks", "2.3", Customer, Program(webhooks::list)),
    row("GET", "/v1/webhooks", "2.3", Customer, Program(webhooks::list)),
    row("GET", "/v1/webhook/get-webhooks", "2.3", Customer, Program(webhooks::list)),
    row("GET", "/v1/yativo-card/webhooks/{webhookId}", "2.3", Customer, Program(webhooks::one)),
    row("PUT", "/v1/yativo-card/webhooks/{webhookId}", "2.3", Customer, Program(webhooks::update)),
    row("DELETE", "/v1/yativo-card/webhooks/{webhookId}", "2.3", Customer, Program(webhooks::delete)),
    row("POST", "/v1/yativo-card/webhooks/{webhookId}/rotate-secret", "2.3", Customer, Program(webhooks::rotate)),
    row("GET", "/v1/yativo-card/webhooks/{webhookId}/deliveries", "2.3", Customer, Program(webhooks::deliveries_of_one)),
    row("GET", "/v1/yativo-card/webhooks/deliveries/all", "2.3", Customer, Program(webhooks::deliveries_of_all)),
    row("GET", "/v1/yativo-card/webhooks/deliveries/{deliveryId}", "2.3", Customer, Program(webhooks::delivery)),
    row("POST", "/v1/yativo-card/webhooks/deliveries/{deliveryId}/retry", "2.3", Customer, Program(webhooks::retry)),
];
