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
    by_text: bool,
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
        Self { hash: hash.finalize(), by_text: false }
    }

    /// The same list, sorted by a text.
    #[must_use]
    pub const fn by_text(self) -> Self {
        Self { by_text: true, ..self }
    }
}

/// What a list is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SortValue {
    /// A time.
    Time(Timestamp),
    /// A text, by its bytes.
    Text(String),
}

/// The position of an item in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// What the list is sorted by.
    pub value: SortValue,
    /// The item's identifier, the tie-breaker.
    pub key: String,
}

/// The first byte of a cursor of a list that is sorted by time.
const BY_TIME: u8 = 1;
/// The first byte of a cursor of a list that is sorted by text.
const BY_TEXT: u8 = 2;
/// Maximum length of a text that a list is sorted by. An e-mail address in lower case may be
/// longer than as it was written.
const MAX_TEXT: usize = 2 * identifier::MAX_LEN;

impl Position {
    /// In a list that is sorted by time.
    pub fn at(time: Timestamp, key: &str) -> Self {
        Self { value: SortValue::Time(time), key: key.to_owned() }
    }

    /// The position as an opaque text for clients.
    pub fn to_cursor(&self, list: ListId) -> String {
        let mut bytes = vec![if list.by_text { BY_TEXT } else { BY_TIME }];
        bytes.extend(list.hash.to_be_bytes());
        match &self.value {
            SortValue::Time(time) => bytes.extend(time.millis().to_be_bytes()),
            SortValue::Text(text) => {
                let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
                bytes.extend(length.to_be_bytes());
                bytes.extend(text.as_bytes());
            }
        }
        bytes.extend(self.key.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Parses a cursor of `list`.
    ///
    /// # Errors
    /// The rest of a sentence that begins with the field's name.
    pub fn from_cursor(text: &str, list: ListId) -> Result<Self, &'static str> {
        let (by_text, hash, position) = parse(text).ok_or("is not a cursor")?;
        if (by_text, hash) != (list.by_text, list.hash) {
            return Err("is a cursor of another list");
        }
        Ok(position)
    }
}

/// Whether the list is sorted by text, its hash, and the position.
fn parse(text: &str) -> Option<(bool, u32, Position)> {
    if text.len() > 6 * identifier::MAX_LEN {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let ([version], rest) = bytes.split_first_chunk()?;
    let (hash, rest) = rest.split_first_chunk()?;
    let (value, key) = match *version {
        BY_TIME => {
            let (millis, key) = rest.split_first_chunk()?;
            (SortValue::Time(Timestamp::from_millis(i64::from_be_bytes(*millis))?), key)
        }
        BY_TEXT => {
            let (length, rest) = rest.split_first_chunk()?;
            let (text, key) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
            let text = std::str::from_utf8(text).ok()?;
            if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
                return None;
            }
            (SortValue::Text(text.to_owned()), key)
        }
        _ => return None,
    };
    let key = std::str::from_utf8(key).ok()?;
    identifier::check(key).ok()?;
    Some((*version == BY_TEXT, u32::from_be_bytes(*hash), Position { value, key: key.to_owned() }))
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
        for (position, list, others) in [
            (by_time, list, [other, list.by_text()]),
            (by_text, list.by_text(), [other.by_text(), list]),
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
        ];
        let bad = bad.iter().map(String::as_str);
        for bad in bad.chain(["", "AQ", "!!!", "AgAAAAAAAAAAAAAAAAAA", "AwAAAAAAAAAAAAAAAAAA"]) {
            for list in [list, list.by_text()] {
                assert_eq!(Position::from_cursor(bad, list), Err("is not a cursor"), "{bad:.20}");
            }
        }
    }
}
