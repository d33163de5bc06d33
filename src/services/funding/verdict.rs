//! Which of the payments that the issuer shows are those whose answers were lost.

use std::collections::HashSet;

use super::sighting::{Sighting, Sightings};
use crate::domain::payment::Payment;
use crate::domain::time::Timestamp;

/// What is known of a payment whose answer was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The issuer has made it: it is this one.
    Made(Box<Sighting>),
    /// The issuer does not show it, although it would by now.
    NotMade,
    /// Several could be it.
    Ambiguous,
    /// The issuer does not show it so far.
    NotShown,
}

/// A verdict on each of the payments, in their order. `rivals` are payments under way, to which
/// a sighting may belong as well; `taken` are sightings that belong to other payments. `grace`
/// is how many milliseconds after it was sent the issuer shows each payment that it makes.
pub(super) fn of_each(
    payments: &[Payment],
    rivals: &[Payment],
    seen: &Sightings,
    taken: &HashSet<String>,
    now: Timestamp,
    grace: i64,
) -> Vec<Verdict> {
    let free: Vec<&Sighting> = seen.all.iter().filter(|one| !taken.contains(&one.id)).collect();
    let fitting = |payment: &Payment| -> Vec<&Sighting> {
        let mut fitting: Vec<_> = free.iter().copied().filter(|one| one.fits(payment)).collect();
        fitting.sort_by_key(|one| (one.at, &one.id));
        fitting
    };
    let candidates: Vec<Vec<&Sighting>> = payments.iter().map(fitting).collect();
    let is_shared = |one: &Sighting| rivals.iter().any(|rival| one.fits(rival));
    let verdict = |(at, payment): (usize, &Payment)| {
        let mine = &candidates[at];
        if mine.is_empty() {
            let late = payment.sent_at.is_none_or(|sent| sent.plus_millis(grace) < now);
            return if late && seen.is_complete { Verdict::NotMade } else { Verdict::NotShown };
        }
        if mine.iter().any(|one| is_shared(one)) {
            return Verdict::NotShown;
        }
        // Payments that are alike, as many as sightings: each has one, whichever it is.
        let touching = |other: &&Vec<&Sighting>| other.iter().any(|one| mine.contains(one));
        let alike: Vec<&Vec<&Sighting>> = candidates.iter().filter(touching).collect();
        let is_clear = alike.len() == mine.len() && alike.iter().all(|other| *other == mine);
        let place = candidates[..at].iter().filter(|other| *other == mine).count();
        match mine.get(place).filter(|_| is_clear) {
            Some(one) => Verdict::Made(Box::new((*one).clone())),
            None => Verdict::Ambiguous,
        }
    };
    payments.iter().enumerate().map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sighting::tests::{funding, transfer};
    use super::*;

    const SENT: i64 = 60 * 60 * 1_000;
    const GRACE: i64 = 15 * 60 * 1_000;

    fn judge(
        payments: &[Payment],
        rivals: &[Payment],
        all: Vec<Sighting>,
        later: i64,
    ) -> Vec<String> {
        let seen = Sightings { all, is_complete: true };
        let taken = HashSet::from(["taken".to_owned()]);
        let now = Timestamp::from_millis(SENT + later).expect("a time");
        let verdicts = of_each(payments, rivals, &seen, &taken, now, GRACE);
        let name = |verdict: &Verdict| match verdict {
            Verdict::Made(one) => one.id.clone(),
            Verdict::NotMade => "not made".to_owned(),
            Verdict::Ambiguous => "ambiguous".to_owned(),
            Verdict::NotShown => "not shown".to_owned(),
        };
        verdicts.iter().map(name).collect()
    }

    #[test]
    fn each_sighting_is_one_payment_at_most() {
        let (one, two) = (funding("p1", 500, SENT), funding("p2", 500, SENT));
        let other = funding("p3", 700, SENT);
        let seen = |id: &str, cents: i64| transfer(id, cents, SENT + 1_000);
        let later = |id: &str| transfer(id, 500, SENT + 9_000);
        let cases: &[(&[&Payment], Vec<Sighting>, &[&str])] = &[
            (&[&one], vec![seen("t1", 500)], &["t1"]),
            (&[&one], vec![seen("taken", 500)], &["not shown"]),
            (&[&one], vec![seen("t1", 500), seen("taken", 500)], &["t1"]),
            (&[&one], vec![seen("t1", 700)], &["not shown"]),
            (&[&one, &other], vec![seen("t1", 700), seen("t2", 500)], &["t2", "t1"]),
            (&[&one, &other], vec![seen("t1", 700)], &["not shown", "t1"]),
            (&[&one], vec![seen("t1", 500), later("t2")], &["ambiguous"]),
            (&[&one, &two], vec![seen("t1", 500)], &["ambiguous", "ambiguous"]),
            (&[&one, &two], vec![later("t2"), seen("t1", 500)], &["t1", "t2"]),
        ];
        for (payments, all, expected) in cases {
            let payments: Vec<Payment> = payments.iter().map(|one| (*one).clone()).collect();
            assert_eq!(judge(&payments, &[], all.clone(), 10_000), *expected, "{all:?}");
        }
    }

    #[test]
    fn a_payment_under_way_may_be_the_one_that_is_shown() {
        let (one, rival) = (funding("p1", 500, SENT), funding("p2", 500, SENT));
        let seen = || vec![transfer("t1", 500, SENT + 1_000)];
        let payments = [one];
        assert_eq!(judge(&payments, &[rival], seen(), 10_000), ["not shown"]);
        let other = funding("p2", 700, SENT);
        assert_eq!(judge(&payments, &[other], seen(), 10_000), ["t1"]);
    }

    #[test]
    fn what_is_not_shown_for_long_was_not_made() {
        let payments = [funding("p1", 500, SENT)];
        assert_eq!(judge(&payments, &[], Vec::new(), GRACE - 1), ["not shown"]);
        assert_eq!(judge(&payments, &[], Vec::new(), GRACE + 1), ["not made"]);
        let seen = Sightings { all: Vec::new(), is_complete: false };
        let now = Timestamp::from_millis(SENT + 10 * GRACE).expect("a time");
        let verdicts = of_each(&payments, &[], &seen, &HashSet::new(), now, GRACE);
        assert_eq!(verdicts, [Verdict::NotShown], "the list may lack it");
    }
}
