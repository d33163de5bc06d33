//! The way from an e-mail address to a card, and the program's own application.

use std::time::Duration;

use card_gateway_sandbox::issuer::{Approval, Stage};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::support::Tester;

const ONBOARD: &str = "/v1/yativo-card/customers/onboard";

fn onboard(tester: &Tester, email: &str) -> String {
    let answer = tester
        .post(ONBOARD, &json!({ "email": email, "external_customer_id": format!("usr_{email}") }));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.data()["yativo_card_id"].as_str().expect("a name").to_owned()
}

#[test]
fn somebody_becomes_a_customer_with_a_card() {
    let (tester, receiver) = (Tester::with(3), Receiver::start());
    tester.issuer.act(|program| program.subscribe(&receiver.url, &["*"]));
    let answer = tester
        .post(ONBOARD, &json!({ "email": "vera@example.com", "external_customer_id": "usr_v" }));
    assert_eq!(
        answer.members(),
        [
            "yativo_card_id",
            "customer_id",
            "external_customer_id",
            "email_masked",
            "next_step",
            "otp_expires_in_seconds"
        ]
    );
    assert_eq!(answer.data()["email_masked"], "v***@example.com");
    let who = answer.data()["yativo_card_id"].as_str().expect("a name").to_owned();
    let path = format!("/v1/yativo-card/customers/{who}");
    let post = |rest: &str, body: Value| tester.post(&format!("{path}/{rest}"), &body);
    let flow =
        || tester.get(&format!("/v1/card-issuer/customers/{who}")).data()["flow_status"].clone();
    assert_eq!(flow(), "otp_requested");
    let verified = post("verify-otp", json!({ "otp": "123456" }));
    assert_eq!(verified.members(), ["yativo_card_id", "flow_status", "next_step"]);
    assert_eq!(verified.data()["next_step"], "kyc_link");
    let link = tester.get(&format!("{path}/kyc-link"));
    assert_eq!(link.members(), ["yativo_card_id", "kyc_url", "next_step", "instructions"]);
    let again = tester.get(&format!("{path}/kyc-link"));
    assert_eq!(again.data()["kyc_url"], link.data()["kyc_url"]);
    let fresh = tester.get(&format!("{path}/kyc-link?refresh=true"));
    assert_ne!(fresh.data()["kyc_url"], link.data()["kyc_url"]);
    assert_eq!(flow(), "kyc_initiated");
    assert_eq!(post("safe/deploy", json!({})).code(), (400, "KYC_STATUS_ERROR"));
    tester.issuer.act(|program| program.set_kyc(&who, "approved")).expect("the customer");
    let status = tester.get(&format!("{path}/kyc-status"));
    assert_eq!(
        (&status.data()["kyc_status"], &status.data()["terms_accepted"]),
        (&json!("approved"), &json!(false))
    );
    assert_eq!(post("cards/virtual", json!({})).code(), (400, "LEGAL_ACCEPTANCE_REQUIRED"));
    let terms = tester.post(&format!("/v1/yativo-card/{who}/terms"), &json!({}));
    assert_eq!(terms.body["status"], "success");
    assert_eq!(terms.members(), ["terms_accepted", "accepted_at", "terms_version"]);
    let repeated = tester.post(&format!("/v1/yativo-card/{who}/terms"), &json!({}));
    assert_eq!(repeated.data(), terms.data());
    assert_eq!(post("cards/virtual", json!({})).code(), (400, "SOURCE_OF_FUNDS_NOT_COMPLETED"));
    let questions = tester.get(&format!("{path}/source-of-funds?locale=en"));
    let answers: Vec<Value> = questions.data()["questions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|question| json!({ "question": question["question"], "answer": question["options"][0] }))
        .collect();
    assert_eq!(
        post("source-of-funds", json!({ "answers": answers[..1] })).code(),
        (400, "VALIDATION_ERROR")
    );
    let answered = post("source-of-funds", json!({ "answers": answers }));
    assert_eq!(answered.data()["status"], "completed");
    assert_eq!(post("cards/virtual", json!({})).code(), (400, "SAFE_NOT_DEPLOYED"));
    let phone = post("phone/request-verification", json!({ "phoneNumber": "+4915112345678" }));
    assert_eq!(phone.members(), ["phone_number", "otp_requested_at", "next_step"]);
    assert!(!phone.text.contains("4915112345678"));
    assert_eq!(
        post("phone/verify", json!({ "code": "000000" })).code(),
        (400, "OTP_INVALID_OR_EXPIRED")
    );
    assert_eq!(post("phone/verify", json!({ "code": "123456" })).data()["is_verified"], true);
    assert_eq!(post("safe/deploy", json!({})).data()["already_deployed"], false);
    assert_eq!(flow(), "safe_deploying");
    tester.issuer.advance(Duration::from_mins(2));
    assert_eq!(flow(), "safe_deployed");
    assert_eq!(post("safe/deploy", json!({})).data()["already_deployed"], true);
    let progress = tester.get(&format!("{path}/progress"));
    assert_eq!(progress.data()["progress_percentage"], 80);
    // All this has sent no event, the identity check least of all.
    assert!(receiver.received().is_empty());
    assert_eq!(post("cards/virtual", json!({})).status, 201);
    assert_eq!(flow(), "card_created");
    assert!(tester.issuer.wait_for_deliveries(Duration::from_secs(10)));
    assert_eq!(receiver.kinds(), ["card.created"]);
    let profile = tester.get(&format!("{path}/profile"));
    assert_eq!(profile.data()["phone_verified"], true);
    let again = tester.post(ONBOARD, &json!({ "email": "VERA@example.com" }));
    assert_eq!(again.code(), (409, "CUSTOMER_CARD_ALREADY_ACTIVE"));
    assert_eq!(again.body["data"]["yativo_card_id"], who.as_str());
}

#[test]
fn codes_expire_and_run_out() {
    let tester = Tester::with(0);
    let who = onboard(&tester, "olga@example.com");
    let path = format!("/v1/yativo-card/customers/{who}");
    let verify = |otp: &str| tester.post(&format!("{path}/verify-otp"), &json!({ "otp": otp }));
    for left in (0..5).rev() {
        let answer = verify("000000");
        assert_eq!(answer.code(), (400, "OTP_VERIFICATION_FAILED"));
        assert_eq!(answer.body["data"]["attempts_remaining"], left);
    }
    assert_eq!(verify("123456").code(), (400, "OTP_ATTEMPTS_EXCEEDED"));
    assert_eq!(tester.post(&format!("{path}/resend-otp"), &json!({})).status, 200);
    tester.issuer.advance(Duration::from_mins(10));
    assert_eq!(verify("123456").code(), (400, "OTP_EXPIRED"));
    let resumed = tester.post(&format!("{path}/resume"), &json!({}));
    assert_eq!(resumed.data()["action_taken"], "otp_resent");
    assert_eq!(verify("123456").status, 200);
    // Onboarding the same address again before the code is verified sends it again.
    let twice = [onboard(&tester, "paulo@example.com"), onboard(&tester, "paulo@example.com")];
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn each_reason_not_to_onboard_has_its_code() {
    let tester = Tester::with(0);
    let send = |body: Value| tester.post(ONBOARD, &body);
    for email in [json!("nobody"), json!("@example.com"), json!(""), json!(7)] {
        assert_eq!(send(json!({ "email": email })).code(), (400, "INVALID_EMAIL"));
    }
    let who = onboard(&tester, "rosa@example.com");
    let same =
        json!({ "email": "other@example.com", "external_customer_id": "usr_rosa@example.com" });
    assert_eq!(send(same).code(), (409, "CUSTOMER_ALREADY_ONBOARDED"));
    tester
        .issuer
        .act(|program| program.set_stage(&who, Stage::of("kyc_initiated")))
        .expect("there");
    assert_eq!(send(json!({ "email": "rosa@example.com" })).code(), (400, "EMAIL_ALREADY_IN_USE"));
}

#[test]
fn an_unfinished_customer_can_be_forgotten() {
    let tester = Tester::with(100);
    let who = onboard(&tester, "nils@example.com");
    let reset =
        |who: &str| tester.post(&format!("/v1/yativo-card/customers/{who}/reset"), &json!({}));
    let answer = reset(&who);
    assert_eq!(
        answer.members(),
        ["deleted_card_id", "email_masked", "external_customer_id", "next_step", "email_warning"]
    );
    assert_eq!(reset(&who).code(), (404, "NOT_FOUND"));
    let again = tester.post(ONBOARD, &json!({ "email": "nils@example.com" }));
    assert_eq!(again.code(), (400, "EMAIL_ALREADY_REGISTERED"));
    let who = onboard(&tester, "imani@example.com");
    let path = |who: &str| format!("/v1/card-issuer/customers/{who}");
    assert_eq!(tester.send("DELETE", &path(&who), &json!(null)).status, 200);
    assert_eq!(tester.get(&path(&who)).status, 404);
    let with_card = tester.spender();
    assert_eq!(reset(&with_card).code(), (400, "CARD_ALREADY_ISSUED"));
    let answer = tester.send("DELETE", &path(&with_card), &json!(null));
    assert_eq!(answer.code(), (400, "CARD_ALREADY_ISSUED"));
}

#[test]
fn a_program_applies() {
    let tester = Tester::with(0);
    let apply = |body: Value| tester.post("/v1/card-issuer/apply", &body);
    let refused = apply(json!({ "funding_structure": "master_wallet" }));
    assert_eq!(refused.code(), (409, "ALREADY_APPLIED"));
    assert_eq!(refused.body["data"]["status"], "approved");
    tester.issuer.act(|program| program.spec.approval = Approval::NotApplied);
    let eligibility = tester.get("/v1/card-issuer/eligibility");
    assert_eq!(
        (&eligibility.data()["enrolled"], &eligibility.data()["status"]),
        (&json!(false), &json!(null))
    );
    assert_eq!(apply(json!({ "funding_structure": "x" })).code(), (400, "VALIDATION_ERROR"));
    let answer = apply(json!({ "funding_structure": "non_master", "iban_enabled": true }));
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.members(),
        ["id", "status", "funding_structure", "preferred_chain", "iban_enabled"]
    );
    assert_eq!(tester.get("/v1/card-issuer/status").data()["status"], "pending");
}
