//! The reference in Markdown, from the declarations.

use super::reader::Value as _;
use super::table::{Key, KindWord, Kinds, Need, Shape, Table};
use super::{Root, scenario};
use std::fmt::Write as _;

/// Every table, key, type, default and meaning of the language, as Markdown.
pub fn reference() -> String {
    let mut page = Page::default();
    page.text.push_str(
        "# Reference of the programme language\n\n\
         A programme is one TOML file a version, named by the local date from which it rules, such as\n\
         `2026-01-01.toml`. This page lists every table and key that this version settles; what belongs to the\n\
         language but is not settled yet is named below each table, and refused by `rungs check` with\n\
         `toml/not-yet`. Ids of yours are `kebab-case`; what can stand in a condition (columns, wallets, metrics)\n\
         is `snake_case`. A key without a default must be given unless it says *optional*.\n\n",
    );
    page.values();
    if let Shape::Table(root) = Root::shape() {
        for key in &root.keys {
            if let Some(shape) = &key.shape {
                page.shape(shape, 2);
            }
        }
        page.text.push_str(DECISIONS);
        page.text.push_str("## Tables that are not settled yet\n\n");
        let later = root.keys.iter().filter(|key| key.shape.is_none());
        for key in later {
            let _ = writeln!(page.text, "- `[{}]`: {}", key.name, key.doc);
        }
        page.text.push('\n');
    }
    page.text.push_str(
        "# Scenario tests\n\n\
         Files `tests/*.toml` beside the versions of a programme, run by `rungs test`. A text table has its columns\n\
         in the first line, `|` between cells, `_` for the value of the row above; rows with one id are lines of\n\
         one event; an empty cell is empty.\n\n",
    );
    if let Shape::Table(file) = scenario::ScenarioFile::shape() {
        for key in &file.keys {
            if let Some(shape) = &key.shape {
                page.shape(shape, 2);
            }
        }
    }
    page.text.trim_end().to_owned() + "\n"
}

/// What tables of keys cannot say.
const DECISIONS: &str = "\
## What holds in this edition

- Where there are several wallets, whatever gives, takes or counts points names one: `wallet`. The finest one's digits are
  those of all scaled points, so a later version cannot bring a finer one. `on` names one event, not a list.
- In a dataset that names a `line`, a column that both an order and its lines have (`gross`, `discount`, `net`, `tax`)
  is the line's, unless the column says `line = false`; the order's is then the sum. In other datasets it is the order's.
- An order's amounts and its lines' are never empty in conditions: net is gross − discount where it is not given, gross
  is net + discount, total is net + tax + shipping; discount, tax and shipping are 0 where they are not given. Every other
  column can be empty, unless every dataset of that event declares it `required` or `fixed`.
- In refunds, the column `number` names the line of the order; it tells the refund's own lines apart too.
- `on = \"refund\"` is not for earn rules; refunds take back by themselves.
- Multipliers raise base rules only. Two that raise one base need a group with `combine`, or a group each (then they add),
  unless their dates or conditions certainly exclude each other: another text, number, weekday or rung of one column.
- A rung's needs are metrics of kind `events`, `sum`, `distinct`, `granted` or `spent`, without a `window`, of the account.
- A metric's conditions name no metrics.
- `validity` is asked unless the period is `lifetime`; `shortfall` is asked where validity can end. With a rolling period
  and a validity that ends, write `requalify = \"validity_end\"`.
- `counts` is asked where a metric of kind `granted` without `rules` is declared; `[refunds]` where there is a wallet.
- A reward's `when` is asked at its event or moment; without `on`, at the `redeem` event that buys it; without a price too,
  at the occurrence of the surprise that gives it.
- Without `[enrol]` everybody is a member from the first event on.

";

#[derive(Default)]
struct Page {
    text: String,
    /// Titles that have their section already.
    written: Vec<String>,
}

impl Page {
    /// The single values, and how they are written.
    fn values(&mut self) {
        let mut all: Vec<(&str, &str)> = Vec::new();
        gather(&Root::shape(), &mut all);
        all.sort_unstable();
        all.dedup_by_key(|(wants, _)| *wants);
        self.text
            .push_str("## Values\n\n| type | is written like |\n|---|---|\n");
        for (wants, example) in all {
            let _ = writeln!(self.text, "| {} | `{}` |", bare(wants), cell(example));
        }
        self.text.push_str(
            "\nNumbers are read exactly as they are written; exponents, `inf` and `nan` are refused. *By rung* means:\n\
             one value, or a table with one for each rung. *One or more* means: one, or a list of several.\n\n",
        );
    }

    /// The sections of a shape, and of the tables inside it.
    fn shape(&mut self, shape: &Shape, level: usize) {
        match shape {
            Shape::Table(table) => self.table(table, level),
            Shape::Kinds(kinds) => self.kinds(kinds, level),
            Shape::List(of) | Shape::OneOrMany(of) | Shape::ByRung(of) | Shape::Named(_, of) => {
                self.shape(of, level);
            }
            Shape::Either(shapes) => {
                for shape in shapes {
                    self.shape(shape, level);
                }
            }
            Shape::Plain(_) | Shape::Choice(_) => {}
        }
    }

    fn heading(&mut self, title: &str, level: usize) -> bool {
        if self.written.iter().any(|written| written == title) {
            return false;
        }
        self.written.push(title.to_owned());
        let _ = writeln!(self.text, "{} `{title}`\n", "#".repeat(level));
        true
    }

    fn table(&mut self, table: &Table, level: usize) {
        if !self.heading(table.title, level) {
            return;
        }
        let _ = writeln!(self.text, "{}\n", table.doc);
        self.keys(&table.keys);
        self.inside(&table.keys, level);
    }

    fn kinds(&mut self, kinds: &Kinds, level: usize) {
        if !self.heading(kinds.title, level) {
            return;
        }
        let _ = writeln!(self.text, "{}\n", kinds.doc);
        if !kinds.common.is_empty() {
            self.text.push_str("Every kind takes:\n\n");
            self.keys(&kinds.common);
        }
        let settled = |kind: &KindWord| kind.table.clone().map(|table| (kind.word, table));
        for (word, table) in kinds.kinds.iter().filter_map(settled) {
            let _ = writeln!(
                self.text,
                "{} kind `{word}`\n\n{}\n",
                "#".repeat((level + 1).min(6)),
                table.doc
            );
            self.keys(&table.keys);
        }
        let later: Vec<&str> = kinds
            .kinds
            .iter()
            .filter(|kind| kind.table.is_none())
            .map(|kind| kind.word)
            .collect();
        if !later.is_empty() {
            let _ = writeln!(
                self.text,
                "Kinds that are not settled yet: {}.\n",
                super::reader::list(&later)
            );
        }
        self.inside(&kinds.common, level);
        for kind in &kinds.kinds {
            if let Some(table) = &kind.table {
                self.inside(&table.keys, level);
            }
        }
    }

    /// The tables that are values of keys.
    fn inside(&mut self, keys: &[Key], level: usize) {
        for key in keys {
            if let Some(shape) = &key.shape {
                self.shape(shape, (level + 1).min(6));
            }
        }
    }

    fn keys(&mut self, keys: &[Key]) {
        let settled: Vec<&Key> = keys.iter().filter(|key| key.shape.is_some()).collect();
        if !settled.is_empty() {
            self.text
                .push_str("| key | type | default | meaning |\n|---|---|---|---|\n");
        }
        for key in &settled {
            let Some(shape) = &key.shape else { continue };
            let default = match key.need {
                Need::Required => "required".to_owned(),
                Need::Default(text) => format!("`{}`", cell(text)),
                Need::Optional | Need::Later(_) => "*optional*".to_owned(),
            };
            let _ = writeln!(
                self.text,
                "| `{}` | {} | {default} | {}{} |",
                key.name,
                type_of(shape),
                cell(key.doc),
                choices(shape)
            );
        }
        if !settled.is_empty() {
            self.text.push('\n');
        }
        let later: Vec<String> = keys
            .iter()
            .filter(|key| key.shape.is_none())
            .map(|key| format!("`{}` ({})", key.name, key.doc.trim_end_matches('.')))
            .collect();
        if !later.is_empty() {
            let _ = writeln!(self.text, "Not settled yet: {}.\n", later.join("; "));
        }
    }
}

/// The type in a cell.
fn type_of(shape: &Shape) -> String {
    match shape {
        Shape::Plain(plain) => bare(plain.wants),
        Shape::Choice(_) => "choice".to_owned(),
        Shape::Table(table) => link(table.title),
        Shape::Kinds(kinds) => link(kinds.title),
        Shape::List(of) => format!("list of {}", type_of(of)),
        Shape::OneOrMany(of) => format!("one or more: {}", type_of(of)),
        Shape::Named(name, of) => format!("table of your {name}s, each {}", type_of(of)),
        Shape::ByRung(of) => format!("by rung: {}", type_of(of)),
        Shape::Either(shapes) => {
            let all: Vec<String> = shapes.iter().map(type_of).collect();
            all.join(" or ")
        }
    }
}

fn link(title: &str) -> String {
    // As GitHub makes anchors: letters, digits and hyphens of the heading, in lower case.
    let anchor: String = title
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_' || *c == ' ')
        .map(|c| if c == ' ' { '-' } else { c })
        .collect();
    format!("[`{title}`](#{anchor})")
}

/// The words of a choice with what they mean.
fn choices(shape: &Shape) -> String {
    match shape {
        Shape::Choice(words) => {
            let mut out = String::new();
            for word in words {
                if let Some(doc) = word.doc {
                    let _ = write!(out, "<br>`\"{}\"`: {}", word.word, cell(doc));
                }
            }
            let later: Vec<String> = words
                .iter()
                .filter(|word| word.doc.is_none())
                .map(|word| format!("`\"{}\"`", word.word))
                .collect();
            if !later.is_empty() {
                let _ = write!(out, "<br>Not settled yet: {}.", later.join(", "));
            }
            out
        }
        Shape::List(of) | Shape::OneOrMany(of) | Shape::ByRung(of) => choices(of),
        _ => String::new(),
    }
}

/// The single values inside a shape.
fn gather(shape: &Shape, all: &mut Vec<(&'static str, &'static str)>) {
    let keys = |keys: &[Key], all: &mut Vec<_>| {
        for shape in keys.iter().filter_map(|key| key.shape.as_ref()) {
            gather(shape, all);
        }
    };
    match shape {
        Shape::Plain(plain) => all.push((plain.wants, plain.example)),
        Shape::Table(table) => keys(&table.keys, all),
        Shape::Kinds(kinds) => {
            keys(&kinds.common, all);
            for table in kinds.kinds.iter().filter_map(|kind| kind.table.as_ref()) {
                keys(&table.keys, all);
            }
        }
        Shape::List(of) | Shape::OneOrMany(of) | Shape::ByRung(of) | Shape::Named(_, of) => {
            gather(of, all);
        }
        Shape::Either(shapes) => shapes.iter().for_each(|shape| gather(shape, all)),
        Shape::Choice(_) => {}
    }
}

/// Without its article.
fn bare(wants: &str) -> String {
    wants
        .trim_start_matches("a ")
        .trim_start_matches("an ")
        .to_owned()
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_one_section_and_every_link_leads_to_one() {
        let page = reference();
        let anchors: Vec<String> = page
            .lines()
            .filter(|line| line.starts_with('#'))
            .map(|line| link(line.trim_start_matches('#').trim().trim_matches('`')))
            .collect();
        for at in page.match_indices("](#").map(|(at, _)| at) {
            let end = page[at..].find(')').map_or(page.len(), |end| at + end);
            let target = &page[at..=end];
            assert!(
                anchors.iter().any(|anchor| anchor.ends_with(target)),
                "{target} leads nowhere"
            );
        }
        assert_eq!(page.matches("\n## `[program]`\n").count(), 1);
        assert_eq!(page.matches("`cap`\n\nA limit").count(), 1);
    }

    #[test]
    fn a_default_in_the_reference_is_the_one_that_holds() {
        assert!(reference().contains("| `late` | duration | `\"30 days\"` |"));
    }
}
