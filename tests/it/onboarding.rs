//! Statuses of the issuer beyond the seven stages: none is lost or refused.

use serde_json::{Value, json};

use crate::support::watcher::Events;
use crate::support::{Database, Gateway, Line, on_both};

/// What a line states, and what is shown: status, step, next action, stage.
type Case = (Line, &'static str, i64, &'static str, &'static str);

const NONE: &str = "No next action is known for this status";

/// Each further status that is known, and some that nobody knows.
fn cases() -> Vec<Case> {
    let bare =
        |number| Line::new(number).with("safe_deployed", false).with("kyc_status", Value::Null);
    let known = [
        ("reauth_otp_requested", 1, "OTP_REQUESTED"),
        ("kyc_rejected", 3, "KYC_INITIATED"),
        ("kyc_approved", 4, "KYC_COMPLETED"),
        ("terms_accepted", 4, "KYC_COMPLETED"),
        ("source_of_funds_completed", 4, "KYC_COMPLETED"),
        ("phone_verified", 4, "KYC_COMPLETED"),
        ("safe_deployed", 5, "SAFE_DEPLOYING"),
    ];
    let known = known.iter().zip(1..);
    let mut cases: Vec<Case> = known
        .map(|((status, step, stage), number)| (bare(number), *status, *step, NONE, *stage))
        .collect();
    let words = "Wait for the courier — 3 days";
    cases.extend([
        // Stated step and next action.
        (
            bare(11).with("step", 2).with("next_action", words),
            "courier_sent",
            2,
            words,
            "OTP_VERIFIED",
        ),
        (bare(12).with("step", 6), "kyc_rejected", 6, NONE, "CARD_CREATED"),
        (bare(13).with("next_action", words), "kyc_rejected", 3, words, "KYC_INITIATED"),
        // Neither: what the customer has says how far it is.
        (bare(14), "Etwas Neues/Öäü?&=%", 1, NONE, "OTP_REQUESTED"),
        (bare(15).with("kyc_status", "rejected"), "halted", 3, NONE, "KYC_INITIATED"),
        (bare(16).with("kyc_status", "approved"), "halted", 4, NONE, "KYC_COMPLETED"),
        (Line::new(17), "halted", 5, NONE, "SAFE_DEPLOYING"),
        (Line::new(18).cards(&["active"]), "halted", 6, NONE, "CARD_CREATED"),
        // A stage has its own step and next action, whatever is stated.
        (
            bare(19).with("step", 1).with("next_action", words),
            "kyc_initiated",
            3,
            "Awaiting KYC verification",
            "KYC_INITIATED",
        ),
        (
            bare(20).with("step", 99),
            "kyc_completed",
            4,
            "Submit source-of-funds questionnaire",
            "KYC_COMPLETED",
        ),
    ]);
    for case in &mut cases {
        case.0 = case.0.clone().with("flow_status", case.1);
    }
    cases
}

fn ids(list: &Value, member: &str) -> Vec<String> {
    let items = list[member].as_array().expect("a list");
    items.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

/// The whole list of a status by the old API, two on a page.
fn by_status(gateway: &Gateway, token: &str, status: &str) -> (Vec<String>, Value) {
    let (mut all, mut total) = (Vec::new(), Value::Null);
    let status: String = form_urlencoded::byte_serialize(status.as_bytes()).collect();
    for page in 1.. {
        let path = format!("/v1/card-issuer/customers?limit=2&page={page}&status={status}");
        let answer = gateway.get(token, &path);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let data = answer.json()["data"].take();
        let found = ids(&data, "customers");
        total = data["total"].clone();
        if found.is_empty() {
            break;
        }
        all.extend(found);
    }
    (all, total)
}

/// The whole list of a stage by GraphQL, by number and by cursor, newest and oldest first.
fn by_stage(gateway: &Gateway, token: &str, stage: &str) -> (Vec<String>, Value) {
    let ask = |arguments: &str| {
        let query = format!(
            "{{ cardCustomers(status: {stage}, {arguments}) {{ totalCount nodes {{ id flowStatus }}
                pageInfo {{ endCursor hasNextPage }} }} }}"
        );
        gateway.query(token, &query).data()["cardCustomers"].take()
    };
    let mut lists = Vec::new();
    let mut total = Value::Null;
    for order in ["CREATED_AT_DESC", "CREATED_AT_ASC"] {
        let mut by_number = Vec::new();
        for page in 1.. {
            let list = ask(&format!("page: {page}, perPage: 2, orderBy: {order}"));
            total = list["totalCount"].clone();
            assert!(
                list["nodes"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .all(|one| one["flowStatus"] == stage)
            );
            by_number.extend(ids(&list, "nodes"));
            if list["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        let (mut by_cursor, mut after) = (Vec::new(), String::new());
        loop {
            let list = ask(&format!("first: 2, orderBy: {order}{after}"));
            assert_eq!(list["totalCount"], total);
            by_cursor.extend(ids(&list, "nodes"));
            after = format!(", after: {}", list["pageInfo"]["endCursor"]);
            if list["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(by_number, by_cursor, "{stage} {order}");
        lists.push(by_number);
    }
    let mut oldest = lists.pop().expect("two lists");
    oldest.reverse();
    assert_eq!(lists[0], oldest, "{stage}");
    (oldest, total)
}

fn verified(database: &Database) {
    let said = database.succeed(&["migrate", "--verify"], "");
    assert!(said.contains("the counts of customers are correct"), "{said}");
}

on_both! {
    fn each_status_is_shown_as_the_issuer_says_it(database) {
        let cases = cases();
        let lines: Vec<Line> = cases.iter().map(|case| case.0.clone()).collect();
        let token = database.program_with("acme", &lines);
        let gateway = database.serve();
        for (line, status, step, next_action, stage) in &cases {
            let expected = json!([status, step, next_action]);
            let detail = gateway.get(&token, &format!("/v1/card-issuer/customers/{}", line.id())).json();
            let shown = |one: &Value| json!([one["flow_status"], one["step"], one["next_action"]]);
            assert_eq!(shown(&detail["data"]), expected);
            let query = format!("{{ cardCustomer(identifier: \"{}\") {{ flowStatus issuerFlowStatus step nextAction }} }}", line.id());
            let one = gateway.query(&token, &query).data()["cardCustomer"].take();
            assert_eq!(json!([one["issuerFlowStatus"], one["step"], one["nextAction"]]), expected);
            assert_eq!(one["flowStatus"], *stage, "{status}");
        }
        let list = gateway.get(&token, "/v1/card-issuer/customers?limit=100").json()["data"].take();
        let listed = list["customers"].as_array().expect("a list").iter().rev();
        let shown: Vec<Value> = listed.map(|one| json!([one["flow_status"], one["step"], one["next_action"]])).collect();
        let expected: Vec<Value> = cases.iter().map(|case| json!([case.1, case.2, case.3])).collect();
        assert_eq!(shown, expected);
    }

    fn each_status_and_each_stage_has_its_list(database) {
        let cases = cases();
        let lines: Vec<Line> = cases.iter().map(|case| case.0.clone()).collect();
        let token = database.program_with("acme", &lines);
        let gateway = database.serve();
        let newest = |is: &dyn Fn(&Case) -> bool| -> Vec<String> {
            cases.iter().rev().filter(|case| is(case)).map(|case| case.0.id().to_owned()).collect()
        };
        for (_, status, ..) in &cases {
            let expected = newest(&|case| case.1 == *status);
            assert_eq!(by_status(&gateway, &token, status), (expected.clone(), json!(expected.len())), "{status}");
        }
        for stage in ["OTP_REQUESTED", "OTP_VERIFIED", "KYC_INITIATED", "KYC_COMPLETED", "SAFE_DEPLOYING", "CARD_CREATED"] {
            let expected = newest(&|case| case.4 == stage);
            assert!(!expected.is_empty());
            assert_eq!(by_stage(&gateway, &token, stage), (expected.clone(), json!(expected.len())), "{stage}");
        }
        verified(&database);
    }

    fn a_change_of_the_status_moves_the_counts(database) {
        let lines: Vec<Line> = (1..=600).map(Line::new).collect();
        let token = database.program_with("acme", &lines);
        let gateway = database.serve();
        let total = |status: &str| gateway.get(&token, &format!("/v1/card-issuer/customers?limit=1&status={status}")).json()["data"]["total"].clone();
        let of_stage = |stage: &str| gateway.query(&token, &format!("{{ cardCustomers(status: {stage}) {{ totalCount }} }}")).data()["cardCustomers"]["totalCount"].clone();
        let become_ = |status: &str, step: i64| {
            let some: Vec<Line> = lines.iter().take(300).map(|line| line.clone().with("flow_status", status).with("step", step)).collect();
            database.import("acme", &some);
        };
        become_("paused", 6);
        assert_eq!((total("active"), total("paused")), (json!(300), json!(300)));
        assert_eq!((of_stage("ACTIVE"), of_stage("CARD_CREATED")), (json!(300), json!(300)));
        // The same word, another stage.
        become_("paused", 3);
        assert_eq!(total("paused"), 300);
        assert_eq!((of_stage("KYC_INITIATED"), of_stage("CARD_CREATED")), (json!(300), json!(0)));
        let path = "/v1/card-issuer/customers?status=paused&limit=100&page=3";
        assert_eq!(ids(&gateway.get(&token, path).json()["data"], "customers").len(), 100);
        become_("active", 3);
        assert_eq!((total("active"), of_stage("ACTIVE"), of_stage("KYC_INITIATED")), (json!(600), json!(600), json!(0)));
        assert_eq!(gateway.get(&token, path).status, 400, "nobody has it any more");
        verified(&database);
    }

    fn a_status_that_nobody_has_is_refused_with_those_that_there_are(database) {
        let token = database.program_with("acme", &[Line::new(1), Line::new(2).with("flow_status", "paused")]);
        database.program_with("globex", &[Line::new(1).with("flow_status", "only_theirs")]);
        let gateway = database.serve();
        for status in ["only_theirs", "PAUSED", "pause", "%00", "%09active", "'", &"x".repeat(65)] {
            let answer = gateway.get(&token, &format!("/v1/card-issuer/customers?status={status}"));
            assert_eq!(answer.status, 400, "{status}: {}", answer.text);
            assert_eq!(answer.json()["details"]["status"], "must be one of otp_requested, otp_verified, kyc_initiated, \
                kyc_completed, safe_deploying, card_created, active, paused");
        }
    }

    fn a_subscription_to_a_stage_tells_of_its_further_statuses(database) {
        let token = database.program_with("acme", &[Line::new(1), Line::new(2)]);
        let gateway = database.serve();
        let watch = |stage: &str| Events::open(&gateway, &token, &format!(
            "subscription {{ cardCustomersChanged(status: {stage}) {{ id flowStatus issuerFlowStatus }} }}"));
        let (nearest, other) = (watch("KYC_INITIATED"), watch("KYC_COMPLETED"));
        database.import("acme", &[Line::new(2).with("flow_status", "kyc_rejected")]);
        assert_eq!(nearest.next(), json!({ "cardCustomersChanged": {
            "id": Line::new(2).id(), "flowStatus": "KYC_INITIATED", "issuerFlowStatus": "kyc_rejected" } }));
        assert!(other.nothing());
    }

    fn a_step_or_next_action_that_cannot_be_is_named(database) {
        database.succeed(&["program", "create", "--name", "acme"], "");
        for (member, value, said) in [
            ("step", json!(0), "step is not between 1 and 6"),
            ("step", json!(7), "step is not between 1 and 6"),
            ("step", json!(i64::MAX), "step is not between 1 and 6"),
            ("next_action", json!("x".repeat(501)), "next_action must not be longer than 500 bytes"),
            ("next_action", json!("a\u{0}b"), "next_action must not contain control characters"),
            ("flow_status", json!("x".repeat(65)), "flow_status must not be longer than 64 bytes"),
            ("flow_status", json!("a\u{9}b"), "flow_status must not contain control characters"),
        ] {
            let line = Line::new(1).with("flow_status", "paused").with(member, value).0.to_string();
            let output = database.run(&["import", "--program", "acme", "-"], &line);
            assert!(!output.status.success());
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(errors.contains(&format!("line 1: {said}")), "{errors}");
        }
    }
}
