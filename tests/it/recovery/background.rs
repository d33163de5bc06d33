//! A server recovers events by itself.

use std::time::Duration;

use card_gateway_sandbox::issuer::{Fault, FaultRule, Json};

use super::world::{FETCH, LIST, World};
use crate::support::issuer::within;
use crate::support::on_both;

on_both! {
    fn what_was_sent_while_the_gateway_was_down_is_applied_once(database) {
        let world = World::new(database);
        world.purchases(30);
        let sent = world.deliveries();
        assert!(sent >= 30, "{sent}");
        let gateway = world.serve();
        world.wait_for_applied(sent);
        let transactions = world.transactions(&gateway);
        assert_eq!(transactions.len(), 30);
        let token = world.database.token("acme");
        let path = format!("/v1/card-issuer/customers/{}", world.spender);
        let (here, there) = (gateway.get(&token, &path).json(), world.at_issuer(&path));
        let balance = &there["data"]["available_balance_minor"];
        assert!(balance.is_i64(), "{there}");
        assert_eq!(&here["data"]["available_balance_minor"], balance);
        // Nothing is fetched twice: not in the next rounds, nor after a restart, nor by hand.
        let rounds = world.issuer.calls().of(LIST);
        assert!(within(Duration::from_secs(30), || world.issuer.calls().of(LIST) >= rounds + 2));
        drop(gateway);
        let gateway = world.serve();
        let rounds = world.issuer.calls().of(LIST);
        assert!(within(Duration::from_secs(30), || world.issuer.calls().of(LIST) > rounds));
        let said = world.recover("7d");
        assert!(said.contains(&format!("0 events recovered, {sent} known before")), "{said}");
        assert_eq!(world.issuer.calls().of(FETCH), sent as u64);
        assert_eq!(world.inbox("applied"), sent);
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }

    fn an_event_that_cannot_be_applied_does_not_stop_the_others(database) {
        let world = World::new(database);
        world.issuer.act(|program| {
            program.emit("transaction.settled", Json::Null);
            program.emit("voucher.created", Json::Null);
        });
        world.purchases(3);
        let sent = world.deliveries();
        let gateway = world.serve();
        world.wait_for_applied(sent - 2);
        assert!(within(Duration::from_secs(10), || (world.inbox("failed"), world.inbox("kept")) == (1, 1)));
        drop(gateway);
    }

    fn it_goes_on_when_the_issuer_fails_in_the_middle(database) {
        let world = World::new(database);
        world.purchases(15);
        let sent = world.deliveries();
        world.issuer.add_fault(FaultRule::on(FETCH, Fault::TooManyCalls(1)).after(4).once());
        world.issuer.add_fault(FaultRule::on(FETCH, Fault::Status(500)).after(8).times(2));
        world.issuer.add_fault(FaultRule::on(FETCH, Fault::CutJson).after(12).once());
        world.issuer.add_fault(FaultRule::on(FETCH, Fault::Reset).after(13).once());
        let gateway = world.serve();
        world.wait_for_applied(sent);
        assert_eq!(world.transactions(&gateway).len(), 15);
        assert_eq!(world.issuer.calls().early, 0, "Retry-After is obeyed");
    }

    fn it_recovers_when_the_list_can_be_read_again(database) {
        let world = World::new(database);
        world.purchases(2);
        world.issuer.add_fault(FaultRule::on(LIST, Fault::Status(403)));
        let gateway = world.serve();
        let line = gateway.wait_for_log(|line| {
            let text = line["message"].as_str()?;
            text.starts_with("events cannot be recovered").then(|| text.to_owned())
        });
        assert_eq!(line, "events cannot be recovered: the failed deliveries of acme were not all read");
        // Customers are synchronised nevertheless.
        world.issuer.act(|program| program.set_email(&world.spender, "new@example.com").expect("it is there"));
        let token = world.database.token("acme");
        assert!(within(Duration::from_secs(30), || gateway.get(&token, "/v1/card-issuer/customers/new@example.com").status == 200));
        assert_eq!(world.inbox("applied"), 0);
        world.issuer.clear_faults();
        world.wait_for_applied(world.deliveries());
    }

    fn two_replicas_fetch_each_delivery_once(database) {
        let world = World::new(database);
        world.purchases(10);
        let sent = world.deliveries();
        world.issuer.add_fault(FaultRule::on(FETCH, Fault::Slow(Duration::from_millis(100))));
        let replicas = [world.serve(), world.serve()];
        world.wait_for_applied(sent);
        let rounds = world.issuer.calls().of(LIST);
        assert!(within(Duration::from_secs(30), || world.issuer.calls().of(LIST) >= rounds + 2));
        assert_eq!(world.issuer.calls().of(FETCH), sent as u64);
        drop(replicas);
    }
}
