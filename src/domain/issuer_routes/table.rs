//! The routes of the issuer's API, one row a route.

use super::route::Kind::{Forwarded, Optional, Payment, Refreshed, Refused, Stored, Token};
use super::route::Method::{Delete, Get, Patch, Post, Put};
use super::route::ReadAgain::{Added, Named, Removed};
use super::route::Route;
use crate::domain::scope::Scope::{Money, Program, Read, Write};

const PAGES: &[&str] = &["page", "limit", "status"];
/// Balances of the program change with each payment.
const SECONDS: u64 = 5;
/// Lists that hardly ever change.
const MINUTES: u64 = 10 * 60;
/// A style sheet of 51,200 characters, each of which can be an escape in JSON.
const STYLE: usize = 256 << 10;

const STAFF: &str = "This route is for the issuer's staff";
const WEBHOOKS: &str = "Webhook subscriptions belong to the gateway; its operator manages them";
const CARD_PAGE: &str =
    "This gateway hands out no addresses of pages that show a card's number, code and PIN";

/// All routes.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    // The program.
    Route::new(Get, "/v1/card-issuer/eligibility", Forwarded, Read, "Whether the account may apply for a card program"),
    Route::new(Post, "/v1/card-issuer/apply", Forwarded, Program, "Apply for a card program"),
    Route::new(Get, "/v1/card-issuer/status", Forwarded, Read, "The program's state, limits, wallets and counters").cached(SECONDS),
    Route::new(Get, "/v1/card-issuer/pse-customization", Forwarded, Program, "Show the style of the hosted card page"),
    Route::new(Put, "/v1/card-issuer/pse-customization", Forwarded, Program, "Change the style of the hosted card page").body_limit(STYLE),
    Route::new(Patch, "/v1/card-issuer/admin/{programId}/card-limits", Refused(STAFF), Program, "Change how many cards a program's customers may have"),
    // The master wallet.
    Route::new(Get, "/v1/card-issuer/master-wallets", Forwarded, Money, "Balances and deposit addresses of the master wallet").cached(SECONDS),
    Route::new(Post, "/v1/card-issuer/master-wallets/swap", Payment, Money, "Exchange currencies in the master wallet"),
    Route::new(Get, "/v1/card-issuer/funding-addresses", Forwarded, Read, "Addresses that take USDC").query(&["customer_id"]),
    Route::new(Get, "/v1/card-issuer/deposits", Forwarded, Read, "List the deposits into the program").query(&["page", "limit", "status", "chain"]),
    Route::new(Post, "/v1/card-issuer/deposits/{depositId}/fund", Forwarded, Money, "Settle a deposit by hand"),
    // Customers.
    Route::new(Get, "/v1/card-issuer/customers", Stored, Read, "List customers"),
    Route::new(Get, "/v1/card-issuer/customers/aggregate-balances", Stored, Read, "Sums of the customers' balances by currency"),
    Route::new(Get, "/v1/card-issuer/customers/{customerId}", Stored, Read, "Show a customer"),
    Route::new(Get, "/v1/card-issuer/lookup-customer", Stored, Read, "Look a customer up by any name"),
    Route::new(Delete, "/v1/card-issuer/customers/{customerId}", Refreshed(Removed), Write, "Remove a customer who has no card yet"),
    // Card transactions.
    Route::new(Get, "/v1/card-issuer/card-transactions", Stored, Read, "List the card transactions of all customers"),
    Route::new(Get, "/v1/card-issuer/customers/{customerId}/card-transactions", Stored, Read, "List a customer's card transactions"),
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/transactions", Forwarded, Read, "List a customer's card transactions in the issuer's other shape").query(&["limit", "offset", "status", "from_date", "to_date"]),
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/transactions", Forwarded, Read, "List a card's transactions").query(&["limit"]),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/transactions/{transactionId}/dispute", Forwarded, Write, "Dispute a transaction"),
    Route::new(Get, "/v1/yativo-card/{yativoCardId}/transactions/dispute-reasons", Forwarded, Read, "List the reasons for a dispute").cached(MINUTES),
    // Money.
    Route::new(Get, "/v1/card-issuer/transfers", Forwarded, Read, "List transfers from the master wallet to cards").query(&["page", "limit", "status", "customer_id", "chain"]),
    Route::new(Get, "/v1/card-issuer/funding-history", Forwarded, Read, "The same list under another name").query(&["page", "limit", "status", "customer_id", "chain"]),
    Route::new(Get, "/v1/card-issuer/transfers/{transferId}", Forwarded, Read, "Show a transfer"),
    Route::new(Get, "/v1/card-issuer/customers/{customerId}/transfers", Forwarded, Read, "List a customer's transfers").query(PAGES),
    Route::new(Post, "/v1/card-issuer/fund-customer", Payment, Money, "Pay from the master wallet to a customer's card"),
    Route::new(Post, "/v1/card-issuer/withdraw-from-card", Payment, Money, "Pay from a card back to the master wallet"),
    // Onboarding.
    Route::new(Post, "/v1/yativo-card/customers/onboard", Refreshed(Added), Write, "Add a customer"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/verify-otp", Refreshed(Named), Write, "Check the code from the customer's e-mail"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/resend-otp", Forwarded, Write, "Send the e-mail with the code again"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/resume", Refreshed(Named), Write, "Continue with the next step"),
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/progress", Forwarded, Read, "How far the onboarding has come"),
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/kyc-link", Forwarded, Write, "The address of the hosted identity check").query(&["refresh"]),
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/kyc-status", Refreshed(Named), Read, "The state of the identity check"),
    Route::new(Post, "/v1/yativo-card/{yativoCardId}/terms", Refreshed(Named), Write, "Accept the terms"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/safe/deploy", Refreshed(Named), Write, "Bring the record of the wallet up to date"),
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/source-of-funds", Forwarded, Read, "Questions about the source of funds").query(&["locale"]),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/source-of-funds", Refreshed(Named), Write, "Answer the questions about the source of funds"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/phone/request-verification", Forwarded, Write, "Send a code to a phone number"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/phone/verify", Refreshed(Named), Write, "Check the code from the phone"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/reset", Refreshed(Removed), Write, "Remove a customer who has not finished the onboarding"),
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/profile", Forwarded, Read, "Show a customer's profile"),
    // Cards.
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/cards/virtual", Refreshed(Named), Write, "Create a virtual card"),
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/cards", Stored, Read, "List a customer's cards"),
    Route::new(Get, "/v1/yativo-card/customers/cards", Stored, Read, "List the cards of all customers"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/freeze", Refreshed(Named), Write, "Freeze a card"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/unfreeze", Refreshed(Named), Write, "Unfreeze a card"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/void", Refreshed(Named), Write, "Close a virtual card for good"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/lost", Refreshed(Named), Write, "Report a card lost, for good"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/stolen", Refreshed(Named), Write, "Report a card stolen, for good"),
    Route::new(Post, "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/view-token", Optional(CARD_PAGE), Write, "The address of the hosted page with the card's number, code and PIN"),
    // The customer's wallet.
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/wallet", Forwarded, Read, "Show a customer's wallet with its address and limits"),
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/wallet/funding-address", Forwarded, Read, "Where the customer pays in"),
    Route::new(Get, "/v1/yativo-card/customers/{yativoCardId}/wallet/limits", Forwarded, Read, "Show a customer's spending limits"),
    Route::new(Put, "/v1/yativo-card/customers/{yativoCardId}/wallet/limits", Forwarded, Write, "Change a customer's daily spending limit"),
    Route::new(Patch, "/v1/yativo-card/customers/{yativoCardId}/card-limits", Forwarded, Write, "Change how many cards a customer may have"),
    // Tokens.
    Route::new(Post, "/v1/auth/token", Token, Read, "Exchange a key pair for a token"),
    // Webhooks.
    Route::new(Post, "/v1/webhook/create-webhook", Refused(WEBHOOKS), Program, "Subscribe to webhooks"),
    Route::new(Get, "/v1/yativo-card/webhooks", Refused(WEBHOOKS), Program, "List subscriptions to webhooks"),
    Route::new(Post, "/v1/yativo-card/webhooks", Refused(WEBHOOKS), Program, "Subscribe to webhooks"),
    Route::new(Get, "/v1/yativo-card/webhooks/{webhookId}", Refused(WEBHOOKS), Program, "Show a subscription"),
    Route::new(Put, "/v1/yativo-card/webhooks/{webhookId}", Refused(WEBHOOKS), Program, "Change a subscription"),
    Route::new(Delete, "/v1/yativo-card/webhooks/{webhookId}", Refused(WEBHOOKS), Program, "Remove a subscription"),
    Route::new(Post, "/v1/yativo-card/webhooks/{webhookId}/rotate-secret", Refused(WEBHOOKS), Program, "Change the secret of a subscription"),
    Route::new(Get, "/v1/yativo-card/webhooks/{webhookId}/deliveries", Refused(WEBHOOKS), Program, "List deliveries of a subscription"),
    Route::new(Get, "/v1/yativo-card/webhooks/deliveries/all", Refused(WEBHOOKS), Program, "List deliveries of all subscriptions"),
    Route::new(Get, "/v1/yativo-card/webhooks/deliveries/{deliveryId}", Refused(WEBHOOKS), Program, "Show a delivery"),
    Route::new(Post, "/v1/yativo-card/webhooks/deliveries/{deliveryId}/retry", Refused(WEBHOOKS), Program, "Send a delivery again"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::issuer_routes::Kind;

    #[test]
    fn no_route_is_stated_twice_and_each_says_what_it_is() {
        let keys: BTreeSet<_> = ROUTES.iter().map(|route| (route.path, route.method)).collect();
        assert_eq!(keys.len(), ROUTES.len());
        for route in ROUTES {
            assert!(route.path.starts_with("/v1/") && route.summary.len() > 5, "{route:?}");
            assert!(route.cached_seconds == 0 || route.is_read(), "{route:?}");
        }
    }

    #[test]
    fn a_customer_who_is_read_again_is_in_the_path() {
        for route in ROUTES {
            if let Kind::Refreshed(whom) = route.kind {
                assert_eq!(route.customer().is_none(), whom == Added, "{route:?}");
                assert_eq!(route.cached_seconds, 0, "{route:?}");
            }
        }
    }

    #[test]
    fn what_changes_something_needs_more_than_reading() {
        let changes = ROUTES.iter().filter(|route| !route.is_read() && route.is_forwarded());
        for route in changes {
            assert_ne!(route.scope, Read, "{route:?}");
        }
    }
}
