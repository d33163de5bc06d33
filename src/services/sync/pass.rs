//! One pass over all pages of the issuer's list.
//!
//! How far it has come is committed with each page, so that it goes on there if it
//! is interrupted at any moment. The order of the list is not documented, and the list
//! moves while it is read: a customer can slip from a page that is read later to one
//! that was read before. So a pass counts the customers that it has seen. Unless these are
//! all, and the total stayed the same, it sweeps over the pages once more.

use std::collections::HashSet;

use super::context::Context;
use super::customer::{hash_of, merged};
use super::report::Summary;
use super::seen::Seen;
use super::{balance, gone};
use crate::domain::change::{ChangeKind, ChangedCustomers};
use crate::domain::customer::Customer;
use crate::domain::customer_names::CustomerNames;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::issuer::{CustomersPage, IssuerCustomer};
use crate::services::records;
use crate::store::{IssuerRecord, Record, SyncPass, WriteTx};

/// Customers of a page: the most that the issuer allows.
const PAGE: u64 = 100;
/// After so many sweeps, customers that were not seen are left to the next pass.
const SWEEPS: u64 = 3;
/// How long the rows of customers who are gone stay, in milliseconds: 30 days. So many are
/// removed at the end of a pass.
const GONE_KEPT: i64 = 30 * 24 * 60 * 60 * 1_000;
const REMOVED_AT_ONCE: u64 = 1_000;

/// A pass over all pages of the issuer's list.
pub(super) struct Pass<'a> {
    context: Context<'a>,
    state: SyncPass,
    seen: Seen,
}

/// A page, and when it was asked for.
struct Fetched {
    page: CustomersPage,
    at: Timestamp,
}

/// A customer of a page.
struct Listed<'a> {
    said: &'a IssuerCustomer,
    item_hash: i64,
    customer: Customer,
    /// The customer's stated number of cards before this page.
    stated_before: Option<i64>,
    is_new: bool,
}

impl<'a> Pass<'a> {
    /// Goes on with the pass that was interrupted, or begins one.
    pub(super) async fn open(context: Context<'a>) -> Result<Self> {
        let Context { store, program, lease, .. } = context;
        if let Some(state) = store.sync_state(program.id).await?.pass {
            let seen = Seen::of(&store.sync_pages(program.id).await?, state.sweep);
            return Ok(Self { context, state, seen });
        }
        let state = SyncPass::begin(Timestamp::now());
        let tx = store.write_import(program.id).await?;
        lease.check_in(&tx).await?;
        tx.clear_sync_pages().await?;
        tx.put_sync_pass(&state).await?;
        tx.commit().await?;
        let mut seen = Seen::default();
        seen.begin(1);
        Ok(Self { context, state, seen })
    }

    /// Reads all pages that are left, then looks for those who are on none of them;
    /// `accept_gone`: however many these are.
    ///
    /// # Errors
    /// If the issuer or the store fails. What was read is stored, and the next run goes
    /// on behind it.
    pub(super) async fn run(mut self, accept_gone: bool) -> Result<Summary> {
        while let Some(first) = self.state.next_page {
            self.sweep(first).await?;
        }
        let Self { context, seen, state } = &mut self;
        let gone = gone::look_for(*context, accept_gone, seen, state).await?;
        self.complete(gone).await
    }

    /// Reads the pages of a sweep from `first` on. The next page is asked for while one
    /// is written.
    async fn sweep(&mut self, first: u64) -> Result<()> {
        let mut number = first;
        let mut fetched = self.fetch(number).await?;
        loop {
            self.context.lease.check()?;
            let is_last = fetched.is_last(number);
            let asked = Self::fetch_from(self.context, number + 1);
            let next = async { if is_last { Ok(None) } else { asked.await.map(Some) } };
            let (written, next) = tokio::join!(self.write(number, fetched, is_last), next);
            written?;
            self.context.report.progress(self.seen.in_sweep(), self.state.total);
            match next? {
                Some(next) => (number, fetched) = (number + 1, next),
                None => return Ok(()),
            }
        }
    }

    async fn fetch(&self, number: u64) -> Result<Fetched> {
        Self::fetch_from(self.context, number).await
    }

    async fn fetch_from(
        Context { client, program, .. }: Context<'_>,
        number: u64,
    ) -> Result<Fetched> {
        let at = Timestamp::now();
        let page = client.customers_page(number, PAGE).await.map_err(|error| {
            let name = &program.name;
            let message = format!(
                "page {number} of {name}'s customers was not read; run it again to go on there"
            );
            Error::new(Kind::Unavailable, message).because(error)
        })?;
        Ok(Fetched { page, at })
    }

    /// Writes what a page says, and that it is read.
    async fn write(&mut self, number: u64, fetched: Fetched, is_last: bool) -> Result<()> {
        let Context { store, program, lease, .. } = self.context;
        let Fetched { page, at } = fetched;
        let tx = store.write_import(program.id).await?;
        lease.check_in(&tx).await?;
        let listed = listed(&tx, &page.customers, at).await?;
        let unnamed = page.customers.len() - listed.len() + page.unreadable;
        let ids: Vec<String> = listed.iter().map(|of| of.customer.id.clone()).collect();
        let new: HashSet<&str> =
            listed.iter().filter(|of| of.is_new).map(|of| of.customer.id.as_str()).collect();
        let changed = put(&tx, &listed, &ids, at).await?;
        self.state.added += new.len() as u64;
        self.state.changed += changed.iter().filter(|id| !new.contains(id.as_str())).count() as u64;
        tx.put_sync_page(self.state.sweep, number, Seen::text(&ids)).await?;
        for id in &ids {
            self.seen.add(id);
        }
        count_page(&mut self.state, number, &page, unnamed);
        if is_last {
            end_sweep(&mut self.state, &mut self.seen);
        }
        tx.put_sync_pass(&self.state).await?;
        tx.commit().await
    }

    /// Stores who is gone, and that the pass is complete.
    async fn complete(self, gone: Vec<String>) -> Result<Summary> {
        let Context { store, program, lease, .. } = self.context;
        let tx = store.write_import(program.id).await?;
        lease.check_in(&tx).await?;
        tx.clear_sync_pages().await?;
        let (now, count) = (Timestamp::now(), gone.len() as u64);
        if !gone.is_empty() {
            let changed = ChangedCustomers::all(gone.clone(), ChangeKind::Gone);
            tx.record_changes_of(changed).await?;
            tx.mark_gone(gone, now).await?;
        }
        tx.remove_gone(now.plus_millis(-GONE_KEPT), REMOVED_AT_ONCE).await?;
        tx.complete_sync_pass(now).await?;
        tx.commit().await?;
        let SyncPass { calls, added, changed, .. } = self.state;
        let customers = self.seen.count();
        Ok(Summary { customers, calls, added, changed, gone: count, details: 0 })
    }
}

impl Fetched {
    /// Whether no page comes behind this one.
    fn is_last(&self, number: u64) -> bool {
        let items = self.page.customers.len() + self.page.unreadable;
        let size = self.page.limit.filter(|size| (1..=PAGE).contains(size)).unwrap_or(PAGE);
        let before = match self.page.total {
            Some(total) => number.saturating_mul(size) >= total,
            None => (items as u64) < size,
        };
        items == 0 || before
    }
}

/// A page was read.
fn count_page(state: &mut SyncPass, number: u64, page: &CustomersPage, unnamed: usize) {
    state.calls += 1;
    state.steady &= number == 1 || state.total == page.total;
    state.total = page.total;
    state.unreadable += unnamed as u64;
    state.next_page = Some(number + 1);
}

/// The last page of a sweep was read: another sweep begins, or there is none.
fn end_sweep(state: &mut SyncPass, seen: &mut Seen) {
    let all = state.total.is_none_or(|total| seen.in_sweep() + state.unreadable == total);
    if (all && state.steady) || state.sweep >= SWEEPS {
        state.next_page = None;
        return;
    }
    state.sweep += 1;
    state.next_page = Some(1);
    state.total = None;
    state.steady = true;
    state.unreadable = 0;
    seen.begin(state.sweep);
}

/// The customers of a page, each put together with the one who is stored.
async fn listed<'a>(
    tx: &WriteTx,
    items: &'a [IssuerCustomer],
    at: Timestamp,
) -> Result<Vec<Listed<'a>>> {
    let card_ids = items.iter().filter_map(|said| said.yativo_card_id.clone()).collect();
    let ids = items.iter().filter_map(IssuerCustomer::canonical_id).collect();
    let stored = tx.customers_with_ids(card_ids, ids).await?;
    let names = CustomerNames::new(&stored);
    let listed = items.iter().filter_map(|said| {
        let id = said.canonical_id();
        let known = names.find_listed(said.yativo_card_id.as_deref(), id.as_deref());
        let customer = merged(said, known, at)?;
        let stated_before = known.and_then(|known| known.stated_cards_count);
        let item_hash = hash_of(said);
        Some(Listed { said, item_hash, customer, stated_before, is_new: known.is_none() })
    });
    Ok(listed.collect())
}

/// Writes the customers of a page, and notes whose details are to be read. Returns the
/// customers that are not as they were.
async fn put(
    tx: &WriteTx,
    listed: &[Listed<'_>],
    ids: &[String],
    at: Timestamp,
) -> Result<Vec<String>> {
    let wallets = tx.wallets(ids.to_vec()).await?;
    let stored = tx.issuer_records(ids.to_vec()).await?;
    let balances = listed.iter().filter_map(|Listed { said, customer, .. }| {
        let wallet = balance::replacing(&said.balance, wallets.get(&customer.id), at)?;
        Some((customer.id.clone(), wallet))
    });
    let records = listed.iter().map(|of| {
        let mut customer = of.customer.clone();
        // An item that has not changed says nothing newer than the cards that are known.
        if stored.get(&customer.id).is_some_and(|stored| stored.item_hash == of.item_hash) {
            customer.stated_cards_count = of.stated_before;
        }
        Record { customer, balance: None, cards: Vec::new() }
    });
    let changed = records::put(tx, records.collect(), balances.collect(), at).await?;
    let said = listed.iter().filter_map(|&Listed { item_hash, ref customer, .. }| {
        match stored.get(&customer.id) {
            Some(stored) if stored.item_hash == item_hash => None,
            Some(stored) => Some(IssuerRecord {
                item_hash,
                wanted_at: stored.wanted_at.or(Some(at)),
                ..stored.clone()
            }),
            None => Some(IssuerRecord {
                customer_id: customer.id.clone(),
                item_hash,
                details_at: None,
                wanted_at: None,
                due_at: at,
            }),
        }
    });
    let said: Vec<IssuerRecord> = said.collect();
    if !said.is_empty() {
        tx.put_issuer_records(said).await?;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(items: usize, total: Option<u64>) -> Fetched {
        let page = CustomersPage {
            customers: Vec::new(),
            unreadable: items,
            total,
            page: None,
            limit: Some(100),
            balances_included: None,
        };
        Fetched { page, at: Timestamp::now() }
    }

    #[test]
    fn which_page_is_the_last() {
        for (number, items, total, expected) in [
            (1, 100, Some(250), false),
            (2, 100, Some(250), false),
            (3, 50, Some(250), true),
            (3, 100, Some(300), true),
            (1, 0, Some(0), true),
            (2, 0, Some(900), true),
            (2, 99, Some(900), false),
            (7, 100, None, false),
            (8, 99, None, true),
            (8, 0, None, true),
        ] {
            let is_last = page(items, total).is_last(number);
            assert_eq!(is_last, expected, "page {number}: {items} of {total:?}");
        }
    }

    #[test]
    fn a_sweep_that_has_not_seen_everybody_is_repeated_a_few_times() {
        let fresh = || SyncPass::begin(Timestamp::now());
        let ids: Vec<String> = (0..9).map(|number| format!("{number:024x}")).collect();
        // Totals of two pages, the customers of both, and whether that is all.
        let all: &[(&[u64], &[usize], bool)] = &[
            (&[4, 4], &[0, 1, 2, 3], true),
            (&[4, 4], &[0, 1, 1, 3], false),
            (&[4, 5], &[0, 1, 2, 3, 4], false),
            (&[5, 4], &[0, 1, 2, 3], false),
        ];
        for (totals, shown, expected) in all {
            let (mut state, mut seen) = (fresh(), Seen::default());
            seen.begin(1);
            for (number, total) in (1..).zip(*totals) {
                count_page(&mut state, number, &page(0, Some(*total)).page, 0);
            }
            shown.iter().for_each(|at| seen.add(&ids[*at]));
            end_sweep(&mut state, &mut seen);
            let next = (state.sweep, state.next_page);
            let wanted = if *expected { (1, None) } else { (2, Some(1)) };
            assert_eq!(next, wanted, "{totals:?} {shown:?}");
        }
        let (mut state, mut seen) = (fresh(), Seen::default());
        let mut sweeps = 0;
        while state.next_page.is_some() {
            sweeps += 1;
            count_page(&mut state, 1, &page(0, Some(2)).page, 0);
            seen.add(&ids[0]);
            end_sweep(&mut state, &mut seen);
        }
        assert_eq!(sweeps, SWEEPS);
    }
}
