//! Answers that are used again for some seconds.

use std::time::Duration;

use card_gateway::domain::issuer_routes::ROUTES;
use card_gateway_sandbox::issuer::{Fault, FaultRule};

use super::world::{World, token};
use crate::support::Database;

const STATUS: &str = "/v1/card-issuer/status";
const WALLETS: &str = "/v1/card-issuer/master-wallets";

#[test]
fn the_documented_routes_and_no_others_are_cached() {
    let cached: Vec<_> = ROUTES.iter().filter(|route| route.cached_seconds > 0).collect();
    let paths: Vec<_> = cached.iter().map(|route| route.path).collect();
    let reasons = "/v1/yativo-card/{yativoCardId}/transactions/dispute-reasons";
    assert_eq!(paths, [STATUS, WALLETS, reasons]);
    assert!(cached[0].cached_seconds < 30 && cached[1].cached_seconds < 30);
}

#[test]
fn many_callers_share_a_call_and_each_program_has_its_own() {
    let world = World::new(Database::sqlite());
    let gateway = world.serve();
    let tokens = ["acme", "globex"].map(|program| world.token(program));
    let slow = Fault::Slow(Duration::from_millis(300));
    for path in [STATUS, WALLETS] {
        let route = format!("GET {path}");
        world.issuer.add_fault(FaultRule::on(&route, slow.clone()));
        let answers: Vec<Vec<String>> = std::thread::scope(|scope| {
            let ask = |token: &String| {
                let answer = gateway.get(token, path);
                assert_eq!(answer.status, 200, "{}", answer.text);
                answer.text
            };
            let asking = tokens
                .each_ref()
                .map(|token| (0..5).map(|_| scope.spawn(move || ask(token))).collect::<Vec<_>>());
            let text = |one: std::thread::ScopedJoinHandle<'_, String>| one.join().expect("one");
            asking.into_iter().map(|of| of.into_iter().map(text).collect()).collect()
        });
        assert!(answers.iter().all(|of| of.iter().all(|text| text == &of[0])));
        assert_ne!(answers[0][0], answers[1][0], "{path}");
        assert_eq!(world.issuer.calls().of(&route), 2, "{path}");
    }
    // The scope comes first: what others may see does not count.
    let reader = token(&world.database, "acme", &["read"]);
    assert_eq!(gateway.get(&reader, WALLETS).status, 403);
}

#[test]
fn a_failure_is_never_used_again_and_an_answer_not_for_long() {
    let world = World::new(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    let route = format!("GET {WALLETS}");
    world.issuer.add_fault(FaultRule::on(&route, Fault::Status(404)).once());
    assert_eq!(gateway.get(&token, WALLETS).status, 404);
    let first = gateway.get(&token, WALLETS);
    assert_eq!(first.status, 200);
    assert_eq!(gateway.get(&token, WALLETS).text, first.text);
    assert_eq!(world.issuer.calls().of(&route), 2);
    world.issuer.act(|program| program.master.eur += 100);
    std::thread::sleep(Duration::from_millis(5_200));
    assert_ne!(gateway.get(&token, WALLETS).text, first.text);
}

#[test]
fn the_reasons_for_a_dispute_are_kept_for_each_path() {
    let world = World::synchronised(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    let of = |name: &str| {
        gateway.get(&token, &format!("/v1/yativo-card/{name}/transactions/dispute-reasons")).status
    };
    let name = world.holder("acme").name;
    assert_eq!((of(&name), of(&name), of("nobody")), (200, 200, 404));
    let route = "GET /v1/yativo-card/{yativoCardId}/transactions/dispute-reasons";
    assert_eq!(world.issuer.calls().of(route), 2);
}
