//! Cursors: positions in a list, as opaque texts for clients.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::identifier;
use super::time::Timestamp;
use crate::error::Result;

/// Identifies a list, so that a cursor is accepted only by the list that it comes from.
/// It protects from mistakes and is not a secret: rows are always selected by the
/// caller's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListId {
    hash: u32,
    by: By,
}

/// What kind of value a list is sorted by. The number is the first byte of its cursors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum By {
    Time = 1,
    Text = 2,
    Number = 3,
}

impl ListId {
    /// The list with these properties: what it lists, its owner, its filter, its order. It is
    /// sorted by time.
    pub fn of(words: &[&str]) -> Self {
        let mut hash = crc32fast::Hasher::new();
        for word in words {
            hash.update(word.as_bytes());
            hash.update(&[0]);
        }
        Self { hash: hash.finalize(), by: By::Time }
    }

    /// The same list, sorted by a text.
    #[must_use]
    pub const fn by_text(self) -> Self {
        Self { by: By::Text, ..self }
    }

    /// The same list, sorted by a number that no two items share.
    #[must_use]
    pub const fn by_number(self) -> Self {
        Self { by: By::Number, ..self }
    }
}

/// What a list is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SortValue {
    /// A time.
    Time(Timestamp),
    /// A text, by its bytes.
    Text(String),
    /// A number.
    Number(i64),
}

/// The position of an item in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// What the list is sorted by.
    pub value: SortValue,
    /// The item's identifier, the tie-breaker. Empty where a number needs none.
    pub key: String,
}

/// Maximum length of a text that a list is sorted by. An e-mail address in lower case may be
/// longer than as it was written.
const MAX_TEXT: usize = 2 * identifier::MAX_LEN;

impl Position {
    /// In a list that is sorted by time.
    pub fn at(time: Timestamp, key: &str) -> Self {
        Self { value: SortValue::Time(time), key: key.to_owned() }
    }

    /// In a list that is sorted by a number.
    pub const fn numbered(number: i64) -> Self {
        Self { value: SortValue::Number(number), key: String::new() }
    }

    /// The number, in a list that is sorted by one.
    pub const fn number(&self) -> Option<i64> {
        match self.value {
            SortValue::Number(number) => Some(number),
            SortValue::Time(_) | SortValue::Text(_) => None,
        }
    }

    /// The position as an opaque text for clients.
    pub fn to_cursor(&self, list: ListId) -> String {
        let mut bytes = vec![list.by as u8];
        bytes.extend(list.hash.to_be_bytes());
        match &self.value {
            SortValue::Time(time) => bytes.extend(time.millis().to_be_bytes()),
            SortValue::Text(text) => {
                let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
                bytes.extend(length.to_be_bytes());
                bytes.extend(text.as_bytes());
            }
            SortValue::Number(number) => bytes.extend(number.to_be_bytes()),
        }
        bytes.extend(self.key.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Parses a cursor of `list`.
    ///
    /// # Errors
    /// The rest of a sentence that begins with the field's name.
    pub fn from_cursor(text: &str, list: ListId) -> Result<Self, &'static str> {
        let (of, position) = parse(text).ok_or("is not a cursor")?;
        if of != list {
            return Err("is a cursor of another list");
        }
        Ok(position)
    }
}

/// The list of a cursor, and the position in it.
fn parse(text: &str) -> Option<(ListId, Position)> {
    if text.len() > 6 * identifier::MAX_LEN {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let ([version], rest) = bytes.split_first_chunk()?;
    let (hash, rest) = rest.split_first_chunk()?;
    let hash = u32::from_be_bytes(*hash);
    let by = [By::Time, By::Text, By::Number].into_iter().find(|by| *by as u8 == *version)?;
    let (value, key) = match by {
        By::Time => {
            let (millis, key) = rest.split_first_chunk()?;
            (SortValue::Time(Timestamp::from_millis(i64::from_be_bytes(*millis))?), key)
        }
        By::Text => {
            let (length, rest) = rest.split_first_chunk()?;
            let (text, key) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
            let text = std::str::from_utf8(text).ok()?;
            if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
                return None;
            }
            (SortValue::Text(text.to_owned()), key)
        }
        By::Number => {
            let number = i64::from_be_bytes(rest.try_into().ok()?);
            return (number >= 0).then(|| (ListId { hash, by }, Position::numbered(number)));
        }
    };
    let key = std::str::from_utf8(key).ok()?;
    identifier::check(key).ok()?;
    Some((ListId { hash, by }, Position { value, key: key.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions() -> [Position; 2] {
        let time = Timestamp::parse("2026-04-20T08:00:00.001Z").expect("a moment");
        let key = "69f0bdf29a84752db9cc8ff9";
        let text = SortValue::Text("mira@example.com".to_owned());
        [Position::at(time, key), Position { value: text, key: key.to_owned() }]
    }

    #[test]
    fn a_cursor_is_read_back_by_its_own_list_only() {
        let list = ListId::of(&["customers", "1", "active"]);
        let other = ListId::of(&["customers", "2", "active"]);
        let [by_time, by_text] = positions();
        let by_number = Position::numbered(1_207);
        assert_eq!((by_number.number(), by_text.number()), (Some(1_207), None));
        for (position, list, others) in [
            (by_time, list, [other, list.by_text()]),
            (by_text, list.by_text(), [other.by_text(), list]),
            (by_number, list.by_number(), [other.by_number(), list]),
        ] {
            let cursor = position.to_cursor(list);
            assert_eq!(Position::from_cursor(&cursor, list), Ok(position));
            for other in others {
                let refused = Position::from_cursor(&cursor, other);
                assert_eq!(refused, Err("is a cursor of another list"));
            }
        }
        assert_ne!(ListId::of(&["ab", "c"]), ListId::of(&["a", "bc"]));
    }

    #[test]
    fn nonsense_is_not_a_cursor() {
        let list = ListId::of(&["customers"]);
        let [by_time, by_text] = positions();
        let nul = |position: Position| Position { key: "a\0b".to_owned(), ..position };
        let nul_in_text = Position { value: SortValue::Text("a\0b".to_owned()), ..by_text.clone() };
        let cut = by_text.to_cursor(list.by_text());
        let bad = [
            nul(by_time).to_cursor(list),
            nul(by_text).to_cursor(list.by_text()),
            nul_in_text.to_cursor(list.by_text()),
            cut[..20].to_owned(),
            "A".repeat(10_000),
            Position::numbered(-1).to_cursor(list.by_number()),
            Position { key: "a".to_owned(), ..Position::numbered(1) }.to_cursor(list.by_number()),
        ];
        let bad = bad.iter().map(String::as_str);
        for bad in bad.chain(["", "AQ", "!!!", "AgAAAAAAAAAAAAAAAAAA", "AwAAAAAAAAAAAAAAAAAA"]) {
            for list in [list, list.by_text()] {
                assert_eq!(Position::from_cursor(bad, list), Err("is not a cursor"), "{bad:.20}");
            }
        }
    }
}
