//! What the issuer's API says of a wallet, beside what is known of it.

use crate::domain::balance::{Freshness, WalletBalance};
use crate::domain::ledger::wallet::Wallet;
use crate::domain::time::Timestamp;
use crate::issuer::IssuerBalance;

/// A balance that the issuer does not date replaces a known one only when that is so
/// old that the issuer itself would read the chain: two hours, in milliseconds.
const OLD: i64 = 2 * 60 * 60 * 1_000;

/// The wallet after what the issuer says, at `now`; none if it stays as it is known.
///
/// The list has no times. What it says fills a gap, until a balance with a time is
/// there: an event's, or that of the customer's own page.
pub(super) fn replacing(
    said: &IssuerBalance,
    known: Option<&Wallet>,
    now: Timestamp,
) -> Option<Wallet> {
    let at = said.updated_at.filter(|at| !at.is_future(now));
    let balance = stated(said, at.unwrap_or(now))?;
    let Some(known) = known else {
        return Some(if at.is_some() { Wallet::stated(balance) } else { Wallet::undated(balance) });
    };
    match at {
        Some(_) if known.is_undated() => Some(Wallet::stated(balance)),
        Some(at) => (at > known.snapshot.updated_at).then(|| Wallet::stated(balance)),
        None => {
            let is_old = now.millis() - known.current.updated_at.millis() >= OLD;
            let is_other = !says_the_same(&balance, &known.current);
            ((known.is_undated() || is_old) && is_other).then(|| Wallet::undated(balance))
        }
    }
}

/// The balance with a time; none if the issuer says none, or one that cannot be.
fn stated(said: &IssuerBalance, at: Timestamp) -> Option<WalletBalance> {
    let ledger = said.ledger.or(said.available);
    match said.freshness.as_deref()?.parse().ok()? {
        Freshness::Realtime => WalletBalance::live(ledger?, said.available?, said.pending?, at),
        Freshness::OnChain => Some(WalletBalance::reconciled(ledger?, at)),
    }
}

fn says_the_same(one: &WalletBalance, other: &WalletBalance) -> bool {
    (one.ledger, one.available, one.pending, one.source)
        == (other.ledger, other.available, other.pending, other.source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Minor;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("in range")
    }

    fn said(ledger: i64, pending: Option<i64>, updated_at: Option<i64>) -> IssuerBalance {
        IssuerBalance {
            ledger: Minor::new(ledger),
            available: Minor::new(ledger - pending.unwrap_or(0)),
            pending: pending.and_then(Minor::new),
            freshness: Some(if pending.is_some() { "realtime" } else { "on_chain" }.to_owned()),
            updated_at: updated_at.map(at),
        }
    }

    #[test]
    fn which_balance_of_the_issuer_replaces_which() {
        let now = at(10 * OLD);
        let live = |ledger: i64, time: i64| {
            let minor = |amount| Minor::new(amount).expect("in range");
            let balance = WalletBalance::live(minor(ledger), minor(ledger), minor(0), at(time));
            Wallet::stated(balance.expect("it adds up"))
        };
        let recent = live(500, now.millis() - OLD + 1);
        let old = live(500, now.millis() - OLD);
        let undated = Wallet::undated(live(500, now.millis() - 1).current);
        let (before, after) = (recent.snapshot.updated_at.millis() - 1, now.millis() - 5);
        for (what, said, known, expected) in [
            ("nothing known, no time", said(700, Some(0), None), None, Some((700, true))),
            ("nothing known", said(700, Some(0), Some(after)), None, Some((700, false))),
            ("newer", said(700, Some(0), Some(after)), Some(&recent), Some((700, false))),
            ("newer, by chain", said(700, None, Some(after)), Some(&recent), Some((700, false))),
            ("older", said(700, Some(0), Some(before)), Some(&recent), None),
            ("no time, a recent one", said(700, Some(0), None), Some(&recent), None),
            ("no time, an old one", said(700, None, None), Some(&old), Some((700, true))),
            ("no time, the same", said(500, Some(0), None), Some(&old), None),
            (
                "no time, none before either",
                said(700, Some(0), None),
                Some(&undated),
                Some((700, true)),
            ),
            ("the same without a time", said(500, Some(0), None), Some(&undated), None),
            (
                "a time for one without",
                said(500, Some(0), Some(before)),
                Some(&undated),
                Some((500, false)),
            ),
            ("the future", said(700, Some(0), Some(20 * OLD)), Some(&recent), None),
        ] {
            let wallet = replacing(&said, known, now);
            let shown = wallet.map(|of| (of.current.ledger.get(), of.is_undated()));
            assert_eq!(shown, expected, "{what}");
        }
    }

    #[test]
    fn a_balance_that_cannot_be_is_none() {
        let now = at(10 * OLD);
        let odd = IssuerBalance { ledger: Minor::new(9), ..said(700, Some(0), None) };
        assert_eq!(replacing(&odd, None, now), None, "it does not add up");
        let unknown = IssuerBalance { freshness: Some("hearsay".into()), ..said(7, Some(0), None) };
        assert_eq!(replacing(&unknown, None, now), None);
        assert_eq!(replacing(&IssuerBalance::default(), None, now), None);
    }
}
