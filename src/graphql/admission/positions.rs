//! Lines and columns of a document. apollo-compiler counts columns in bytes, and
//! ends lines where GraphQL does not.

use apollo_compiler::parser::SourceSpan;
use async_graphql::Pos;

/// Where the lines of a text begin (GraphQL September 2025, section 2.1.2).
pub(crate) struct Positions<'a> {
    text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Positions<'a> {
    /// The positions of a text.
    pub(crate) fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends = (0..bytes.len()).filter(|at| match bytes[*at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        Self { text, lines: std::iter::once(0).chain(ends.map(|end| end + 1)).collect() }
    }

    /// The position of a byte, in lines and characters from 1.
    pub(crate) fn at(&self, offset: usize) -> Pos {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        let before = self.text.as_bytes().get(start..offset).unwrap_or_default();
        // Each character has one byte that does not continue another.
        let column = before.iter().filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
        Pos { line, column }
    }

    /// The position of a part of the document.
    pub(crate) fn of_span(&self, span: Option<SourceSpan>) -> Pos {
        span.map_or_else(Pos::default, |span| self.at(span.offset()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let positions = Positions::of("a\nbé🦊c\r\nd\re");
        let at = |offset| {
            let Pos { line, column } = positions.at(offset);
            (line, column)
        };
        assert_eq!((at(0), at(2), at(9)), ((1, 1), (2, 1), (2, 4)));
        assert_eq!((at(12), at(14), at(99)), ((3, 1), (4, 1), (4, 1)));
    }
}
