//! Customers as comma-separated values (RFC 4180), safe to open in a spreadsheet: a text that a
//! spreadsheet would take for a formula gets an apostrophe before it.

use crate::domain::exported::{ExportedBalance, ExportedCard, ExportedCustomer};
use crate::domain::money::{Currency, Minor};

/// The columns, in the order of [`write`].
const HEAD: &[u8] = b"id,yativo_card_id,external_customer_id,email,flow_status,step,next_action,\
    kyc_status,currency,safe_deployed,wallet_address,created_at,ledger_balance,available_balance,\
    pending_balance,balance_updated_at,cards_count,card_ids\r\n";

/// The status of a card that does not count.
const VOID: &str = "voided";

/// Writes the row of names.
pub(super) fn head(to: &mut Vec<u8>) {
    to.extend_from_slice(HEAD);
}

/// Writes one row.
pub(super) fn write(customer: &ExportedCustomer<'_>, to: &mut Vec<u8>) {
    let ExportedCustomer { balance, cards, .. } = customer;
    for text in [
        Some(customer.id),
        Some(customer.yativo_card_id),
        customer.external_customer_id,
        Some(customer.email),
        Some(customer.flow_status),
    ] {
        cell(text.unwrap_or_default(), to);
    }
    if let Some(step) = customer.step {
        number(i64::from(step), to);
    }
    to.push(b',');
    for text in [customer.next_action, customer.kyc_status, customer.currency] {
        cell(text.unwrap_or_default(), to);
    }
    cell(if customer.safe_deployed { "true" } else { "false" }, to);
    cell(customer.wallet_address.unwrap_or_default(), to);
    cell(customer.created_at.text().as_str(), to);
    of_balance(balance.as_ref(), to);
    let counted = |card: &&ExportedCard<'_>| !card.is_stolen && card.status != VOID;
    let count = cards.iter().filter(counted).count();
    number(i64::try_from(count).unwrap_or(i64::MAX), to);
    to.push(b',');
    for (card, at) in cards.iter().zip(0..) {
        if at > 0 {
            to.push(b' ');
        }
        to.extend_from_slice(card.card_id.as_bytes());
    }
    to.extend_from_slice(b"\r\n");
}

/// Writes the four cells of a balance, in major units.
fn of_balance(balance: Option<&ExportedBalance>, to: &mut Vec<u8>) {
    let Some(balance) = balance else {
        to.extend_from_slice(b",,,,");
        return;
    };
    for minor in [balance.ledger_minor, balance.available_minor, balance.pending_minor] {
        if let Some(minor) = Minor::new(minor) {
            // A number, also if it begins with a minus.
            to.extend_from_slice(minor.decimal(Currency::DECIMALS).as_str().as_bytes());
        }
        to.push(b',');
    }
    cell(balance.updated_at.text().as_str(), to);
}

fn number(number: i64, to: &mut Vec<u8>) {
    use std::io::Write as _;
    // Writing to memory cannot fail.
    let _ = write!(to, "{number}");
}

/// Writes a text and a comma.
fn cell(text: &str, to: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let is_formula = matches!(bytes.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
    let is_quoted = bytes.iter().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n'));
    if is_quoted {
        to.push(b'"');
    }
    if is_formula {
        to.push(b'\'');
    }
    if is_quoted {
        for &byte in bytes {
            if byte == b'"' {
                to.push(b'"');
            }
            to.push(byte);
        }
        to.push(b'"');
    } else {
        to.extend_from_slice(bytes);
    }
    to.push(b',');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_are_no_formulas() {
        for (text, expected) in [
            ("", ","),
            ("plain", "plain,"),
            ("a,b", "\"a,b\","),
            ("say \"hi\"", "\"say \"\"hi\"\"\","),
            ("two\nlines", "\"two\nlines\","),
            ("=1+1", "'=1+1,"),
            ("+49", "'+49,"),
            ("-1", "'-1,"),
            ("@SUM(A1)", "'@SUM(A1),"),
            ("\tx", "'\tx,"),
            ("\rx", "\"'\rx\","),
            ("=\"a\",b", "\"'=\"\"a\"\",b\","),
            ("a=b", "a=b,"),
        ] {
            let mut to = Vec::new();
            cell(text, &mut to);
            assert_eq!(String::from_utf8_lossy(&to), expected, "{text:?}");
        }
    }
}
