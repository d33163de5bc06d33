//! The issuer's wallets on the chain.

use card_gateway_sandbox::issuer::Currency;
use card_gateway_sandbox::{EUR, GBP, Sandbox, USD};
use serde_json::{Value, json};

use crate::support::{Tester, http};

#[test]
fn the_chain_has_what_the_issuer_says() {
    let tester = Tester::with(100);
    let chain = Sandbox::start().expect("a port");
    let wallets = tester.issuer.act(|program| {
        chain.mirror(program);
        let wallets =
            program.customers().filter_map(|found| found.currency.zip(found.wallet.clone()));
        wallets.collect::<Vec<_>>()
    });
    assert!(wallets.len() > 50);
    for (currency, wallet) in wallets {
        let (token, decimals) = match currency {
            Currency::Usd => (USD, 6),
            Currency::Eur => (EUR, 18),
            Currency::Gbp => (GBP, 18),
        };
        // balanceOf(address)
        let data = format!("0x70a08231{:0>64}", &wallet.address[2..]);
        let call = json!([{ "to": token, "data": data }, "latest"]);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": call });
        let request = http().post(chain.url()).header("content-type", "application/json");
        let answer =
            request.body(body.to_string()).send().and_then(reqwest::blocking::Response::text);
        let answer: Value = serde_json::from_str(&answer.expect("an answer")).expect("JSON");
        let digits = answer["result"].as_str().expect("a result").trim_start_matches("0x");
        let units = u128::from_str_radix(digits, 16).expect("a number");
        assert_eq!(units, u128::from(wallet.ledger.unsigned_abs()) * 10_u128.pow(decimals - 2));
    }
}
