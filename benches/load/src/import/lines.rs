//! The file of an import: seven of ten customers have a wallet, a balance and a card.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use crate::failure::{Result, While as _};
use crate::text::Time;

/// 2023-01-01, and three years from there, in milliseconds.
const FIRST: i64 = 1_672_531_200_000;
const SPAN: i64 = 94_694_400_000;

/// 2^32 divided by the golden ratio: multiples of it, cut to 32 bits, scatter evenly.
const SCATTER: i64 = 2_654_435_761;

/// Statuses of ten customers.
const STATUSES: [&str; 10] = [
    "active",
    "active",
    "active",
    "active",
    "active",
    "active",
    "card_created",
    "otp_requested",
    "kyc_initiated",
    "kyc_completed",
];

/// Writes so many customers, in the order of their creation, as exports have them.
pub(crate) fn write(path: &Path, customers: i64) -> Result<()> {
    let mut file = BufWriter::new(File::create(path).during(path.display())?);
    for number in 1..=customers {
        writeln!(file, "{}", line(number, customers))?;
    }
    file.flush()?;
    Ok(())
}

fn line(number: i64, customers: i64) -> Value {
    // All over the place, as the issuer's identifiers are: indexes have it harder with those.
    let scattered = (number * SCATTER) & 0xffff_ffff;
    let created = FIRST + (number - 1) * (SPAN / customers) + scattered % (SPAN / customers);
    let status = STATUSES[usize::try_from(scattered >> 8).unwrap_or(0) % STATUSES.len()];
    let mut line = json!({
        // Identifiers begin with the time, as the issuer's do.
        "id": format!("{:08x}{scattered:08x}{number:08x}", created / 1_000),
        "yativo_card_id": format!("yativo_card_customer_{scattered:08x}_{created}"),
        "external_customer_id": format!("usr_{number}"),
        "email": format!("customer{number}@example.com"),
        "flow_status": status,
        "kyc_status": "approved",
        "created_at": Time(created),
    });
    if matches!(status, "active" | "card_created") {
        let deployed = json!({
            "currency": "EUR",
            "safe_deployed": true,
            "wallet_address": format!("0x{scattered:08x}{number:032}"),
            "balance": {
                "ledger_minor": 100_000 + number,
                "available_minor": 90_000 + number,
                "pending_minor": 10_000,
                "updated_at": Time(created + 86_400_000),
            },
            "cards": [{
                "card_id": format!("{scattered:08x}-0000-4000-8000-{number:012}"),
                "last_four": format!("{:04}", number % 10_000),
                "card_type": "virtual",
                "status": "active",
                "activated_at": Time(created + 7_200_000),
                "created_at": Time(created + 3_600_000),
            }],
        });
        if let (Value::Object(line), Value::Object(deployed)) = (&mut line, deployed) {
            line.extend(deployed);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_all_different_and_most_have_a_card() {
        let lines: Vec<Value> = (1..=1_000).map(|number| line(number, 1_000)).collect();
        let with_card = lines.iter().filter(|line| line["cards"].is_array()).count();
        assert!((650..750).contains(&with_card), "{with_card}");
        let ids: std::collections::HashSet<String> =
            lines.iter().map(|line| line["id"].to_string()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(lines.iter().all(|line| line["id"].as_str().is_some_and(|id| id.len() == 24)));
    }
}
