//! The published schema: what `schema.graphql` holds is what the program has.

use std::path::Path;

use card_gateway::domain::scope::Scope;
use serde_json::Value;

use crate::support::Database;
use crate::support::database::program;

#[test]
fn the_committed_schema_is_the_programs() {
    let output = program().arg("schema").output().expect("it runs");
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let published = std::fs::read_to_string(path).expect("it is published");
    assert!(
        printed == published,
        "schema.graphql is behind; renew it: cargo run -- schema > schema.graphql"
    );
}

#[test]
fn everything_in_the_schema_is_described() {
    let database = Database::sqlite();
    let token = database.program_with("acme", &[]);
    let gateway = database.serve();
    let query = "{ __schema { types { kind name description specifiedByURL
        fields { name description args { name description } }
        inputFields { name description } enumValues { name description } } } }";
    let types = gateway.query(&token, query).data()["__schema"]["types"].take();
    let mut silent = Vec::new();
    let mut seen = 0;
    let mut look = |of: &str, item: &Value| {
        seen += 1;
        if item["description"].as_str().unwrap_or("").is_empty() {
            silent.push(format!("{of}{}", item["name"]));
        }
    };
    for one in types.as_array().expect("a list") {
        let name = one["name"].as_str().expect("a name");
        if name.starts_with("__") {
            continue;
        }
        let builtin = ["Int", "Float", "String", "Boolean", "ID"].contains(&name);
        if !builtin {
            look("", one);
        }
        if one["kind"] == "SCALAR" && !builtin {
            assert!(one["specifiedByURL"].is_string(), "{name} says nothing of its format");
        }
        for members in ["fields", "inputFields", "enumValues"] {
            for member in one[members].as_array().into_iter().flatten() {
                look(&format!("{name}."), member);
                for argument in member["args"].as_array().into_iter().flatten() {
                    look(&format!("{name}.{}.", member["name"]), argument);
                }
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new(), "these have no description");
    assert!(seen > 120, "{seen}");
}

#[test]
fn every_root_field_says_which_scope_it_needs() {
    let database = Database::sqlite();
    let token = database.program_with("acme", &[]);
    let gateway = database.serve();
    let root = "{ name fields { name description } }";
    let query = format!(
        "{{ __schema {{ queryType {root} mutationType {root} subscriptionType {root} }} }}"
    );
    let schema = gateway.query(&token, &query).data()["__schema"].take();
    let roots = schema.as_object().expect("an object").values().filter(|root| root.is_object());
    let mut seen = 0;
    for root in roots {
        for field in root["fields"].as_array().expect("a list") {
            let words = field["description"].as_str().expect("it is described");
            let (_, scope) =
                words.rsplit_once(" Needs the scope `").unwrap_or_else(|| panic!("{field}"));
            let name = scope.strip_suffix("`.").unwrap_or_else(|| panic!("{field}"));
            assert!(name.parse::<Scope>().is_ok(), "{field}");
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn the_names_that_clients_rely_on_exist() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let sdl = std::fs::read_to_string(path).expect("it is published");
    let without_descriptions: String = sdl.split("\"\"\"").step_by(2).collect();
    let words: Vec<&str> = without_descriptions.split_whitespace().collect();
    let text = words.join(" ");
    for part in [
        "cardCustomer( identifier: ID! ): CardCustomer",
        "orderBy: CardCustomerOrder = CREATED_AT_DESC",
        "status: CardCustomerStatus ): CardCustomerConnection!",
        "edges: [CardCustomerEdge!]!",
        "nodes: [CardCustomer!]!",
        "pageInfo: PageInfo!",
        "totalCount: Int!",
        "hasNextPage: Boolean!",
        "hasPreviousPage: Boolean!",
        "startCursor: String",
        "endCursor: String",
        "page: Int perPage: Int!",
        "totalPages: Int!",
        "yativoCardId: String!",
        "externalCustomerId: String",
        "email: String!",
        "flowStatus: CardCustomerStatus!",
        "issuerFlowStatus: String!",
        "step: Int!",
        "nextAction: String!",
        "kycStatus: KycStatus",
        "safeDeployed: Boolean!",
        "walletAddress: String",
        "currency: Currency",
        "ledgerBalance: Decimal",
        "availableBalance: Decimal",
        "pendingBalance: Decimal",
        "balanceFreshness: BalanceFreshness",
        "balanceUpdatedAt: DateTime",
        "cardsCount: Int!",
        "cards: [Card!]!",
        "createdAt: DateTime!",
        "enum BalanceFreshness { REALTIME ON_CHAIN }",
        "enum CardCustomerStatus { OTP_REQUESTED OTP_VERIFIED KYC_INITIATED KYC_COMPLETED SAFE_DEPLOYING CARD_CREATED ACTIVE }",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}
