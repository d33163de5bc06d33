//! The export as comma-separated values.

use serde_json::{Value, json};

use super::{customers, exported};
use crate::support::builders::minute;
use crate::support::{Line, on_both};

/// The rows of a text in the form of RFC 4180.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if is_quoted && rest.peek() == Some(&'"') => {
                rest.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted => {
                assert_eq!(rest.next(), Some('\n'), "a row ends with CR LF");
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(row.is_empty() && cell.is_empty(), "the last row ends");
    rows
}

on_both! {
    fn a_table_has_a_row_for_each_customer_and_no_formulas(database) {
        let formulas = ["=1+1", "+49 30", "-2", "@SUM(A1)", "a,b", "say \"hi\"", "=HYPERLINK(\"http://x\",\"y\")", "ü’😀", "'x"];
        let mut all: Vec<Line> = formulas.iter().zip(1..).map(|(text, number)| {
            Line::new(number).with("external_customer_id", *text).with("email", format!("{text}@example.com"))
        }).collect();
        all.push(Line::new(50).balance(-10_115, 1_925).cards(&["active", "voided", "frozen"]));
        all.push(Line::new(51).with("flow_status", "new_word").with("step", 4).with("next_action", "-call, now")
            .with("kyc_status", Value::Null).with("currency", Value::Null).with("safe_deployed", false));
        for number in 60..150 {
            all.push(Line::new(number));
        }
        let token = database.program_with("acme", &all);
        let gateway = database.serve();
        let answer = gateway.get(&token, "/export/card-customers.csv");
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"card-customers.csv\"");
        let table = rows(&answer.text);
        assert_eq!(table.len(), all.len() + 1);
        let names = &table[0];
        let plain = customers(&exported(&gateway, &token, ""));
        for (row, line) in table[1..].iter().zip(&plain) {
            assert_eq!(row.len(), names.len());
            let cell = |name: &str| &row[names.iter().position(|other| other == name).expect("a column")];
            for name in ["id", "yativo_card_id", "external_customer_id", "email", "flow_status", "step", "next_action", "kyc_status",
                "currency", "safe_deployed", "wallet_address", "created_at"] {
                let expected = match &line[name] {
                    Value::Null => String::new(),
                    Value::String(text) if text.starts_with(['=', '+', '-', '@']) => format!("'{text}"),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(*cell(name), expected, "{name}");
            }
        }
        let of = |number: usize| table[1..].iter().find(|row| row[0] == all[number].id()).expect("it is there");
        let cards: Vec<String> = [2, 1, 0].map(|at| uuid::Uuid::from_u128(50 * 100 + at).to_string()).to_vec();
        assert_eq!(of(9)[12..], ["-81.90".to_owned(), "-101.15".into(), "19.25".into(), "2026-05-12T14:30:00.000Z".into(), "2".into(), cards.join(" ")]);
        assert_eq!(of(10)[12..], ["", "", "", "", "0", ""].map(str::to_owned));
        // The same filter, and a row of names without any customer.
        assert_eq!(rows(&gateway.get(&token, "/export/card-customers.csv?has_cards=true").text).len(), 2);
        assert_eq!(rows(&gateway.get(&token, "/export/card-customers.csv?search=nobody").text), std::slice::from_ref(names));
        assert_eq!(gateway.get(&token, "/export/card-customers.csv?page=1").json()["details"], json!({ "query":
            "has no parameter page; it has statuses, issuer_flow_statuses, kyc_statuses, currencies, safe_deployed, has_cards, created_from, created_to, updated_from, updated_to, search" }));
        assert_eq!(gateway.warnings(), Vec::<String>::new());
        assert_eq!(minute(50), of(9)[11]);
    }
}
