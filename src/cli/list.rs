//! How lists are printed: for people on a terminal with headings, in a pipe one line each,
//! or as JSON, one object a line.

use std::io::IsTerminal as _;

use serde::Serialize;

use super::output::{print, say};
use crate::error::{Error, Result};

/// One line of a list. Its serialised form is the JSON.
pub(super) trait Row: Serialize {
    /// What the list is of, in the plural.
    const NAME: &'static str;
    /// The heading of each column.
    const HEADINGS: &'static [&'static str];
    /// The text of each column.
    fn cells(&self) -> Vec<String>;
}

/// A list that is being printed.
pub(super) struct List {
    json: bool,
    terminal: bool,
    /// The widths of the columns on a terminal: of what was printed so far.
    widths: Vec<usize>,
    is_empty: bool,
}

impl List {
    pub(super) fn new(json: bool) -> Self {
        let terminal = !json && std::io::stdout().is_terminal();
        Self { json, terminal, widths: Vec::new(), is_empty: true }
    }

    /// Prints rows. Returns whether there is still a reader.
    pub(super) fn rows<R: Row>(&mut self, rows: &[R]) -> Result<bool> {
        if rows.is_empty() {
            return Ok(true);
        }
        let text = if self.json {
            let object = |row| serde_json::to_string(row).map(|text| text + "\n");
            rows.iter().map(object).collect::<Result<String, _>>().map_err(Error::internal)?
        } else {
            let mut all: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
            if self.terminal && self.is_empty {
                all.insert(0, R::HEADINGS.iter().map(ToString::to_string).collect());
            }
            if self.terminal {
                self.widen(&all);
            }
            all.iter().map(|cells| self.line(cells)).collect()
        };
        self.is_empty = false;
        print(&text)
    }

    /// Says on a terminal if there was nothing to print.
    pub(super) fn end<R: Row>(self) {
        if self.terminal && self.is_empty {
            say(&format!("no {}", R::NAME));
        }
    }

    /// Prints rows that are all there is.
    pub(super) fn all<R: Row>(mut self, rows: &[R]) -> Result<()> {
        self.rows(rows)?;
        self.end::<R>();
        Ok(())
    }

    fn widen(&mut self, all: &[Vec<String>]) {
        for cells in all {
            self.widths.resize(cells.len(), 0);
            for (width, cell) in self.widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
    }

    fn line(&self, cells: &[String]) -> String {
        let width = |at: usize| self.widths.get(at).copied().unwrap_or_default();
        let cells = cells.iter().enumerate();
        let cells: Vec<String> =
            cells.map(|(at, cell)| format!("{cell:<width$}", width = width(at))).collect();
        format!("{}\n", cells.join("  ").trim_end())
    }
}
