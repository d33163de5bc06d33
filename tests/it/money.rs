//! Money comes out as it went in, to the cent.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Line, on_both};

const MAX: i64 = 9_007_199_254_740_991;

/// Amounts of every size, the ends among them.
fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(MAX),
        Just(MAX - 1),
        0..=MAX,
        (0_u32..53).prop_map(|bits| 1 << bits)
    ]
}

fn decimal(minor: i64) -> String {
    let (sign, minor) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    format!("{sign}{}.{:02}", minor / 100, minor % 100)
}

on_both! {
    fn imported_amounts_are_returned_exactly(database) {
        let mut runner = TestRunner::new(Config::with_cases(1));
        // The ledger is at most MAX, of either sign, and split anywhere.
        let one = (amount(), amount(), any::<bool>()).prop_map(|(ledger, pending, negative)| {
            let ledger = if negative { -(ledger / 2) } else { ledger };
            let pending = pending.min(if negative { MAX / 2 } else { ledger });
            (ledger - pending, pending)
        });
        let mut amounts = prop::collection::vec(one, 300).new_tree(&mut runner).expect("amounts").current();
        amounts.extend([(MAX, 0), (0, MAX), (-MAX, 0), (1, MAX - 1)]);
        let lines: Vec<Line> = amounts.iter().zip(1..)
            .map(|((available, pending), number)| Line::new(number).balance(*available, *pending))
            .collect();
        let token = database.program_with("acme", &lines);
        let gateway = database.serve();
        for (&(available, pending), line) in amounts.iter().zip(&lines) {
            let query = format!("{{ cardCustomer(identifier: \"{}\") {{ ledgerBalance availableBalance pendingBalance }} }}", line.id());
            let one = gateway.query(&token, &query).data()["cardCustomer"].take();
            let ledger = available + pending;
            assert_eq!(one["ledgerBalance"], decimal(ledger));
            assert_eq!(one["availableBalance"], decimal(available));
            assert_eq!(one["pendingBalance"], decimal(pending));
            let text = gateway.get(&token, &format!("/v1/card-issuer/customers/{}", line.id())).text;
            for (name, minor) in [("ledger", ledger), ("available", available), ("pending", pending)] {
                // Compared as text: a parser could round.
                let decimal = decimal(minor);
                let number = decimal.trim_end_matches('0').trim_end_matches('.');
                assert!(text.contains(&format!("\"{name}_balance\":{number},\"{name}_balance_minor\":{minor},")), "{name} {minor} {text}");
            }
        }
    }

    fn amounts_that_do_not_add_up_are_refused(database) {
        database.succeed(&["program", "create", "--name", "acme"], "");
        let line = |available: i64, pending| Line::new(1).balance(available, pending).0.to_string();
        let off_by_one = line(100, 5).replace("105", "106");
        for (text, reason) in [
            (off_by_one, "balance.ledger_minor is not available_minor + pending_minor"),
            (line(MAX, 1), "balance.ledger_minor is not between -9007199254740991 and 9007199254740991"),
            (line(1, 1).replace("\"ledger_minor\":2", "\"ledger_minor\":2.0"), "not valid"),
        ] {
            let output = database.run(&["import", "--program", "acme", "-"], &text);
            assert_eq!(output.status.code(), Some(1));
            let said = String::from_utf8(output.stderr).expect("UTF-8");
            assert!(said.contains(&format!("line 1: {reason}")), "{said}");
        }
    }
}
