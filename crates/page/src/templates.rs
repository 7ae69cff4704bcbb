//! The templates, built in, and how they are filled. Jinja2 can render the same files.

use crate::changes::changes;
use crate::error::PageError;
use crate::forms::Forms;
use crate::kpis::kpis;
use crate::policy::policy;
use crate::report::Report;
use crate::texts::LANGUAGES;
use crate::{Notice, Programme, filters, functions, markdown, nights, queries};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Output, State, Value, context};
use std::sync::Arc;

/// A template by its name in `include` and `import`.
macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../templates/", $name)))),+]
    };
}

/// All templates; `page.html` is the whole page, `body.html` one language of it, `digest.md` the report in short,
/// `index.html` the page over all nights with `programme.html` for each programme, `failed.html` that of a night that failed.
const TEMPLATES: [(&str, &str); 28] = built_in![
    "page.html",
    "head.html",
    "switches.html",
    "body.html",
    "index.html",
    "programme.html",
    "failed.html",
    "digest.md",
    "card.html",
    "chart.html",
    "figure.html",
    "flow.html",
    "roll.html",
    "surprise.html",
    "track.html",
    "sections/objectives.html",
    "sections/glance.html",
    "sections/changes.html",
    "sections/sentences.html",
    "sections/retention.html",
    "sections/ladder.html",
    "sections/points.html",
    "sections/orders.html",
    "sections/rewards.html",
    "sections/surprises.html",
    "sections/data.html",
    "sections/more.html",
    "sections/run.html",
];

const STYLE: &str = include_str!("../style.css");
const SCRIPT: &str = include_str!("../page.js");

/// The page.
pub(crate) fn page(report: &Report, previous: Option<&Report>) -> Result<String, PageError> {
    let environment = environment(Forms::of(report)?, &report.shown)?;
    Ok(environment
        .get_template("page.html")?
        .render(context! { ..frame(), ..shown(report, previous)? })?)
}

/// The page over all nights of some programmes.
pub(crate) fn index(programmes: &[Programme<'_>]) -> Result<String, PageError> {
    let mut count = 0;
    let mut parts = Vec::new();
    for (n, programme) in programmes.iter().enumerate() {
        let report = Report::read(programme.report)?;
        let environment = environment(Forms::of(&report)?, &report.shown)?;
        let template = environment.get_template("programme.html")?;
        let p = nights::shown(programme, &report)?;
        count += p.get_attr("nights")?.as_usize().unwrap_or_default();
        let mut part = vec![("name", report.shown.get_attr("name")?)];
        for lang in LANGUAGES {
            let known = context! { lang, n, p => p.clone(), report => report.shown.clone() };
            part.push((lang, Value::from_safe_string(template.render(known)?)));
        }
        parts.push(Value::from_pairs(part));
    }
    let environment = environment(Forms::plain()?, &Value::from(()))?;
    let known = context! { nights => count.to_string(), programmes => parts };
    let template = environment.get_template("index.html")?;
    Ok(template.render(context! { ..frame(), ..known })?)
}

/// The page of a night that was not settled.
pub(crate) fn failed(notice: &Notice<'_>) -> Result<String, PageError> {
    let environment = environment(Forms::plain()?, &Value::from(()))?;
    let known = context! {
        name => notice.name,
        night => notice.night,
        failed => context! { code => notice.code, message => notice.message, help => notice.help },
        last => notice.last,
        last_page => notice.last_page,
    };
    let template = environment.get_template("failed.html")?;
    Ok(template.render(context! { ..frame(), ..known })?)
}

/// The report in short, in a language, as Markdown.
pub(crate) fn digest(
    report: &Report,
    previous: Option<&Report>,
    language: &str,
) -> Result<String, PageError> {
    let mut environment = environment(Forms::of(report)?, &report.shown)?;
    environment.set_formatter(markdown::write_plain);
    environment.add_filter("items", markdown::items);
    environment.add_filter("code", markdown::code);
    let shown = shown(report, previous)?;
    let template = environment.get_template("digest.md")?;
    Ok(template.render(context! { lang => language, ..shown })?)
}

/// What templates know.
fn shown(report: &Report, previous: Option<&Report>) -> Result<Value, PageError> {
    let queries = queries::built_in()?;
    let kpis = kpis(report, &queries)?;
    Ok(context! {
        report => report.shown.clone(),
        previous => previous.map_or(Value::from(()), |previous| previous.shown.clone()),
        kpi_by_id => Value::from_pairs(kpis.iter().cloned()),
        kpis => kpis.into_iter().map(|(_, kpi)| kpi).collect::<Vec<Value>>(),
        changes => previous.map_or(Value::from(()), |previous| changes(report, previous)),
        queries => Value::from_pairs(
            queries.iter().filter_map(|(name, query)| Some((name.as_str(), query.as_str()?))),
        ),
    })
}

/// What every page has around what it says.
fn frame() -> Value {
    context! {
        languages => LANGUAGES.to_vec(),
        style => STYLE,
        script => SCRIPT,
        csp => policy(STYLE, SCRIPT),
    }
}

fn environment(forms: Forms, report: &Value) -> Result<Environment<'static>, PageError> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true);
    syntax.lstrip_blocks(true);
    syntax.keep_trailing_newline(true);
    environment.set_syntax(syntax.build()?);
    environment.set_formatter(write_escaped);
    // In all of them what a template has made of texts is safe, whatever their names end with.
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    let forms = Arc::new(forms);
    filters::add(&mut environment, &forms);
    functions::add(&mut environment, &forms, report);
    Ok(environment)
}

/// Writes a value with what HTML would take for markup spelled out, unless it is the page's own markup. The
/// digits of an escape are those that Jinja2 writes, so that both render the same page; a slash needs none.
fn write_escaped(
    out: &mut Output<'_>,
    _: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    let own: String;
    let text = match value.as_str() {
        Some(text) => text,
        None => {
            own = value.to_string();
            &own
        }
    };
    let written = match value.is_safe() {
        true => out.write_str(text),
        false => out.write_str(&escaped(text)),
    };
    Ok(written?)
}

/// A text with what HTML would take for markup spelled out, and without the signs that turn the direction of what
/// follows: in a name they would make the number behind it read backwards.
pub(crate) fn escaped(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => whole.push_str("&amp;"),
            '<' => whole.push_str("&lt;"),
            '>' => whole.push_str("&gt;"),
            '"' => whole.push_str("&#34;"),
            '\'' => whole.push_str("&#39;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            letter => whole.push(letter),
        }
    }
    whole
}
