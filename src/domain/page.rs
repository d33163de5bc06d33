//! Pages of a list: by page number, or from a cursor on. The order of a list is total,
//! so that both agree.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::identifier;
use super::time::Timestamp;
use crate::error::{Error, FieldError, Result};

/// Default number of items of a page.
pub const DEFAULT_SIZE: i64 = 20;
/// Maximum number of items of a page.
pub const MAX_SIZE: i64 = 100;
/// The last page number: the largest `Int` of GraphQL.
pub const MAX_PAGE: i64 = i32::MAX as i64;

/// The direction of a list by creation time; ties are broken by identifier,
/// in the same direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// Newest first.
    #[default]
    NewestFirst,
    /// Oldest first.
    OldestFirst,
}

/// Identifies a list, so that a cursor is accepted only by the list that it comes from.
/// It protects from mistakes and is not a secret: rows are always selected by the
/// caller's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListId(u32);

impl ListId {
    /// The list with these properties: what it lists, its owner, its filter, its order.
    pub fn of(words: &[&str]) -> Self {
        let mut hash = crc32fast::Hasher::new();
        for word in words {
            hash.update(word.as_bytes());
            hash.update(&[0]);
        }
        Self(hash.finalize())
    }
}

/// The position of an item in a list that is sorted by creation time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The item's creation time.
    pub created_at: Timestamp,
    /// The item's identifier, the tie-breaker.
    pub key: String,
}

const CURSOR_VERSION: u8 = 1;

impl Position {
    /// The position as an opaque text for clients.
    pub fn to_cursor(&self, list: ListId) -> String {
        let mut bytes = vec![CURSOR_VERSION];
        bytes.extend(list.0.to_be_bytes());
        bytes.extend(self.created_at.millis().to_be_bytes());
        bytes.extend(self.key.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Parses a cursor of `list`.
    ///
    /// # Errors
    /// The rest of a sentence that begins with the field's name.
    pub fn from_cursor(text: &str, list: ListId) -> Result<Self, &'static str> {
        const BROKEN: &str = "is not a cursor";
        if text.len() > 4 * identifier::MAX_LEN {
            return Err(BROKEN);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BROKEN)?;
        let ([CURSOR_VERSION], rest) = bytes.split_first_chunk().ok_or(BROKEN)? else {
            return Err(BROKEN);
        };
        let (of, rest) = rest.split_first_chunk().ok_or(BROKEN)?;
        let (millis, key) = rest.split_first_chunk().ok_or(BROKEN)?;
        let created_at = Timestamp::from_millis(i64::from_be_bytes(*millis)).ok_or(BROKEN)?;
        let key = std::str::from_utf8(key).map_err(|_| BROKEN)?;
        identifier::check(key).map_err(|_| BROKEN)?;
        if u32::from_be_bytes(*of) != list.0 {
            return Err("is a cursor of another list");
        }
        Ok(Self { created_at, key: key.to_owned() })
    }
}

/// The paging arguments of a client, unchecked. Absent and null are the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageArgs<'a> {
    /// The number of the page, from 1.
    pub page: Option<i64>,
    /// The size of a numbered page.
    pub per_page: Option<i64>,
    /// The number of items after the cursor.
    pub first: Option<i64>,
    /// The cursor after which the page starts.
    pub after: Option<&'a str>,
}

impl PageArgs<'_> {
    /// The requested window of `list`. Without page and cursor, it is page 1.
    ///
    /// # Errors
    /// `Invalid`, with every invalid argument.
    pub fn window(&self, list: ListId) -> Result<Window> {
        let mut wrong = Vec::new();
        let numbered = self.page.is_some() || self.per_page.is_some();
        let cursored = self.first.is_some() || self.after.is_some();
        let page = checked("page", self.page.unwrap_or(1), 1, MAX_PAGE, &mut wrong);
        let per_page =
            checked("perPage", self.per_page.unwrap_or(DEFAULT_SIZE), 1, MAX_SIZE, &mut wrong);
        let first = checked("first", self.first.unwrap_or(DEFAULT_SIZE), 0, MAX_SIZE, &mut wrong);
        let after = self.after.map(|text| Position::from_cursor(text, list)).transpose();
        let after = after.unwrap_or_else(|what| {
            wrong.push(FieldError::new("after", what));
            None
        });
        if numbered && cursored {
            let given = if self.first.is_some() { "first" } else { "after" };
            wrong.push(FieldError::new(given, "cannot be combined with page or perPage"));
        }
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        Ok(if cursored {
            Window::After { after, first }
        } else {
            Window::Numbered { page, per_page }
        })
    }
}

fn checked(
    field: &'static str,
    value: i64,
    min: i64,
    max: i64,
    wrong: &mut Vec<FieldError>,
) -> i64 {
    if value < min || value > max {
        wrong.push(FieldError::new(field, format!("must be between {min} and {max}")));
    }
    value
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
    /// The items after a position, or from the beginning.
    After {
        /// The position; exclusive.
        after: Option<Position>,
        /// From 0 to [`MAX_SIZE`].
        first: i64,
    },
}

impl Window {
    /// Maximum number of items.
    pub const fn size(&self) -> i64 {
        match self {
            Self::Numbered { per_page, .. } => *per_page,
            Self::After { first, .. } => *first,
        }
    }

    /// The offset: how many items come before.
    pub const fn offset(&self) -> i64 {
        match self {
            Self::Numbered { page, per_page } => (*page - 1) * *per_page,
            Self::After { .. } => 0,
        }
    }

    /// The position after which the window starts.
    pub const fn after(&self) -> Option<&Position> {
        match self {
            Self::Numbered { .. } => None,
            Self::After { after, .. } => after.as_ref(),
        }
    }
}

/// The items of a window, and whether more items follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// Whether at least one more item follows.
    pub has_next: bool,
}

/// No items, and none follow.
impl<T> Default for Slice<T> {
    fn default() -> Self {
        Self { items: Vec::new(), has_next: false }
    }
}

impl<T> Slice<T> {
    /// From up to `size + 1` items: the last one only shows that more follow.
    pub fn from_one_more(mut items: Vec<T>, size: i64) -> Self {
        let size = usize::try_from(size).unwrap_or(0);
        let has_next = items.len() > size;
        items.truncate(size);
        Self { items, has_next }
    }
}

/// The number of pages of `per_page` items for `total` items.
pub const fn pages(total: i64, per_page: i64) -> i64 {
    if per_page <= 0 { 0 } else { (total + per_page - 1) / per_page }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(key: &str) -> Position {
        Position {
            created_at: Timestamp::parse("2026-04-20T08:00:00.001Z").expect("a moment"),
            key: key.to_owned(),
        }
    }

    #[test]
    fn a_cursor_is_read_back_by_its_own_list_only() {
        let list = ListId::of(&["customers", "1", "active"]);
        let other = ListId::of(&["customers", "2", "active"]);
        let cursor = position("69f0bdf29a84752db9cc8ff9").to_cursor(list);
        assert_eq!(Position::from_cursor(&cursor, list), Ok(position("69f0bdf29a84752db9cc8ff9")));
        assert_eq!(Position::from_cursor(&cursor, other), Err("is a cursor of another list"));
        assert_ne!(ListId::of(&["ab", "c"]), ListId::of(&["a", "bc"]));
    }

    #[test]
    fn nonsense_is_not_a_cursor() {
        let list = ListId::of(&["customers"]);
        let nul = position("a\0b").to_cursor(list);
        let long = "A".repeat(10_000);
        for bad in ["", "AQ", "!!!", "AgAAAAAAAAAAAAAAAAAA", nul.as_str(), long.as_str()] {
            assert_eq!(Position::from_cursor(bad, list), Err("is not a cursor"), "{bad:.20}");
        }
    }

    #[test]
    fn the_two_doors_do_not_mix() {
        let list = ListId::of(&["customers"]);
        let cursor = position("a").to_cursor(list);
        let after = Some(cursor.as_str());
        for (args, fields) in [
            (PageArgs { page: Some(0), ..PageArgs::default() }, vec!["page"]),
            (PageArgs { page: Some(i64::MAX), ..PageArgs::default() }, vec!["page"]),
            (PageArgs { per_page: Some(101), ..PageArgs::default() }, vec!["perPage"]),
            (
                PageArgs { page: Some(-1), per_page: Some(0), ..PageArgs::default() },
                vec!["page", "perPage"],
            ),
            (PageArgs { first: Some(101), ..PageArgs::default() }, vec!["first"]),
            (PageArgs { first: Some(-1), ..PageArgs::default() }, vec!["first"]),
            (PageArgs { page: Some(1), first: Some(1), ..PageArgs::default() }, vec!["first"]),
            (PageArgs { per_page: Some(1), after, ..PageArgs::default() }, vec!["after"]),
        ] {
            let error = args.window(list).expect_err("refused");
            let named: Vec<_> = error.fields().iter().map(|bad| bad.field).collect();
            assert_eq!(named, fields, "{args:?}");
        }
        let first_page = PageArgs::default().window(list).expect("fine");
        assert_eq!(first_page, Window::Numbered { page: 1, per_page: 20 });
        let behind = PageArgs { after, ..PageArgs::default() }.window(list).expect("fine");
        assert_eq!(behind, Window::After { after: Some(position("a")), first: 20 });
    }

    #[test]
    fn the_last_page_is_not_followed_by_another() {
        assert_eq!(
            Slice::from_one_more(vec![1, 2, 3], 2),
            Slice { items: vec![1, 2], has_next: true }
        );
        assert_eq!(
            Slice::from_one_more(vec![1, 2], 2),
            Slice { items: vec![1, 2], has_next: false }
        );
        assert_eq!((pages(0, 20), pages(20, 20), pages(21, 20)), (0, 1, 2));
    }
}
