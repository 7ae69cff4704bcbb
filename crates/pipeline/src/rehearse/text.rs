//! Results for people: one line for what passes; for what fails the place, and expected (`-`) against
//! actual (`+`).

use super::{Difference, ScenarioResult, Side, Sides, Table};

impl ScenarioResult {
    /// One line if it passes; else every difference. `folder` is the programme's, as it was named.
    pub fn text(&self, folder: &str) -> String {
        if self.differences.is_empty() {
            return format!("ok   {}\n", self.name);
        }
        let file = format!("{}/{}", folder.trim_end_matches('/'), self.file);
        let rule = self
            .rule
            .as_ref()
            .map_or_else(String::new, |rule| format!(" (rule `{rule}`)"));
        let mut out = format!(
            "FAIL {}\n     {file}:{}{rule}; - expected, + actual\n",
            self.name, self.line
        );
        let mut head = None;
        for difference in &self.differences {
            let now = (&difference.on, &difference.member);
            if head != Some(now) && !difference.member.is_empty() {
                out += &format!("\n     {} when {} ends\n", difference.member, difference.on);
            }
            head = Some(now);
            out += &difference.text(&file);
        }
        out.push('\n');
        out
    }
}

impl Difference {
    fn text(&self, file: &str) -> String {
        let mut out = format!("\n     {}  {file}:{}\n", self.key, self.line);
        match &self.sides {
            Sides::Values { expected, actual } => {
                out += &format!("       - {expected}\n       + {actual}\n");
            }
            Sides::Rows(table) => out += &table.text(),
        }
        if let Some(booked) = &self.booked {
            out += if booked.rows.is_empty() {
                "       nothing was booked\n"
            } else {
                "       because:\n"
            };
            if !booked.rows.is_empty() {
                out += &booked.text();
            }
        }
        out
    }
}

impl Table {
    /// Aligned; columns without a value in any row are left out, `points` stand right.
    fn text(&self) -> String {
        let used: Vec<usize> = (0..self.columns.len())
            .filter(|at| {
                self.rows.is_empty() || self.rows.iter().any(|row| !row.cells[*at].is_empty())
            })
            .collect();
        let length = |text: &str| text.chars().count();
        let width = |at: &usize| {
            let cells = self.rows.iter().map(|row| length(&row.cells[*at]));
            cells.chain([length(&self.columns[*at])]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = used.iter().map(width).collect();
        let line = |sign: char, cells: &[String]| {
            let aligned = used.iter().zip(&widths).map(|(at, width)| {
                let room = " ".repeat(width - length(&cells[*at]));
                let right = self.columns[*at] == "points";
                if right {
                    format!("{room}{}", cells[*at])
                } else {
                    format!("{}{room}", cells[*at])
                }
            });
            format!("       {sign} {}", aligned.collect::<Vec<_>>().join(" | "))
                .trim_end()
                .to_owned()
                + "\n"
        };
        let mut out = line(' ', &self.columns);
        for row in &self.rows {
            let sign = match row.side {
                Side::Expected => '-',
                Side::Actual => '+',
                Side::Both => ' ',
            };
            out += &line(sign, &row.cells);
        }
        out
    }
}
