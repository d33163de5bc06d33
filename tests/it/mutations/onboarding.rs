//! Mutations of onboarding: from an e-mail address to a card.

use serde_json::{Value, json};

use super::{done, mutate, refused};
use crate::issuer_routes::world::{World, token};
use crate::support::{Gateway, on_both};

const STATE: &str = "clientMutationId cardCustomer { yativoCardId issuerFlowStatus kycStatus onboarding { step nextAction completedSteps } }";

fn steps(payload: &Value) -> Vec<&str> {
    let steps = payload["cardCustomer"]["onboarding"]["completedSteps"].as_array();
    steps.expect("a list").iter().map(|step| step.as_str().expect("a word")).collect()
}

fn added(gateway: &Gateway, token: &str) -> Value {
    let input = json!({ "email": "mira@example.com", "externalCustomerId": "usr_new", "clientMutationId": "m" });
    done(gateway, token, "onboardCardCustomer", &input, STATE)
}

on_both! {
    fn a_customer_is_taken_from_an_address_to_a_card(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let payload = added(&gateway, &token);
        assert_eq!((&payload["clientMutationId"], &payload["cardCustomer"]["issuerFlowStatus"]), (&json!("m"), &json!("otp_requested")));
        assert_eq!(steps(&payload), Vec::<&str>::new());
        let name = payload["cardCustomer"]["yativoCardId"].as_str().expect("a name").to_owned();
        let me = json!({ "identifier": "usr_new" });
        let with = |field: &str, value: Value| json!({ "identifier": "MIRA@example.com", field: value });
        let wrong = refused(&gateway, &token, "verifyCardCustomerOtp", &with("otp", json!("000000")));
        assert_eq!((wrong.0.as_str(), wrong.1, wrong.2.as_str()), ("ISSUER_REJECTED", json!("OTP_VERIFICATION_FAILED"), "The code is wrong"));
        let payload = done(&gateway, &token, "resendCardCustomerOtp", &me, STATE);
        assert_eq!(payload["cardCustomer"]["onboarding"]["step"], 1);
        let early = refused(&gateway, &token, "requestKycLink", &me);
        assert_eq!(early.1, "KYC_LINK_FAILED");
        let payload = done(&gateway, &token, "verifyCardCustomerOtp", &with("otp", json!("123456")), STATE);
        assert_eq!(payload["cardCustomer"]["onboarding"], json!({ "step": 2, "nextAction": "Complete KYC — call the kyc-link endpoint", "completedSteps": ["EMAIL_VERIFICATION"] }));
        let link = done(&gateway, &token, "requestKycLink", &me, &format!("kycUrl {STATE}"));
        assert_eq!((&link["cardCustomer"]["issuerFlowStatus"], &link["cardCustomer"]["kycStatus"]), (&json!("kyc_initiated"), &json!("IN_PROGRESS")));
        let same = done(&gateway, &token, "requestKycLink", &me, "kycUrl");
        let fresh = done(&gateway, &token, "requestKycLink", &with("refresh", json!(true)), "kycUrl");
        assert!(link["kycUrl"].as_str().expect("a link").starts_with("http"));
        assert_eq!(link["kycUrl"], same["kycUrl"]);
        assert_ne!(link["kycUrl"], fresh["kycUrl"]);
        // The identity check and the wallet are the issuer's.
        world.issuer.act(|program| {
            program.set_kyc(&name, "approved").expect("it is there");
            program.deploy_wallet(&name).expect("it is there");
        });
        let early = refused(&gateway, &token, "createVirtualCard", &me);
        assert_eq!(early.1, "LEGAL_ACCEPTANCE_REQUIRED");
        let payload = done(&gateway, &token, "acceptTerms", &me, STATE);
        assert_eq!(steps(&payload), ["EMAIL_VERIFICATION", "IDENTITY_CHECK", "WALLET"]);
        let query = "query($i: ID!, $l: String) { sourceOfFundsQuestions(identifier: $i, locale: $l) { status questions { question label options } } }";
        let asked = gateway.query_with(&token, query, &json!({ "i": "usr_new", "l": "en" })).data()["sourceOfFundsQuestions"].take();
        assert_eq!(asked["status"], "pending");
        let answers: Vec<Value> = asked["questions"].as_array().expect("a list").iter().map(|one| json!({ "question": one["question"], "answer": one["options"][0] })).collect();
        assert_eq!(answers.len(), 2);
        let wrong = refused(&gateway, &token, "submitSourceOfFunds", &with("answers", json!([{ "question": "occupation", "answer": "none" }])));
        assert_eq!((wrong.0.as_str(), wrong.1), ("ISSUER_REJECTED", json!("VALIDATION_ERROR")));
        done(&gateway, &token, "submitSourceOfFunds", &with("answers", json!(answers)), STATE);
        let wrong = refused(&gateway, &token, "requestPhoneVerification", &with("phoneNumber", json!("1701234567")));
        assert_eq!(wrong.1, "VALIDATION_ERROR");
        done(&gateway, &token, "requestPhoneVerification", &with("phoneNumber", json!("+436641234567")), STATE);
        let wrong = refused(&gateway, &token, "verifyPhone", &with("code", json!("000000")));
        assert_eq!(wrong.1, "OTP_INVALID_OR_EXPIRED");
        done(&gateway, &token, "verifyPhone", &with("code", json!("123456")), STATE);
        let payload = done(&gateway, &token, "createVirtualCard", &me, &format!("card {{ status cardType }} {STATE}"));
        assert_eq!(payload["card"], json!({ "status": "ACTIVE", "cardType": "VIRTUAL" }));
        assert_eq!(steps(&payload), ["EMAIL_VERIFICATION", "IDENTITY_CHECK", "SOURCE_OF_FUNDS", "WALLET", "CARD"]);
        let again = refused(&gateway, &token, "onboardCardCustomer", &json!({ "email": "mira@example.com" }));
        assert_eq!((again.0.as_str(), again.1), ("ISSUER_REJECTED", json!("CUSTOMER_CARD_ALREADY_ACTIVE")));
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }

    fn the_whole_way_in_one_request_shows_each_step(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let query = "mutation($o: OnboardCardCustomerInput!, $v: VerifyCardCustomerOtpInput!, $k: RequestKycLinkInput!) {
            a: onboardCardCustomer(input: $o) { cardCustomer { issuerFlowStatus } }
            b: verifyCardCustomerOtp(input: $v) { cardCustomer { issuerFlowStatus } }
            c: requestKycLink(input: $k) { cardCustomer { issuerFlowStatus } } }";
        let variables = json!({
            "o": { "email": "mira@example.com", "externalCustomerId": "usr_new" },
            "v": { "identifier": "usr_new", "otp": "123456" },
            "k": { "identifier": "mira@example.com" },
        });
        let data = gateway.query_with(&token, query, &variables).data();
        let states: Vec<&Value> = ["a", "b", "c"].iter().map(|key| &data[*key]["cardCustomer"]["issuerFlowStatus"]).collect();
        assert_eq!(states, ["otp_requested", "otp_verified", "kyc_initiated"], "{data}");
    }

    fn each_program_has_its_own_customers(database) {
        let world = World::synchronised(database);
        let gateway = world.serve();
        let (acme, globex) = (world.token("acme"), token(&world.database, "globex", &["write"]));
        let ours = added(&gateway, &acme)["cardCustomer"]["yativoCardId"].take();
        let inputs = |name: &Value| [
            ("verifyCardCustomerOtp", json!({ "identifier": name, "otp": "123456" })),
            ("resendCardCustomerOtp", json!({ "identifier": name })),
            ("requestKycLink", json!({ "identifier": name })),
            ("acceptTerms", json!({ "identifier": name })),
            ("submitSourceOfFunds", json!({ "identifier": name, "answers": [] })),
            ("requestPhoneVerification", json!({ "identifier": name, "phoneNumber": "+436641234567" })),
            ("verifyPhone", json!({ "identifier": name, "code": "123456" })),
            ("createVirtualCard", json!({ "identifier": name })),
        ];
        for ((name, theirs), (_, nobodys)) in inputs(&ours).into_iter().zip(inputs(&json!("nobody"))) {
            let answer = mutate(&gateway, &globex, name, &theirs, "clientMutationId");
            assert_eq!(answer.code(), "NOT_FOUND", "{}", answer.text);
            assert_eq!(answer.text, mutate(&gateway, &globex, name, &nobodys, "clientMutationId").text);
        }
        let query = format!("{{ sourceOfFundsQuestions(identifier: {ours}) {{ status }} }}");
        assert_eq!(gateway.query(&globex, &query).code(), "NOT_FOUND");
        assert_eq!(gateway.query(&acme, &query).data(), json!({ "sourceOfFundsQuestions": { "status": "pending" } }));
    }

    fn completed_steps_cost_nothing_unless_they_are_selected(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        gateway.query(&token, "{ __typename }").data();
        let statements = |fields: &str| {
            world.database.statements(&gateway);
            gateway.query(&token, &format!("{{ cardCustomers {{ nodes {{ onboarding {{ {fields} }} }} }} }}")).data();
            world.database.statements(&gateway).len()
        };
        assert_eq!((statements("step nextAction"), statements("completedSteps step")), (1, 2));
    }
}
