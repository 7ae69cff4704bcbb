//! Texts in Markdown: what a programme or its data say stays text.

use minijinja::{Error, Output, State, Value};

/// Letters that are markup.
const MARKUP: [char; 12] = ['\\', '`', '*', '_', '[', ']', '<', '>', '|', '#', '~', '&'];

/// What chats and pull requests make links and mentions of, with a space of no width in it.
const LINKS: [(&str, &str); 3] = [
    ("@", "@\u{200b}"),
    ("://", ":\u{200b}//"),
    ("www.", "www\u{200b}."),
];

/// Writes a value with its markup made plain, unless a template has made it.
pub(crate) fn write_plain(
    out: &mut Output<'_>,
    _: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let text = value.to_string();
    let written = match value.is_safe() {
        true => out.write_str(&text),
        false => out.write_str(&plain(&text)),
    };
    Ok(written?)
}

fn plain(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for letter in one_line(text).chars() {
        if MARKUP.contains(&letter) {
            whole.push('\\');
        }
        whole.push(letter);
    }
    let unlinked = |text: String, (link, none): &(&str, &str)| text.replace(link, none);
    LINKS.iter().fold(whole, unlinked)
}

/// A text between backticks, where nothing but a backtick ends it.
pub(crate) fn code(text: &str) -> Value {
    Value::from_safe_string(one_line(text).replace(['`', '|'], "'"))
}

/// Sentences that stand as items of a list in HTML.
pub(crate) fn items(sentences: &str) -> Value {
    let lines = sentences.split("</li>").filter_map(|item| {
        let (opening, sentence) = item.trim().split_once('>')?;
        Some(match opening.contains("strong") {
            true => format!("- **{sentence}**\n"),
            false => format!("- {sentence}\n"),
        })
    });
    Value::from_safe_string(lines.collect::<String>().trim_end().to_owned())
}

/// A line end would begin another paragraph, or end a table's row.
fn one_line(text: &str) -> String {
    text.split(['\n', '\r']).collect::<Vec<_>>().join(" ")
}
