//! Parts of sorted lists between two positions, in SQL.

use sea_orm::sea_query::Value;

use crate::domain::cursor::{Position, SortValue};
use crate::domain::page::Window;

/// How a list is sorted: by two expressions in the same direction. No two rows share both.
#[derive(Clone)]
pub(super) struct Sorting {
    value: String,
    key: String,
    is_descending: bool,
}

impl Sorting {
    /// By a value, and by a key where it is the same; `is_descending` if the greatest comes
    /// first.
    pub(super) fn by(value: &str, key: &str, is_descending: bool) -> Self {
        Self { value: value.to_owned(), key: key.to_owned(), is_descending }
    }

    /// The order in which a list is read, from its beginning or from its end.
    pub(super) fn sort(&self, is_backward: bool) -> String {
        let Self { value, key, is_descending } = self;
        let direction = if *is_descending == is_backward { "ASC" } else { "DESC" };
        format!("ORDER BY {value} {direction}, {key} {direction}")
    }

    /// What must hold of a row between the positions of a window, whose parameters are
    /// added to `values`. It begins with ` AND`, or is empty.
    pub(super) fn between(&self, window: &Window, values: &mut Vec<Value>) -> String {
        let Self { value, key, is_descending } = self;
        let (behind, ahead) = if *is_descending { ("<", ">") } else { (">", "<") };
        let mut bound = |position: Option<&Position>, compare: &str| {
            let Some(position) = position else { return String::new() };
            let next = values.len() + 1;
            values.push(match &position.value {
                SortValue::Time(time) => time.millis().into(),
                SortValue::Text(text) => text.as_str().into(),
                SortValue::Number(number) => (*number).into(),
            });
            values.push(position.key.as_str().into());
            format!(" AND ({value}, {key}) {compare} (${next}, ${})", next + 1)
        };
        bound(window.after(), behind) + &bound(window.before(), ahead)
    }
}
