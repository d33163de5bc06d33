//! The number of statements of queries, counted at the database.

use crate::support::builders::lines;
use crate::support::{Database, Gateway, Line, on_both, transaction};

const BALANCES: &str =
    "ledgerBalance availableBalance pendingBalance balanceFreshness balanceUpdatedAt";

/// A hundred customers with two cards and three transactions each.
fn filled(database: &Database) -> (String, Gateway) {
    let mut lines: Vec<Line> =
        lines(100).into_iter().map(|line| line.cards(&["active", "voided"])).collect();
    lines[90] = lines[90].clone().with("flow_status", "kyc_rejected");
    let token = database.program_with("acme", &lines);
    let transactions =
        lines.iter().flat_map(|line| (0..3).map(|at| transaction(line.id(), at, 100))).collect();
    database.put_transactions("acme", transactions);
    let gateway = database.serve();
    // The token is known from now on.
    gateway.query(&token, "{ __typename }").data();
    database.statements(&gateway);
    (token, gateway)
}

fn cost(database: &Database, gateway: &Gateway, token: &str, query: &str) -> Vec<String> {
    database.statements(gateway);
    gateway.query(token, query).data();
    database.statements(gateway)
}

on_both! {
    fn a_list_costs_one_statement_per_kind_of_row(database) {
        let (token, gateway) = filled(&database);
        for per_page in [1, 20, 100] {
            for (selection, statements) in [
                ("nodes { id email flowStatus step nextAction walletAddress createdAt }", 1),
                ("edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor }", 1),
                ("nodes { BALANCES }", 2),
                ("nodes { id a: ledgerBalance b: ledgerBalance } edges { node { BALANCES } }", 2),
                ("totalCount nodes { id }", 2),
                ("totalCount pageInfo { totalPages } again: totalCount", 2),
                ("nodes { cards { cardId lastFour } cardsCount }", 2),
                ("nodes { cardsCount }", 2),
                ("nodes { updatedAt }", 2),
                ("nodes { transactions(perPage: 2) { nodes { amount } } }", 2),
                ("nodes { transactions { totalCount nodes { amount } pageInfo { totalPages } } }", 3),
                ("totalCount nodes { BALANCES cards { cardId } cardsCount transactions { nodes { amount } } }", 5),
                ("nodes { id ledgerBalance @skip(if: true) ... @include(if: false) { cardsCount } }", 1),
            ] {
                let selection = selection.replace("BALANCES", BALANCES);
                let query = format!("{{ cardCustomers(perPage: {per_page}) {{ {selection} }} }}");
                let asked = cost(&database, &gateway, &token, &query);
                assert_eq!(asked.len(), statements, "{query}\n{asked:#?}");
            }
        }
    }

    fn a_list_by_stage_is_one_statement(database) {
        let (token, gateway) = filled(&database);
        for stage in ["ACTIVE", "KYC_INITIATED", "OTP_REQUESTED"] {
            for arguments in ["first: 20", "perPage: 20", "page: 2, perPage: 20"] {
                let query = format!("{{ cardCustomers(status: {stage}, {arguments}) {{ nodes {{ id }} }} }}");
                let asked = cost(&database, &gateway, &token, &query);
                assert_eq!(asked.len(), 1, "{query}\n{asked:#?}");
            }
        }
    }

    fn every_order_is_one_statement(database) {
        let (token, gateway) = filled(&database);
        for order in ["CREATED_AT_ASC", "UPDATED_AT_DESC", "UPDATED_AT_ASC", "EMAIL_ASC"] {
            for arguments in ["first: 20", "last: 20", "page: 2, perPage: 20"] {
                // A list in the order of changes knows their times.
                let field = if order.starts_with("UPDATED") { "updatedAt" } else { "createdAt" };
                let query = format!("{{ cardCustomers(orderBy: {order}, {arguments}) {{ nodes {{ id {field} }} edges {{ cursor }} }} }}");
                let asked = cost(&database, &gateway, &token, &query);
                assert_eq!(asked.len(), 1, "{query}\n{asked:#?}");
            }
        }
    }

    fn a_field_that_is_not_selected_reads_no_row(database) {
        let (token, gateway) = filled(&database);
        let asked = cost(&database, &gateway, &token, "{ cardCustomers { nodes { id } } }");
        let elsewhere = ["wallet_balances", "cards", "card_transactions", "customer_updates", "COUNT"];
        for sql in &asked {
            let mut words = sql.split(|at: char| !at.is_alphanumeric() && at != '_');
            assert!(!words.any(|word| elsewhere.contains(&word)), "{sql}");
        }
    }

    fn all_look_ups_of_a_request_are_one_statement(database) {
        let (token, gateway) = filled(&database);
        let query = "{ a: cardCustomer(identifier: \"usr_1\") { id cardsCount ledgerBalance }
            b: cardCustomer(identifier: \"CUSTOMER2@example.com\") { id cardsCount ledgerBalance }
            c: cardCustomer(identifier: \"000000000000000000000003\") { id cardsCount ledgerBalance }
            d: cardCustomer(identifier: \"yativo_card_customer_4\") { id cardsCount ledgerBalance }
            e: cardCustomer(identifier: \"nobody\") { id cardsCount ledgerBalance } }";
        let asked = cost(&database, &gateway, &token, query);
        assert_eq!(asked.len(), 1, "balances and cards are loaded in the same statement: {asked:#?}");
        let data = gateway.query(&token, query).data();
        for (alias, number) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
            assert_eq!(data[alias]["id"], format!("{number:024x}"), "{data}");
        }
        assert!(data["e"].is_null());
    }

    fn several_root_fields_cost_at_most_one_statement_each_per_kind_of_row(database) {
        let (token, gateway) = filled(&database);
        let list = |page: u32| format!("l{page}: cardCustomers(page: {page}, perPage: 5) {{ nodes {{ BALANCES cardsCount transactions {{ totalCount nodes {{ amount }} }} }} edges {{ node {{ cards {{ cardId }} }} }} }}");
        let lists: Vec<String> = (1..=8).map(list).collect();
        let query = format!("{{ {} one: cardCustomer(identifier: \"usr_9\") {{ BALANCES cards {{ cardId }} }} }}", lists.join(" "));
        let query = query.replace("BALANCES", BALANCES);
        for _ in 0..5 {
            let asked = cost(&database, &gateway, &token, &query);
            // A look-up loads its holdings in the same statement.
            let about = |table: &str| asked.iter().filter(|sql| sql.contains(table) && !sql.contains("card_customers")).count();
            assert_eq!((about("wallet_balances"), about("FROM cards")), (8, 8), "{asked:#?}");
            assert_eq!(about("card_transactions"), 2 * 8, "a part of each list, and the totals: {asked:#?}");
            assert_eq!(asked.len(), 8 + 8 + 8 + 2 * 8 + 1, "{asked:#?}");
        }
    }

    fn each_root_field_loads_its_own_customers_only(database) {
        let token = database.program_with("acme", &lines(800));
        let gateway = database.serve_with(&[
            ("CARD_GATEWAY__LIMITS__COMPLEXITY", "1000000"),
            ("CARD_GATEWAY__LIMITS__RATE_BURST", "1000000"),
        ]);
        let root = |page: u32| format!("a{page}: cardCustomers(page: {page}, perPage: 100) {{ nodes {{ transactions(perPage: {}) {{ pageInfo {{ hasNextPage }} }} }} }}", 100 - page);
        let fastest = |roots: u32| {
            let roots: Vec<String> = (1..=roots).map(root).collect();
            let query = format!("{{ {} }}", roots.join(" "));
            let took = || {
                let start = std::time::Instant::now();
                gateway.query(&token, &query).data();
                start.elapsed()
            };
            (0..5).map(|_| took()).min().expect("five")
        };
        // Eight times the work, not eight times eight.
        let (one, eight) = (fastest(1), fastest(8));
        assert!(eight < one * 30, "one root field took {one:?}, eight took {eight:?}");
    }

    fn rest_reads_balances_only_to_show_them(database) {
        let (token, gateway) = filled(&database);
        for (path, statements, balances) in [
            ("/v1/card-issuer/customers?limit=100", 1, true),
            ("/v1/card-issuer/customers?limit=100&include_balances=false", 1, false),
            ("/v1/card-issuer/customers?limit=10&page=4&status=active", 1, true),
            ("/v1/card-issuer/customers?page=99", 2, true),
            // Whether it is a status must be asked first.
            ("/v1/card-issuer/customers?limit=10&status=kyc_rejected", 2, true),
            ("/v1/card-issuer/customers/usr_7", 1, true),
            ("/v1/card-issuer/customers/usr_7/card-transactions", 3, false),
            ("/v1/card-issuer/lookup-customer?external_id=usr_7", 1, false),
            ("/v1/card-issuer/customers/aggregate-balances", 2, false),
            ("/v1/card-issuer/card-transactions?limit=100", 2, false),
            ("/v1/card-issuer/card-transactions?limit=100&customer_id=usr_7", 3, false),
            ("/v1/yativo-card/customers/usr_7/cards", 1, false),
            ("/v1/yativo-card/customers/cards?limit=100", 2, false),
            ("/v1/yativo-card/customers/cards?external_customer_id=usr_7", 1, false),
        ] {
            database.statements(&gateway);
            assert_eq!(gateway.get(&token, path).status, 200);
            let asked = database.statements(&gateway);
            assert_eq!(asked.len(), statements, "{path}\n{asked:#?}");
            let touched = asked.iter().any(|sql| sql.contains("wallet_balances"));
            assert_eq!(touched, balances, "{path}\n{asked:#?}");
        }
    }

    fn a_look_up_loads_the_selected_holdings_in_its_statement(database) {
        let (token, gateway) = filled(&database);
        for (selection, balances, cards) in [
            ("id email", false, false),
            ("availableBalance", true, false),
            ("cardsCount", false, true),
            ("BALANCES ... on CardCustomer { cards { cardId } }", true, true),
            ("id ledgerBalance @skip(if: true)", false, false),
        ] {
            let selection = selection.replace("BALANCES", BALANCES);
            let query = format!("{{ cardCustomer(identifier: \"usr_7\") {{ {selection} }} }}");
            let asked = cost(&database, &gateway, &token, &query);
            assert_eq!(asked.len(), 1, "{query}\n{asked:#?}");
            let touched = (asked[0].contains("wallet_balances"), asked[0].contains("cards AS k"));
            assert_eq!(touched, (balances, cards), "{query}\n{asked:#?}");
        }
    }

    fn each_part_of_the_summary_is_one_statement_if_it_is_selected(database) {
        let (token, gateway) = filled(&database);
        for (selection, statements) in [
            ("__typename", 0),
            ("totalCount", 1),
            ("byStatus { status count }", 1),
            ("balances { currency ledger available pending realtimeCount onChainCount }", 1),
            ("totalCount @skip(if: true) balances { currency }", 1),
            ("totalCount byStatus { status } balances { ledger }", 3),
        ] {
            let query = format!("{{ cardCustomersSummary {{ {selection} }} }}");
            let asked = cost(&database, &gateway, &token, &query);
            assert_eq!(asked.len(), statements, "{query}\n{asked:#?}");
            assert!(!asked.iter().any(|sql| sql.contains("wallet_balances") || sql.contains("card_customers")), "{asked:#?}");
        }
    }

    fn tokens_are_cached(database) {
        let (token, gateway) = filled(&database);
        for _ in 0..20 {
            gateway.query(&token, "{ __typename }").data();
        }
        // `statements` leaves out the look-ups of tokens.
        let all = match &database.wire {
            Some(wire) => wire.take(),
            None => gateway.sqlite_statements(),
        };
        let looked_up = all.iter().filter(|sql| sql.contains("api_tokens")).count();
        assert!(looked_up <= 2, "{all:#?}");
    }
}
