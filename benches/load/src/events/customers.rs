//! Those whom the events are about.

/// The identifier of a customer, who are counted from 1.
pub(crate) fn id(number: i64) -> String {
    format!("65f0c0de{number:016x}")
}

/// So many customers as `import` reads them, with balances that are older than
/// any event.
pub(crate) fn lines(customers: i64) -> String {
    (1..=customers).map(|number| line(number) + "\n").collect()
}

fn line(number: i64) -> String {
    serde_json::json!({
        "id": id(number),
        "yativo_card_id": format!("yativo_card_customer_{number:06x}_1735718400000"),
        "external_customer_id": format!("usr_{number}"),
        "email": format!("customer{number}@example.com"),
        "flow_status": "active",
        "kyc_status": "approved",
        "currency": "EUR",
        "safe_deployed": true,
        "wallet_address": format!("0x{number:040x}"),
        "created_at": "2025-01-01T08:00:00.000Z",
        "balance": {
            "ledger_minor": 100_000,
            "available_minor": 90_000,
            "pending_minor": 10_000,
            "updated_at": "2025-01-01T09:00:00.000Z",
        },
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_24_digits() {
        assert_eq!(id(1), "65f0c0de0000000000000001");
        assert_eq!(id(1_000_000).len(), 24);
        assert_eq!(lines(3).lines().count(), 3);
    }
}
