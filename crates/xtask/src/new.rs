//! `cargo xtask new earn KIND`: the file, the literate case and the registration of a new earn kind.
//!
//! What is written compiles and its case fails: the expectation is for the author to work out by hand.

use crate::repository::{read, write};
use crate::step::say;
use std::path::Path;

const FOLDER: &str = "crates/engine/src/language/earn";

/// Writes the skeletons and says what is left to do.
///
/// # Errors
/// If the name is not a `snake_case` word, or the kind exists.
pub fn earn(root: &Path, kind: &str) -> Result<(), String> {
    let plain = kind
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !plain || kind.starts_with('_') || kind.ends_with('_') || kind.is_empty() {
        return Err(format!(
            "`{kind}`: a kind is a word in snake_case, such as `per_amount`"
        ));
    }
    let file = format!("{FOLDER}/{kind}.rs");
    let case = format!("tests/cases/earn/{kind}.md");
    if root.join(&file).exists() {
        return Err(format!("`{file}` exists"));
    }
    let registry_path = root.join(FOLDER).join("mod.rs");
    let registry = registered(&read(&registry_path)?, kind)
        .ok_or("`earn/mod.rs` has no list of modules or no `FORMS`; register the kind by hand")?;
    write(&root.join(&file), &source(kind))?;
    write(&root.join(&case), &literate_case(kind))?;
    write(&registry_path, &registry)?;
    say(&format!(
        "written: {file}\n         {case}\n         one `mod` line and one entry of FORMS in {FOLDER}/mod.rs\n\n\
         Next:\n\
         1. in {file}: the keys of the kind, their docs, what can be wrong with them\n\
         2. in crates/engine/src/program/earn.rs: a variant of `EarnKind`, which the new file returns; the compiler then\n   \
            names the places that must settle it (crates/engine/src/fold) and recount it (crates/verify)\n\
         3. in {case}: the ledger, worked by hand\n\
         4. cargo xtask docs && cargo xtask test --quick"
    ));
    Ok(())
}

/// The registry with the kind in it: its module in alphabetical order, its form last.
fn registered(registry: &str, kind: &str) -> Option<String> {
    let module = format!("mod {kind};");
    let mut lines: Vec<&str> = registry.lines().collect();
    let modules: Vec<usize> = (0..lines.len())
        .filter(|number| {
            lines
                .get(*number)
                .is_some_and(|line| line.starts_with("mod "))
        })
        .collect();
    let place = modules
        .iter()
        .copied()
        .find(|number| {
            lines
                .get(*number)
                .is_some_and(|line| *line > module.as_str())
        })
        .or_else(|| modules.last().map(|last| last + 1))?;
    lines.insert(place, &module);
    let form = format!("    {kind}::FORM,");
    let start = lines
        .iter()
        .position(|line| line.starts_with("const FORMS: "))?;
    let end = start
        + lines
            .iter()
            .skip(start)
            .position(|line| line.trim() == "];")?;
    lines.insert(end, &form);
    Some(lines.join("\n") + "\n")
}

/// `per_amount` as a type: `PerAmount`.
fn type_name(kind: &str) -> String {
    kind.split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
        })
        .collect()
}

fn source(kind: &str) -> String {
    let name = type_name(kind);
    format!(
        r#"//! `{kind}`: in one sentence, for what it gives points.

use super::{{Body, Form, Rule}};
use crate::language::Build;
use crate::language::reader::{{Reader, Row, Rows}};
use crate::language::table::table;
use crate::language::values::{{AtLeast, ByRungOf}};
use crate::program::EarnKind;

table! {{
    /// For what it gives points, as the reference will say it.
    {name}Table as "[[earn]]" {{
        /// So many points.
        required points: ByRungOf<AtLeast<0>>,
    }}
}}

/// The kind's registration.
pub(crate) const FORM: Form = Form {{
    word: "{kind}",
    table: {name}Table::table,
    read: |row: &Row<'_, '_>, reader: &mut Reader<'_>| {{
        Box::new({name}Table::from_row(row, reader))
    }},
}};

impl Body for {name}Table {{
    fn check(self: Box<Self>, _: &mut Build<'_>, _: &Rule) -> Option<(EarnKind, bool)> {{
        // Settled like `per_event` until the kind has a variant of its own.
        let points = self.points?.value.map(|points| points.0);
        Some((EarnKind::PerEvent {{ points }}, false))
    }}
}}
"#
    )
}

fn literate_case(kind: &str) -> String {
    format!(
        r#"# {title}

What the kind does and why a reader would expect another number.

```toml
[program]
name = "Case"
zone = "Europe/Berlin"
currency = "EUR"

[collect.orders]
event = "order"
id = "id"
member = "member"
time = "time"

[collect.orders.columns]
net = {{ required = true, min = 0.00, max = 10000.00 }}

[points.stars]
rounding = "down"

[[earn]]
id = "{rule}"
kind = "{kind}"
points = 10

[refunds]
shortage = "debt"

[enrol]
kind = "automatic"
```

## Events

### order

```events
id | member | time             | net
o1 | ann    | 2026-01-01 10:00 | 12.50
```

## Ledger

As of 2026-01-01.

### entries

```ledger
date       | kind  | rule | points | event
2026-01-01 | grant | {rule} | work it out | o1
```
"#,
        title = type_name(kind),
        rule = kind.replace('_', "-"),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_registered_in_order_and_once() {
        let registry = "//! Kinds.\n\nmod per_amount;\nmod steps;\n\nconst FORMS: &[Form] = &[\n    steps::FORM,\n];\n";
        let expected = "//! Kinds.\n\nmod per_amount;\nmod per_visit;\nmod steps;\n\nconst FORMS: &[Form] = &[\n    steps::FORM,\n    per_visit::FORM,\n];\n";
        assert_eq!(registered(registry, "per_visit").unwrap(), expected);
        assert!(registered("//! Nothing.\n", "per_visit").is_none());
    }

    #[test]
    fn names_of_types_follow_the_kind() {
        assert_eq!(type_name("per_amount"), "PerAmount");
    }

    #[test]
    fn the_registry_of_the_engine_is_understood() {
        let registry = read(&crate::repository::root().join(FOLDER).join("mod.rs")).unwrap();
        let registered = registered(&registry, "zebra").unwrap();
        assert!(registered.contains("\nmod zebra;\n"));
        assert!(registered.contains("\n    zebra::FORM,\n];"));
    }
}
