//! Pages of a list: by page number, or by cursors. The order of a list is total, so that
//! both agree.

use super::cursor::{ListId, Position};
use crate::error::{Error, FieldError, Result};

/// Default number of items of a page.
pub const DEFAULT_SIZE: i64 = 20;
/// Maximum number of items of a page.
pub const MAX_SIZE: i64 = 100;
/// The last page number: the largest `Int` of GraphQL.
pub const MAX_PAGE: i64 = i32::MAX as i64;

/// The order of a list of customers; ties are broken by identifier, in the same direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// By creation time, newest first.
    #[default]
    NewestFirst,
    /// By creation time, oldest first.
    OldestFirst,
    /// By the time of the last change, latest first.
    LatestChangeFirst,
    /// By the time of the last change, earliest first.
    EarliestChangeFirst,
    /// By e-mail address in lower case, by its bytes.
    ByEmail,
}

impl Order {
    /// Whether the greatest value comes first.
    pub const fn is_descending(self) -> bool {
        matches!(self, Self::NewestFirst | Self::LatestChangeFirst)
    }

    /// Whether it sorts by the creation time.
    pub const fn is_by_creation(self) -> bool {
        matches!(self, Self::NewestFirst | Self::OldestFirst)
    }

    /// Whether it sorts by the time of the last change.
    pub const fn is_by_change(self) -> bool {
        matches!(self, Self::LatestChangeFirst | Self::EarliestChangeFirst)
    }

    /// Whether it sorts by a text, not by a time.
    pub const fn is_by_text(self) -> bool {
        matches!(self, Self::ByEmail)
    }
}

/// The paging arguments of a client, unchecked. Absent and null are the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageArgs<'a> {
    /// The number of the page, from 1.
    pub page: Option<i64>,
    /// The size of a numbered page.
    pub per_page: Option<i64>,
    /// The number of items from the beginning.
    pub first: Option<i64>,
    /// The cursor after which the page starts.
    pub after: Option<&'a str>,
    /// The number of items from the end.
    pub last: Option<i64>,
    /// The cursor before which the page ends.
    pub before: Option<&'a str>,
}

impl PageArgs<'_> {
    /// The requested window of `list`. Without page and cursor, it is page 1.
    ///
    /// # Errors
    /// `Invalid`, with every invalid argument.
    pub fn window(&self, list: ListId) -> Result<Window> {
        let mut wrong = Vec::new();
        let page = checked("page", self.page, 1, MAX_PAGE, &mut wrong).unwrap_or(1);
        let per_page = checked("perPage", self.per_page, 1, MAX_SIZE, &mut wrong);
        let mut first = checked("first", self.first, 0, MAX_SIZE, &mut wrong);
        let mut last = checked("last", self.last, 0, MAX_SIZE, &mut wrong);
        let after = cursor("after", self.after, list, &mut wrong);
        let before = cursor("before", self.before, list, &mut wrong);
        let of_cursors = [
            ("first", self.first.is_some()),
            ("after", self.after.is_some()),
            ("last", self.last.is_some()),
            ("before", self.before.is_some()),
        ];
        let given = of_cursors.iter().find(|(_, is_given)| *is_given);
        let numbered = self.page.is_some() || self.per_page.is_some();
        if let (true, Some((given, _))) = (numbered, given) {
            wrong.push(FieldError::new(given, "cannot be combined with page or perPage"));
        }
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        if given.is_none() {
            return Ok(Window::Numbered { page, per_page: per_page.unwrap_or(DEFAULT_SIZE) });
        }
        if first.is_none() && last.is_none() {
            // With `before` alone, the page is the one that ends there.
            let backward = before.is_some() && after.is_none();
            *(if backward { &mut last } else { &mut first }) = Some(DEFAULT_SIZE);
        }
        Ok(Window::Cursors { after, before, first, last })
    }
}

fn checked(
    field: &'static str,
    value: Option<i64>,
    min: i64,
    max: i64,
    wrong: &mut Vec<FieldError>,
) -> Option<i64> {
    if value.is_some_and(|value| value < min || value > max) {
        wrong.push(FieldError::new(field, format!("must be between {min} and {max}")));
    }
    value
}

fn cursor(
    field: &'static str,
    text: Option<&str>,
    list: ListId,
    wrong: &mut Vec<FieldError>,
) -> Option<Position> {
    let parsed = text.map(|text| Position::from_cursor(text, list)).transpose();
    parsed.unwrap_or_else(|what| {
        wrong.push(FieldError::new(field, what));
        None
    })
}

/// A checked window of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// A page by its number.
    Numbered {
        /// From 1 to [`MAX_PAGE`].
        page: i64,
        /// From 1 to [`MAX_SIZE`].
        per_page: i64,
    },
    /// Items between two positions, both exclusive, by Relay's specification: the first ones
    /// of them, or the last ones, or the last ones of the first ones. One of the two numbers
    /// is there.
    Cursors {
        /// Items after it; from the beginning, if none.
        after: Option<Position>,
        /// Items before it; to the end, if none.
        before: Option<Position>,
        /// How many from the beginning, 0 to [`MAX_SIZE`].
        first: Option<i64>,
        /// How many from the end, 0 to [`MAX_SIZE`].
        last: Option<i64>,
    },
}

impl Window {
    /// Maximum number of items.
    pub fn size(&self) -> i64 {
        match self {
            Self::Numbered { per_page, .. } => *per_page,
            Self::Cursors { first, last, .. } => {
                first.iter().chain(last).copied().min().unwrap_or(0)
            }
        }
    }

    /// How many items have to be read at most: one more than belong to the window shows
    /// whether there are others.
    pub fn reads(&self) -> i64 {
        match self {
            Self::Numbered { per_page, .. } => per_page + 1,
            Self::Cursors { first, last, .. } => {
                first.iter().chain(last).copied().max().unwrap_or(0) + 1
            }
        }
    }

    /// Whether the list is read from its end, or from [`Window::before`] on.
    pub const fn is_backward(&self) -> bool {
        matches!(self, Self::Cursors { first: None, .. })
    }

    /// The offset: how many items come before.
    pub const fn offset(&self) -> i64 {
        match self {
            Self::Numbered { page, per_page } => (*page - 1) * *per_page,
            Self::Cursors { .. } => 0,
        }
    }

    /// The position after which the window starts.
    pub const fn after(&self) -> Option<&Position> {
        match self {
            Self::Numbered { .. } => None,
            Self::Cursors { after, .. } => after.as_ref(),
        }
    }

    /// The position before which the window ends.
    pub const fn before(&self) -> Option<&Position> {
        match self {
            Self::Numbered { .. } => None,
            Self::Cursors { before, .. } => before.as_ref(),
        }
    }

    /// Whether the window begins or ends at a position, which is one of a single list.
    pub const fn has_cursor(&self) -> bool {
        self.after().is_some() || self.before().is_some()
    }
}

/// The items of a window, and whether there are others around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// Whether at least one more item follows.
    pub has_next: bool,
    /// Whether at least one item comes before. Of a page by number it says whether the page is
    /// another one than the first.
    pub has_previous: bool,
}

impl<T> Slice<T> {
    /// The slice of a window, from the items that were read for it, at most
    /// [`Window::reads`], in the order in which the window reads them.
    ///
    /// What is beyond a window's other end is not looked at: by Relay's specification, a
    /// position there says that something is.
    pub fn of(window: &Window, mut items: Vec<T>) -> Self {
        let read = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let places = |number: i64| usize::try_from(number).unwrap_or(0);
        match window {
            Window::Numbered { page, per_page } => {
                items.truncate(places(*per_page));
                Self { items, has_next: read > *per_page, has_previous: *page > 1 }
            }
            Window::Cursors { after, last, first: Some(first), .. } => {
                items.truncate(places(*first));
                let cut = last.map_or(0, |last| items.len().saturating_sub(places(last)));
                items.drain(..cut);
                let has_previous = last.map_or(after.is_some(), |last| read > last);
                Self { items, has_next: read > *first, has_previous }
            }
            Window::Cursors { before, last, first: None, .. } => {
                let last = last.unwrap_or(0);
                items.truncate(places(last));
                items.reverse();
                Self { items, has_next: before.is_some(), has_previous: read > last }
            }
        }
    }
}

/// The number of pages of `per_page` items for `total` items.
pub const fn pages(total: i64, per_page: i64) -> i64 {
    if per_page <= 0 { 0 } else { (total + per_page - 1) / per_page }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn position(key: &str) -> Position {
        Position::at(Timestamp::parse("2026-04-20T08:00:00.001Z").expect("a moment"), key)
    }

    #[test]
    fn the_two_doors_do_not_mix() {
        let list = ListId::of(&["customers"]);
        let cursor = position("a").to_cursor(list);
        let (after, before) = (Some(cursor.as_str()), Some(cursor.as_str()));
        let none = PageArgs::default();
        for (args, fields) in [
            (PageArgs { page: Some(0), ..none }, vec!["page"]),
            (PageArgs { page: Some(i64::MAX), ..none }, vec!["page"]),
            (PageArgs { per_page: Some(101), ..none }, vec!["perPage"]),
            (PageArgs { page: Some(-1), per_page: Some(0), ..none }, vec!["page", "perPage"]),
            (PageArgs { first: Some(101), ..none }, vec!["first"]),
            (PageArgs { first: Some(-1), last: Some(-1), ..none }, vec!["first", "last"]),
            (PageArgs { page: Some(1), first: Some(1), ..none }, vec!["first"]),
            (PageArgs { per_page: Some(1), after, ..none }, vec!["after"]),
            (PageArgs { per_page: Some(1), last: Some(1), ..none }, vec!["last"]),
            (PageArgs { page: Some(1), before, ..none }, vec!["before"]),
            (PageArgs { after: Some("x"), before: Some("y"), ..none }, vec!["after", "before"]),
        ] {
            let error = args.window(list).expect_err("refused");
            let named: Vec<_> = error.fields().iter().map(|bad| bad.field).collect();
            assert_eq!(named, fields, "{args:?}");
        }
        let (at, none_at) = (Some(position("a")), None);
        for (args, window) in [
            (none, Window::Numbered { page: 1, per_page: 20 }),
            (PageArgs { after, ..none }, cursors(at.clone(), None, Some(20), None)),
            (PageArgs { before, ..none }, cursors(None, at.clone(), None, Some(20))),
            (PageArgs { after, before, ..none }, cursors(at.clone(), at, Some(20), None)),
            (PageArgs { last: Some(3), ..none }, cursors(none_at.clone(), None, None, Some(3))),
            (
                PageArgs { first: Some(5), last: Some(3), ..none },
                cursors(none_at, None, Some(5), Some(3)),
            ),
        ] {
            assert_eq!(args.window(list).expect("fine"), window, "{args:?}");
        }
    }

    fn cursors(
        after: Option<Position>,
        before: Option<Position>,
        first: Option<i64>,
        last: Option<i64>,
    ) -> Window {
        Window::Cursors { after, before, first, last }
    }

    /// The first and last item of a slice of the numbers between two positions, and whether
    /// it says that there are others, as the specification computes it.
    fn by_specification(count: i64, first: Option<i64>, last: Option<i64>) -> Slice<i64> {
        let mut items: Vec<i64> = (0..count).collect();
        let more = |limit: Option<i64>| limit.is_some_and(|limit| count > limit);
        let (has_next, has_previous) = (more(first), more(last));
        if let Some(first) = first {
            items.truncate(usize::try_from(first).expect("small"));
        }
        if let Some(last) = last {
            let cut = items.len().saturating_sub(usize::try_from(last).expect("small"));
            items.drain(..cut);
        }
        Slice { items, has_next, has_previous }
    }

    #[test]
    fn slices_are_those_of_relays_specification() {
        let numbers = [None, Some(0), Some(1), Some(2), Some(5), Some(9)];
        for count in 0..8 {
            for first in numbers {
                for last in numbers.iter().copied().filter(|last| first.or(*last).is_some()) {
                    let window = cursors(None, None, first, last);
                    let mut all: Vec<i64> = (0..count).collect();
                    if window.is_backward() {
                        all.reverse();
                    }
                    all.truncate(usize::try_from(window.reads()).expect("small"));
                    let expected = by_specification(count, first, last);
                    assert_eq!(Slice::of(&window, all), expected, "{count} {first:?} {last:?}");
                }
            }
        }
        // Where a page's end is a position, something is known to be beyond it.
        let at = || Some(position("a"));
        let slice = Slice::of(&cursors(at(), at(), Some(1), None), vec![1]);
        assert_eq!((slice.has_next, slice.has_previous), (false, true));
        let slice = Slice::of(&cursors(at(), at(), None, Some(1)), vec![1]);
        assert_eq!((slice.has_next, slice.has_previous), (true, false));
    }

    #[test]
    fn the_last_page_is_not_followed_by_another() {
        let window = Window::Numbered { page: 2, per_page: 2 };
        let slice = |items: Vec<i32>| Slice::of(&window, items);
        let expected = |has_next| Slice { items: vec![1, 2], has_next, has_previous: true };
        assert_eq!(slice(vec![1, 2, 3]), expected(true));
        assert_eq!(slice(vec![1, 2]), expected(false));
        assert_eq!((pages(0, 20), pages(20, 20), pages(21, 20)), (0, 1, 2));
    }
}
