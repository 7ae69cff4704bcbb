//! Text tables, as scenario tests and literate cases write events and entries: columns in the first
//! line, `|` between cells, `_` as in the row above, nothing where a cell is empty.

/// A text table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextTable {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The cells of each row; nothing where a cell is empty.
    pub rows: Vec<Vec<Option<String>>>,
    /// The line of the text, from 0, in which each row stands.
    pub lines: Vec<usize>,
}

/// What is wrong with a text table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTableProblem {
    /// The line of the text, from 0.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// The next step.
    pub help: String,
}

impl TextTable {
    /// Reads a table. Empty lines, and lines of a Markdown table's rule (`---|---`), are skipped; `|` at
    /// both ends of every line is allowed.
    pub fn parse(text: &str) -> Result<TextTable, TextTableProblem> {
        let mut table = TextTable::default();
        let mut framed = false;
        for (line, content) in text.lines().enumerate() {
            let content = content.trim();
            let rule = content.contains('-')
                && content.chars().all(|c| matches!(c, '-' | '|' | ':' | ' '));
            if content.is_empty() || rule {
                continue;
            }
            // The first line says whether lines are framed; in others an outer `|` ends an empty cell.
            if table.columns.is_empty() {
                framed = content.starts_with('|');
            }
            let inner = content
                .strip_prefix('|')
                .filter(|_| framed)
                .map(|inner| inner.strip_suffix('|').unwrap_or(inner));
            let content = inner.unwrap_or(content);
            let cells: Vec<&str> = content.split('|').map(str::trim).collect();
            if table.columns.is_empty() {
                table.head(line, &cells)?;
            } else {
                table.row(line, &cells)?;
            }
        }
        if table.columns.is_empty() {
            return Err(TextTableProblem {
                line: 0,
                message: "the table has no columns".to_owned(),
                help: "write the names of the columns in the first line, `|` between them"
                    .to_owned(),
            });
        }
        Ok(table)
    }

    /// The cell of a row in the named column.
    pub fn cell(&self, row: usize, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.rows.get(row)?.get(at)?.as_deref()
    }

    fn head(&mut self, line: usize, cells: &[&str]) -> Result<(), TextTableProblem> {
        for (at, name) in cells.iter().enumerate() {
            let problem = if name.is_empty() {
                Some("a column has no name".to_owned())
            } else if cells[..at].contains(name) {
                Some(format!("two columns are called `{name}`"))
            } else {
                None
            };
            if let Some(message) = problem {
                return Err(TextTableProblem {
                    line,
                    message,
                    help: "give each column one name of its own".to_owned(),
                });
            }
        }
        self.columns = cells.iter().map(|name| (*name).to_owned()).collect();
        Ok(())
    }

    fn row(&mut self, line: usize, cells: &[&str]) -> Result<(), TextTableProblem> {
        if cells.len() != self.columns.len() {
            return Err(TextTableProblem {
                line,
                message: format!(
                    "this row has {}, but the table has {}",
                    counted(cells.len(), "cell"),
                    counted(self.columns.len(), "column")
                ),
                help: "put `|` between cells; leave a cell blank where it is empty".to_owned(),
            });
        }
        let mut row = Vec::with_capacity(cells.len());
        for (at, cell) in cells.iter().enumerate() {
            row.push(match *cell {
                "" => None,
                "_" => match self.rows.last() {
                    Some(above) => above[at].clone(),
                    None => {
                        return Err(TextTableProblem {
                            line,
                            message: "`_` stands for the row above, but this is the first"
                                .to_owned(),
                            help: "write the value".to_owned(),
                        });
                    }
                },
                text => Some(text.to_owned()),
            });
        }
        self.rows.push(row);
        self.lines.push(line);
        Ok(())
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_underscore_is_the_row_above_and_a_blank_cell_is_empty() {
        let table = TextTable::parse("id | member | note\nr1 | ann | x\nr1 | _ |\n").unwrap();
        assert_eq!(table.cell(1, "member"), Some("ann"));
        assert_eq!(table.cell(1, "note"), None);
        assert_eq!(table.lines, [1, 2]);
    }

    #[test]
    fn a_markdown_table_is_read_alike() {
        let table = TextTable::parse("| id | points |\n|---|---:|\n| a | -3 |\n").unwrap();
        assert_eq!(table.columns, ["id", "points"]);
        assert_eq!(table.cell(0, "points"), Some("-3"));
    }

    #[test]
    fn a_row_of_other_width_is_refused_with_its_line() {
        let problem = TextTable::parse("a | b\n1 | 2\n1\n").unwrap_err();
        assert_eq!(problem.line, 2);
        assert_eq!(
            problem.message,
            "this row has 1 cell, but the table has 2 columns"
        );
        assert_eq!(
            TextTable::parse("a | a\n").unwrap_err().message,
            "two columns are called `a`"
        );
        assert_eq!(TextTable::parse("a\n_\n").unwrap_err().line, 1);
        assert_eq!(
            TextTable::parse("\n").unwrap_err().message,
            "the table has no columns"
        );
    }
}
