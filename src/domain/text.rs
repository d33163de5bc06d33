//! Short ASCII texts that are built without an allocation: a page of customers has
//! hundreds of times and amounts.

use std::ops::Range;

/// A text of at most 24 ASCII characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    bytes: [u8; Self::MOST],
    from: usize,
    to: usize,
}

impl Text {
    const MOST: usize = 24;

    /// A pattern whose placeholders are replaced by digits.
    pub(super) const fn pattern(bytes: &[u8; Self::MOST]) -> Self {
        Self { bytes: *bytes, from: 0, to: Self::MOST }
    }

    /// An empty text, to be filled from its end.
    pub(super) const fn empty() -> Self {
        Self { bytes: [b'0'; Self::MOST], from: Self::MOST, to: Self::MOST }
    }

    /// Replaces part of a pattern by the last digits of a number.
    pub(super) fn digits(&mut self, place: Range<usize>, mut number: u32) {
        for digit in self.bytes[place].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }

    /// Puts a character before the others.
    pub(super) fn before(&mut self, character: u8) {
        self.from -= 1;
        self.bytes[self.from] = character;
    }

    /// Removes all occurrences of a character from the end.
    pub(super) fn trim_end(&mut self, character: u8) {
        while self.from < self.to && self.bytes[self.to - 1] == character {
            self.to -= 1;
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.from..self.to]).unwrap_or_default()
    }
}
