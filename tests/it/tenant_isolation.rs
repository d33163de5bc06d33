//! Programs never see each other's rows, even with the same customers.

use serde_json::json;

use crate::clients;
use crate::support::watcher::Events;
use crate::support::{Database, Gateway, Line, on_both, transaction};

/// Everything about a customer that differs between the programs.
const FIELDS: &str = "id yativoCardId externalCustomerId email walletAddress ledgerBalance
    cards { cardId lastFour } cardsCount transactions { totalCount nodes { transactionId merchant } }";

/// Every field of every object that a client can ask for.
const EVERY_FIELD: &[(&str, &str)] = &[
    (
        "Query",
        "cardCustomers cardCustomer cardCustomerChanges cardTransactions cardCustomersSummary cardFunding node nodes sourceOfFundsQuestions",
    ),
    // What they show and change is in the tests of `mutations`.
    (
        "Mutation",
        "acceptTerms createVirtualCard freezeCard fundCardCustomer onboardCardCustomer reportCard requestKycLink \
         requestPhoneVerification resendCardCustomerOtp submitSourceOfFunds unfreezeCard \
         verifyCardCustomerOtp verifyPhone voidCard withdrawFromCard",
    ),
    ("AcceptTermsPayload", "cardCustomer clientMutationId"),
    ("CreateVirtualCardPayload", "card cardCustomer clientMutationId"),
    ("FreezeCardPayload", "card cardCustomer clientMutationId"),
    ("FundCardCustomerPayload", "cardCustomer cardFunding clientMutationId"),
    ("OnboardCardCustomerPayload", "cardCustomer clientMutationId"),
    ("ReportCardPayload", "card cardCustomer clientMutationId"),
    ("RequestKycLinkPayload", "cardCustomer clientMutationId kycUrl"),
    ("RequestPhoneVerificationPayload", "cardCustomer clientMutationId"),
    ("ResendCardCustomerOtpPayload", "cardCustomer clientMutationId"),
    ("SubmitSourceOfFundsPayload", "cardCustomer clientMutationId"),
    ("UnfreezeCardPayload", "card cardCustomer clientMutationId"),
    ("VerifyCardCustomerOtpPayload", "cardCustomer clientMutationId"),
    ("VerifyPhonePayload", "cardCustomer clientMutationId"),
    ("VoidCardPayload", "card cardCustomer clientMutationId"),
    ("WithdrawFromCardPayload", "cardCustomer cardFunding clientMutationId"),
    ("SourceOfFundsQuestions", "questions status"),
    ("SourceOfFundsQuestion", "label options question"),
    ("Subscription", "cardCustomerBalance cardCustomerChanges cardCustomersChanged"),
    // What they show is in the tests of `changes`.
    ("CardCustomerChangeConnection", "edges nodes pageInfo"),
    ("CardCustomerChangeEdge", "cursor node"),
    ("CardCustomerChange", "at cursor customer customerId kind"),
    ("CardCustomerConnection", "edges nodes pageInfo totalCount"),
    ("CardCustomerEdge", "cursor node"),
    ("CardCustomersSummary", "totalCount byStatus balances"),
    ("CardCustomersByStatus", "status count"),
    ("CardCustomersBalance", "currency ledger available pending realtimeCount onChainCount"),
    (
        "CardCustomer",
        "id yativoCardId externalCustomerId email flowStatus issuerFlowStatus step nextAction kycStatus safeDeployed \
         walletAddress currency ledgerBalance availableBalance pendingBalance balanceFreshness \
         balanceUpdatedAt cardsCount pinSet onboarding cards transactions fundings createdAt updatedAt",
    ),
    ("CardCustomerOnboarding", "completedSteps nextAction step"),
    (
        "Card",
        "id cardId lastFour cardType status isFrozen isLost isStolen isBlocked isVoid pinSet \
         activatedAt createdAt",
    ),
    ("CardFundingConnection", "edges nodes pageInfo totalCount"),
    ("CardFundingEdge", "cursor node"),
    (
        "CardFunding",
        "id customerId type status statusMessage amount currency sourceChain pricingMode issuerId issuerStatus \
         issuerCode sentAt endedAt createdAt",
    ),
    ("CardTransactionConnection", "edges nodes pageInfo totalCount"),
    ("CardTransactionEdge", "cursor node"),
    (
        "CardTransaction",
        "id transactionId customerId card cardId type amount currency billingAmount billingCurrency fxRate status merchant merchantCategory merchantCity \
         merchantCountry authorizedAt settledAt createdAt",
    ),
    ("PageInfo", "hasNextPage hasPreviousPage startCursor endCursor page perPage totalPages"),
];

/// Those of one object, to be selected.
fn of(object: &str) -> String {
    let (_, fields) = EVERY_FIELD.iter().find(|(name, _)| *name == object).expect("it is there");
    format!(" {fields}")
}

/// The same ids, e-mail addresses, names and cards in both programs; what differs are
/// four digits, the balance and the transactions. The second program has one customer more.
fn filled(database: &Database) -> (String, String, Gateway) {
    let line = |number: u32, secret: i64| {
        Line::new(number)
            .balance(secret, 0)
            .cards(&["active"])
            .with("external_customer_id", "usr_same")
    };
    let ours = database.program_with("ours", &[line(1, 111), line(2, 111)]);
    let theirs = database.program_with("theirs", &[line(1, 999), line(2, 999), line(3, 999)]);
    for (program, cents) in [("ours", 111), ("theirs", 999)] {
        let mut made = transaction(Line::new(1).id(), 1, cents);
        made.merchant = Some(format!("shop of {program}"));
        database.put_transactions(program, vec![made]);
    }
    (ours, theirs, database.serve())
}

on_both! {
    fn lists_totals_and_look_ups_show_only_the_callers_program(database) {
        let (ours, theirs, gateway) = filled(&database);
        for (token, count, balance, shop) in
            [(&ours, 2, "1.11", "shop of ours"), (&theirs, 3, "9.99", "shop of theirs")]
        {
            let query = format!("{{ cardCustomers {{ totalCount nodes {{ {FIELDS} }} }} }}");
            let list = gateway.query(token, &query).data()["cardCustomers"].take();
            assert_eq!(list["totalCount"], count);
            let nodes = list["nodes"].as_array().expect("a list");
            assert_eq!(nodes.len(), count);
            assert!(nodes.iter().all(|node| node["ledgerBalance"] == balance && node["cardsCount"] == 1));
            assert_eq!(nodes[count - 1]["transactions"]["nodes"][0]["merchant"], shop);
            let rest = gateway.get(token, "/v1/card-issuer/customers").json()["data"].take();
            assert_eq!(rest["total"], count);
            let path = "/v1/card-issuer/customers/000000000000000000000001/card-transactions";
            assert_eq!(gateway.get(token, path).json()["data"]["transactions"][0]["merchant"], shop);
        }
    }

    fn another_programs_customer_is_answered_like_an_unknown_one(database) {
        let (ours, _, gateway) = filled(&database);
        // Number 3 is only theirs; number 4 does not exist.
        let names = |number: u32| [
            format!("{number:024x}"),
            format!("yativo_card_customer_{number}"),
            format!("customer{number}@example.com"),
        ];
        for (theirs, nobodys) in names(3).iter().zip(names(4).iter()) {
            let query = |name: &str| format!("{{ cardCustomer(identifier: \"{name}\") {{ {FIELDS} }} }}");
            assert_eq!(gateway.query(&ours, &query(theirs)).data(), json!({ "cardCustomer": null }));
            assert_eq!(gateway.query(&ours, &query(theirs)).text, gateway.query(&ours, &query(nobodys)).text);
            for rest in ["", "/card-transactions"] {
                let path = |name: &str| format!("/v1/card-issuer/customers/{name}{rest}");
                let (one, other) = (gateway.get(&ours, &path(theirs)), gateway.get(&ours, &path(nobodys)));
                assert_eq!((one.status, &one.text), (404, &other.text));
            }
        }
    }

    fn a_client_and_its_tokens_show_only_its_program(database) {
        let (_, _, gateway) = filled(&database);
        let ours = clients::create(&database, "ours", &[]);
        let theirs = clients::create(&database, "theirs", &[]);
        for (pair, count, balance) in [(&ours, 2, "1.11"), (&theirs, 3, "9.99")] {
            let fetched = clients::token(&gateway, pair);
            let renewed = gateway.get(&fetched, "/v1/authentication/refresh-token").json();
            let renewed = renewed["access_token"].as_str().expect("a token").to_owned();
            let query = "{ cardCustomers { totalCount nodes { ledgerBalance } } }";
            let by_pair = |request| gateway.send(pair.on(request));
            let graphql = gateway.client().post(format!("{}/graphql", gateway.host));
            let list = gateway.client().get(format!("{}/v1/card-issuer/customers", gateway.host));
            let answers = [gateway.query(&fetched, query), gateway.query(&renewed, query), by_pair(graphql.json(&json!({ "query": query })))];
            for answer in answers {
                let list = answer.data()["cardCustomers"].take();
                assert_eq!(list["totalCount"], count);
                assert!(list["nodes"].as_array().expect("a list").iter().all(|node| node["ledgerBalance"] == balance));
            }
            for answer in [gateway.get(&fetched, "/v1/card-issuer/customers"), by_pair(list)] {
                assert_eq!(answer.json()["data"]["total"], count);
            }
        }
        // The key of one with the secret of the other is nobody's.
        let mixed = clients::Pair { secret: theirs.secret, ..ours };
        let request = gateway.client().get(format!("{}/v1/card-issuer/customers", gateway.host));
        assert_eq!(gateway.send(mixed.on(request)).status, 401);
    }

    fn a_cursor_of_another_program_is_refused(database) {
        let (ours, theirs, gateway) = filled(&database);
        let query = "{ cardCustomers(first: 1) { edges { cursor node { transactions { edges { cursor } } } } } }";
        let cursor = gateway.query(&theirs, query).data()["cardCustomers"]["edges"][0]["cursor"].take();
        let query = format!("{{ cardCustomers(after: {cursor}) {{ nodes {{ id }} }} }}");
        let answer = gateway.query(&ours, &query);
        assert_eq!(answer.code(), "BAD_USER_INPUT");
        assert!(answer.text.contains("after is a cursor of another list"), "{}", answer.text);
        // And of transactions, though the customer has the same identifier.
        let query = "{ cardCustomer(identifier: \"000000000000000000000001\") { transactions { edges { cursor } } } }";
        let cursor = gateway.query(&theirs, query).data()["cardCustomer"]["transactions"]["edges"][0]["cursor"].take();
        let query = format!("{{ cardCustomer(identifier: \"000000000000000000000001\") {{ transactions(after: {cursor}) {{ nodes {{ amount }} }} }} }}");
        assert_eq!(gateway.query(&ours, &query).code(), "BAD_USER_INPUT");
    }

    fn an_import_changes_only_its_program(database) {
        let (ours, theirs, gateway) = filled(&database);
        let all = "{ cardCustomers { totalCount nodes { FIELDS } } }".replace("FIELDS", FIELDS);
        let before = gateway.query(&theirs, &all).data();
        database.import("ours", &[Line::new(1).with("email", "new@example.com").balance(5, 5), Line::new(3)]);
        assert_eq!(gateway.query(&theirs, &all).data(), before);
        let mine = gateway.query(&ours, &all).data();
        assert_eq!(mine["cardCustomers"]["totalCount"], 3);
    }

    fn every_field_of_the_schema_shows_only_the_callers_program(database) {
        // Customers, cards and transactions of the same names in both programs;
        // every text, number and time that can differ does.
        let marks = [("ours", "11", "2026-01-11"), ("theirs", "99", "2026-09-09")];
        let mut tokens = Vec::new();
        for (program, mark, day) in marks {
            let (wallet, time) = (format!("0x{}", mark.repeat(20)), format!("{day}T{mark:0>2}:00:00.000Z").replace("T99", "T09"));
            let mut line = Line::new(1).with("email", format!("of{mark}@example.com")).with("external_customer_id", "usr_same")
                .with("wallet_address", wallet).with("created_at", time.clone())
                .with("balance", json!({ "ledger_minor": 0, "available_minor": 0, "pending_minor": 0, "updated_at": "2020-01-01T00:00:00Z" }));
            let minor: i64 = mark.repeat(3).parse().expect("a number");
            line.0["balance"] = json!({ "ledger_minor": 2 * minor, "available_minor": minor, "pending_minor": minor, "updated_at": time });
            line.0["cards"] = json!([{ "card_id": uuid::Uuid::from_u128(7), "last_four": mark.repeat(2), "card_type": "virtual", "status": "active", "activated_at": time, "created_at": time }]);
            tokens.push(database.program_with(program, &[line]));
            let mut made = transaction(Line::new(1).id(), 1, minor);
            made.merchant = Some(format!("shop {mark}"));
            made.merchant_city = Some(format!("city {mark}"));
            made.merchant_category = Some(mark.repeat(2));
            database.put_transactions(program, vec![made]);
        }
        let gateway = database.serve();
        let schema = gateway.query(&tokens[0], "{ __schema { types { kind name fields { name } } } }").data()["__schema"]["types"].take();
        let mut known: Vec<String> = EVERY_FIELD.iter().flat_map(|(of, fields)| fields.split_whitespace().map(move |field| format!("{of}.{field}"))).collect();
        let mut found: Vec<String> = schema.as_array().expect("a list").iter()
            .filter(|of| of["kind"] == "OBJECT" && !of["name"].as_str().expect("a name").starts_with("__"))
            .flat_map(|of| of["fields"].as_array().expect("a list").iter().map(|field| format!("{}.{}", of["name"].as_str().expect("a name"), field["name"].as_str().expect("a name"))).collect::<Vec<_>>())
            .collect();
        known.sort();
        found.sort();
        assert_eq!(found, known, "a field that is new must be looked at here");
        let node = of("CardCustomer").replace(" onboarding ", &format!(" onboarding {{ {} }} ", of("CardCustomerOnboarding"))).replace(" cards ", &format!(" cards {{ {} }} ", of("Card")))
            .replace(" fundings", &format!(" fundings {{ totalCount pageInfo {{ {} }} edges {{ cursor node {{ id }} }} nodes {{ {} }} }}", of("PageInfo"), of("CardFunding")))
            .replace(" transactions", &format!(" transactions {{ totalCount pageInfo {{ {} }} edges {{ cursor }} nodes {{ {} }} }}", of("PageInfo"), of("CardTransaction").replace(" card ", &format!(" card {{ {} }} ", of("Card")))));
        let list = format!("{{ cardCustomers(perPage: 1) {{ totalCount pageInfo {{ {} }} edges {{ cursor node {{ {node} }} }} nodes {{ {node} }} }} }}", of("PageInfo"));
        let one = format!("{{ cardCustomer(identifier: \"{}\") {{ {node} }} }}", Line::new(1).id());
        let summary = format!("{{ cardCustomersSummary {{ totalCount byStatus {{ {} }} balances {{ {} }} }} }}", of("CardCustomersByStatus"), of("CardCustomersBalance"));
        let id = Line::new(1).id().to_owned();
        let mut events = Vec::new();
        for (token, (_, mine, _), (_, theirs, _)) in [(&tokens[0], marks[0], marks[1]), (&tokens[1], marks[1], marks[0])] {
            let mut answers = vec![gateway.query(token, &list).text, gateway.query(token, &one).text, gateway.query(token, &summary).text];
            for path in [
                "/card-issuer/customers".to_owned(), format!("/card-issuer/customers/{id}"), "/card-issuer/customers/usr_same".to_owned(),
                format!("/card-issuer/customers/{id}/card-transactions"), "/card-issuer/lookup-customer?external_id=usr_same".to_owned(),
                format!("/card-issuer/lookup-customer?card_id={}", uuid::Uuid::from_u128(7)), "/card-issuer/card-transactions".to_owned(),
                "/card-issuer/customers/aggregate-balances".to_owned(), "/yativo-card/customers/cards".to_owned(), "/yativo-card/customers/usr_same/cards".to_owned(),
            ] {
                answers.push(gateway.get(token, &format!("/v1{path}")).text);
            }
            let watch = Events::open(&gateway, token, &format!("subscription {{ cardCustomerBalance(identifier: \"{id}\") {{ {node} }} }}"));
            answers.push(watch.next().to_string());
            events.push((watch, Events::open(&gateway, token, &format!("subscription {{ cardCustomersChanged {{ {node} }} }}")), token, mine, theirs));
            for answer in &answers {
                assert!(!answer.contains("errors"), "{answer}");
                let shown = |mark: &str| [format!("of{mark}@"), mark.repeat(10), format!("shop {mark}"), format!("{mark}.{mark}"), mark.repeat(2)].iter().any(|text| answer.contains(text));
                assert!(shown(mine) && !shown(theirs), "{answer}");
            }
        }
        // Both watch; what changes in one is seen in that one.
        database.import("ours", &[Line::new(1).with("email", "of11@new.example").with("external_customer_id", "usr_same")]);
        for (one, all, _, mine, theirs) in &events {
            if *mine == "11" {
                assert!(one.next().to_string().contains("of11@new.example") && all.next().to_string().contains("of11@new.example"));
            } else {
                assert!(one.nothing() && all.nothing(), "{mine} received a change of {theirs}");
            }
        }
    }

}
