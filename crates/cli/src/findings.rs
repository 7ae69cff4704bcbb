//! Findings on the screen (as rustc shows them), as JSON, and as GitHub annotations.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use rungs_engine::finding::{Finding, Severity};
use rungs_pipeline::program_folder::Folder;

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON array.
    Json,
    /// `::error file=…` lines, which GitHub shows in a pull request.
    Github,
}

/// Renders all findings of some folders.
pub fn render(folders: &[Folder], format: Format, colour: bool) -> String {
    let all = folders
        .iter()
        .flat_map(|folder| folder.findings.iter().map(move |finding| (folder, finding)));
    match format {
        Format::Text => all
            .map(|(folder, finding)| text(finding, folder.text(&finding.file), colour) + "\n")
            .collect(),
        Format::Github => all
            .map(|(folder, finding)| github(finding, folder.text(&finding.file)))
            .collect(),
        Format::Json => {
            let list: Vec<_> = all
                .map(|(folder, finding)| json(finding, folder.text(&finding.file)))
                .collect();
            format!("{:#}\n", serde_json::Value::Array(list))
        }
    }
}

/// One finding as rustc would show it.
pub fn text(finding: &Finding, source: &str, colour: bool) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(finding.message.as_str())
        .id(finding.code.text());
    let span = |start: u32, end: u32| {
        let start = (start as usize).min(source.len());
        start..(end as usize).clamp(start, source.len())
    };
    let mut snippet = Snippet::source(source)
        .path(finding.file.as_str())
        .annotation(
            AnnotationKind::Primary
                .span(span(finding.place.start, finding.place.end))
                .label(finding.label.as_str()),
        );
    for other in &finding.also {
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(span(other.place.start, other.place.end))
                .label(other.label.as_str()),
        );
    }
    let group = if source.is_empty() {
        Group::with_title(title)
            .element(Level::NOTE.message(format!("{}: {}", finding.file, finding.label)))
    } else {
        title.element(snippet)
    };
    let report = [group.element(Level::HELP.message(finding.help.as_str()))];
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.render(&report) + "\n"
}

/// Line and column (both from 1, the column in characters) of a byte.
pub fn line_and_column(source: &str, byte: u32) -> (usize, usize) {
    let mut at = (byte as usize).min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    let before = &source[..at];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}

fn github(finding: &Finding, source: &str) -> String {
    let (line, column) = line_and_column(source, finding.place.start);
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let escape = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let body = escape(&format!(
        "{}\n{}\nhelp: {}",
        finding.message, finding.label, finding.help
    ));
    let file = escape(&finding.file)
        .replace(',', "%2C")
        .replace(':', "%3A");
    format!(
        "::{level} file={file},line={line},col={column},title={}::{body}\n",
        finding.code.text()
    )
}

fn json(finding: &Finding, source: &str) -> serde_json::Value {
    let (line, column) = line_and_column(source, finding.place.start);
    let (start, end) = (finding.place.start as usize, finding.place.end as usize);
    serde_json::json!({
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "file": finding.file,
        "line": line,
        "column": column,
        "start": start,
        "end": end,
        "underlined": source.get(start..end).unwrap_or_default(),
        "label": finding.label,
        "also": finding.also,
        "help": finding.help,
    })
}
