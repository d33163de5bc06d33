//! What a synchronisation tells while it runs, and at its end.

/// Receives the progress of a synchronisation.
pub trait Report: Send + Sync {
    /// So many customers have been seen, of so many in all if that is known.
    fn progress(&self, customers: u64, total: Option<u64>);
    /// The details of so many customers have been read.
    fn details(&self, customers: u64);
    /// Something that an operator should know, as a sentence.
    fn note(&self, text: &str);
}

/// What a pass has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Customers who are there.
    pub customers: u64,
    /// Calls of the issuer.
    pub calls: u64,
    /// Customers who were not known before.
    pub added: u64,
    /// Customers who are not as they were.
    pub changed: u64,
    /// Customers who are gone.
    pub gone: u64,
    /// Customers whose details were read.
    pub details: u64,
}

/// `12,345 customers in 124 calls: 3 new, 17 changed, 1 gone`.
impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { customers, calls, added, changed, gone, details } = *self;
        let (customers, calls) = (counted(customers, "customer"), counted(calls, "call"));
        let [added, changed, gone] = [added, changed, gone].map(grouped);
        write!(f, "{customers} in {calls}: {added} new, {changed} changed, {gone} gone")?;
        if details > 0 { write!(f, "; details of {}", grouped(details)) } else { Ok(()) }
    }
}

fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// A number with a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_sentence() {
        let one = Summary {
            customers: 12_345,
            calls: 124,
            added: 3,
            changed: 17,
            gone: 1,
            ..Summary::default()
        };
        assert_eq!(one.to_string(), "12,345 customers in 124 calls: 3 new, 17 changed, 1 gone");
        let two = Summary {
            customers: 1,
            calls: 1,
            added: 1_000_000,
            details: 2_000,
            ..Summary::default()
        };
        let text = "1 customer in 1 call: 1,000,000 new, 0 changed, 0 gone; details of 2,000";
        assert_eq!(two.to_string(), text);
    }
}
