//! A subscriber also sees balances that change without an event: the chain holds something
//! else, or a live balance has become too old.

use std::time::Duration;

use card_gateway_sandbox::{EUR, Fault, Sandbox};
use serde_json::{Value, json};

use crate::support::chain::{euros, sandbox, wallet, wallets};
use crate::support::issuer::{ACME, balance, event, from_now, within};
use crate::support::watcher::{Received, Socket};
use crate::support::{Database, Gateway, on_both};

const MINE: &str = "usr_1";
/// Passes over wallets whose balance is a second old, each second.
const OFTEN: [(&str, &str); 3] = [
    ACME,
    ("CARD_GATEWAY__BALANCES__RECONCILE_INTERVAL", "1s"),
    ("CARD_GATEWAY__BALANCES__REALTIME_MAX_AGE", "1s"),
];
/// Each read of a balance reads the chain.
const UNCACHED: (&str, &str) = ("CARD_GATEWAY__BALANCES__CHAIN_TTL", "0s");

fn watch(gateway: &Gateway, token: &str, customer: &str) -> Socket {
    let mut socket = Socket::connect(gateway, token);
    socket.subscribe("a", &format!(
        "subscription {{ cardCustomerBalance(identifier: \"{customer}\") {{ ledgerBalance availableBalance pendingBalance balanceFreshness }} }}"
    ));
    socket
}

/// The next balance: ledger, available, pending and freshness.
fn next(socket: &mut Socket) -> Value {
    let shown = socket.next("a")["cardCustomerBalance"].take();
    let members = ["ledgerBalance", "availableBalance", "pendingBalance", "balanceFreshness"];
    members.map(|member| shown[member].clone()).to_vec().into()
}

fn on_chain(amount: &str) -> Value {
    json!([amount, amount, null, "ON_CHAIN"])
}

fn nothing_for(socket: &mut Socket, millis: u64) {
    assert_eq!(socket.receive_within(Duration::from_millis(millis)), Received::Nothing);
}

fn hold(chain: &Sandbox, number: u32, cents: u64) {
    chain.set_balances([(EUR, wallet(number), euros(cents))]);
}

fn changes(database: &Database) -> usize {
    database.texts("SELECT customer_id FROM changes WHERE only_chain").len()
}

on_both! {
    fn a_pass_that_finds_another_balance_is_told(database) {
        let chain = sandbox(2);
        let token = database.program_with("acme", &wallets(2));
        let gateway = database.serve_on(&[&chain], &OFTEN);
        let (mut mine, mut other) = (watch(&gateway, &token, MINE), watch(&gateway, &token, "usr_2"));
        assert_eq!((next(&mut mine), next(&mut other)), (on_chain("1.00"), on_chain("2.00")));
        // The first reading of each wallet is news to others.
        assert!(within(Duration::from_secs(10), || changes(&database) == 2), "{} changes: {:#?}", changes(&database), gateway.warnings());
        std::thread::sleep(Duration::from_secs(1));
        // Also those who watch all, and only if a balance is selected.
        let mut all = Socket::connect(&gateway, &token);
        all.subscribe("all", "subscription { cardCustomersChanged { externalCustomerId availableBalance } }");
        let mut bare = Socket::connect(&gateway, &token);
        bare.subscribe("bare", "subscription { cardCustomerBalance(identifier: \"usr_1\") { email } }");
        bare.next("bare");
        let before = changes(&database);
        for cents in [500, 700] {
            hold(&chain, 1, cents);
            let amount = format!("{}.00", cents / 100);
            assert_eq!(next(&mut mine), on_chain(&amount));
            assert_eq!(all.next("all")["cardCustomersChanged"], json!({ "externalCustomerId": MINE, "availableBalance": amount }));
        }
        assert_eq!(changes(&database), before + 2);
        // Further passes find the same: nothing is written, and nothing is sent.
        nothing_for(&mut mine, 3_000);
        for socket in [&mut other, &mut all, &mut bare] {
            nothing_for(socket, 10);
        }
        assert_eq!(changes(&database), before + 2);
    }

    fn a_read_on_demand_that_finds_another_balance_is_told_to_all_programs(database) {
        let chain = sandbox(1);
        let token = database.program_with("acme", &wallets(1));
        let theirs = database.program_with("theirs", &wallets(1));
        let live = json!({ "ledger_minor": 300, "available_minor": 200, "pending_minor": 100, "updated_at": from_now(0) });
        let fresh = database.program_with("fresh", &[wallets(1)[0].clone().with("balance", live)]);
        let gateway = database.serve_on(&[&chain], &[ACME, UNCACHED]);
        let mut sockets = [&token, &theirs].map(|token| watch(&gateway, token, MINE));
        for socket in &mut sockets {
            assert_eq!(next(socket), on_chain("1.00"));
        }
        let mut live = watch(&gateway, &fresh, MINE);
        assert_eq!(next(&mut live), json!(["3.00", "2.00", "1.00", "REALTIME"]));
        let mut all = Socket::connect(&gateway, &fresh);
        all.subscribe("all", "subscription { cardCustomersChanged { availableBalance } }");
        nothing_for(&mut sockets[0], 700);
        hold(&chain, 1, 900);
        assert_eq!(gateway.balance_of(&token, MINE), on_chain("9.00"));
        for socket in &mut sockets {
            assert_eq!(next(socket), on_chain("9.00"));
        }
        assert_eq!(gateway.balance_of(&theirs, MINE), on_chain("9.00"));
        for socket in sockets.iter_mut().chain([&mut live, &mut all]) {
            nothing_for(socket, 700);
        }
    }

    fn a_live_balance_that_turns_stale_is_told(database) {
        let chain = sandbox(1);
        let token = database.program_with("acme", &wallets(1));
        let gateway = database.serve_on(&[&chain], &[ACME, ("CARD_GATEWAY__BALANCES__REALTIME_MAX_AGE", "3s")]);
        let mut socket = watch(&gateway, &token, MINE);
        assert_eq!(next(&mut socket), on_chain("1.00"));
        gateway.take(&balance("evt_1", MINE, "20.00", "3.00", &from_now(0)));
        assert_eq!(next(&mut socket), json!(["23.00", "20.00", "3.00", "REALTIME"]));
        // A subscription that begins with a live balance sees it turn stale, too.
        let mut late = watch(&gateway, &token, MINE);
        assert_eq!(next(&mut late), json!(["23.00", "20.00", "3.00", "REALTIME"]));
        let mut bare = Socket::connect(&gateway, &token);
        bare.subscribe("bare", "subscription { cardCustomerBalance(identifier: \"usr_1\") { email } }");
        bare.next("bare");
        assert_eq!((next(&mut socket), next(&mut late)), (on_chain("1.00"), on_chain("1.00")));
        for socket in [&mut socket, &mut late, &mut bare] {
            nothing_for(socket, 1_500);
        }
        // Live again, and stale again.
        gateway.take(&balance("evt_2", MINE, "1.00", "0.00", &from_now(-1_000)));
        assert_eq!(next(&mut socket), json!(["1.00", "1.00", "0.00", "REALTIME"]));
        assert_eq!(next(&mut socket), on_chain("1.00"));
        nothing_for(&mut socket, 1_000);
    }

    fn a_stale_balance_that_is_still_the_last_known_is_not_told_again(database) {
        let chain = sandbox(1);
        let token = database.program_with("acme", &wallets(1));
        let mut settings = vec![ACME, ("CARD_GATEWAY__BALANCES__REALTIME_MAX_AGE", "2s")];
        let gateway = database.serve_with(&settings);
        let mut socket = watch(&gateway, &token, MINE);
        assert_eq!(next(&mut socket), json!([null, null, null, null]));
        gateway.take(&balance("evt_1", MINE, "20.00", "3.00", &from_now(0)));
        let live = json!(["23.00", "20.00", "3.00", "REALTIME"]);
        assert_eq!(next(&mut socket), live);
        nothing_for(&mut socket, 3_500);
        drop((socket, gateway));
        // An endpoint that does not answer says no more.
        settings.push(("CARD_GATEWAY__BALANCES__RECONCILE_INTERVAL", "1h"));
        let gateway = database.serve_on(&[&chain], &settings);
        chain.set_fault(Some(Fault::Status(500, None)));
        gateway.take(&balance("evt_2", MINE, "20.00", "3.00", &from_now(0)));
        let mut socket = watch(&gateway, &token, MINE);
        assert_eq!(next(&mut socket), live);
        nothing_for(&mut socket, 6_000);
    }

    fn what_the_issuer_has_read_from_the_chain_is_told(database) {
        let token = database.program_with("acme", &wallets(1));
        let gateway = database.serve_with(&[ACME]);
        gateway.take(&balance("evt_1", MINE, "20.00", "3.00", &from_now(-60_000)));
        let mut socket = watch(&gateway, &token, MINE);
        assert_eq!(next(&mut socket), json!(["23.00", "20.00", "3.00", "REALTIME"]));
        let data = json!({ "external_customer_id": MINE, "ledger_balance": "22.00", "available_balance": "22.00", "pending_balance": null,
            "currency": "EUR", "balance_source": "reconciliation", "timestamp": from_now(-1_000) });
        gateway.take(&event("evt_2", "customer.balance.updated", &from_now(0), &data));
        assert_eq!(next(&mut socket), on_chain("22.00"));
        nothing_for(&mut socket, 700);
    }
}
