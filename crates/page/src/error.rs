//! Why there is no page: what was found, where, and what to do next.

/// What kind of obstacle it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageCode {
    /// The text is not JSON, or nested deeper than any report.
    Json,
    /// A key that every report has is missing, or holds something else.
    Shape,
    /// A number of the report is no decimal, or has more digits than can be counted exactly.
    Number,
    /// A day of the report is none between the years 1 and 9999.
    Date,
    /// The report names something (a state, a side) for which the page has no words.
    Words,
    /// What is built into the page does not fit the report; this should not happen.
    Unforeseen,
}

impl PageCode {
    /// The code as it is spelled.
    pub const fn text(self) -> &'static str {
        match self {
            PageCode::Json => "page/json",
            PageCode::Shape => "page/shape",
            PageCode::Number => "page/number",
            PageCode::Date => "page/date",
            PageCode::Words => "page/words",
            PageCode::Unforeseen => "page/unforeseen",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            PageCode::Json => "give the file that `rungs report --format json` wrote, whole",
            PageCode::Shape | PageCode::Number | PageCode::Date => {
                "write the report anew with `rungs report --format json`; `rungs schema report` describes its keys"
            }
            PageCode::Words => {
                "the report is newer than this version of Rungs; make its page with the version that wrote it"
            }
            PageCode::Unforeseen => "please report it with the report's JSON",
        }
    }
}

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageError {
    /// What kind of obstacle it was.
    pub code: PageCode,
    /// What was found and where, lower case, without a full stop.
    pub message: String,
    /// The next step.
    pub help: &'static str,
}

impl PageError {
    pub(crate) fn new(code: PageCode, message: impl Into<String>) -> PageError {
        PageError {
            code,
            message: message.into(),
            help: code.help(),
        }
    }

    pub(crate) fn json(cause: impl std::fmt::Display) -> PageError {
        PageError::new(PageCode::Json, format!("the report is not JSON: {cause}"))
    }

    pub(crate) fn shape(key: &str, wanted: &str) -> PageError {
        PageError::new(
            PageCode::Shape,
            format!("`{key}` of the report is not {wanted}"),
        )
    }

    pub(crate) fn number(text: &str) -> PageError {
        PageError::new(
            PageCode::Number,
            format!("`{text}` is no decimal that can be counted exactly"),
        )
    }

    pub(crate) fn date(text: &str) -> PageError {
        PageError::new(
            PageCode::Date,
            format!("`{text}` is no day, or too far away"),
        )
    }

    pub(crate) fn words(key: &str) -> PageError {
        PageError::new(PageCode::Words, format!("the page has no text `{key}`"))
    }
}

impl std::fmt::Display for PageError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "[{}] {}: {}",
            self.code.text(),
            self.message,
            self.help
        )
    }
}

impl std::error::Error for PageError {}

/// On the way through a template, which adds the place.
impl From<PageError> for minijinja::Error {
    fn from(error: PageError) -> minijinja::Error {
        minijinja::Error::new(
            minijinja::ErrorKind::InvalidOperation,
            error.message.clone(),
        )
        .with_source(error)
    }
}

/// Back from a template: the cause, if it is one of ours, with the place in the template where it was met.
impl From<minijinja::Error> for PageError {
    fn from(error: minijinja::Error) -> PageError {
        let mut innermost: &dyn std::error::Error = &error;
        let mut place = None;
        loop {
            if let Some(ours) = innermost.downcast_ref::<PageError>() {
                let mut ours = ours.clone();
                if let Some(place) = place {
                    ours.message = format!("{} ({place})", ours.message);
                }
                return ours;
            }
            if let Some(template) = innermost.downcast_ref::<minijinja::Error>()
                && let (Some(name), Some(line)) = (template.name(), template.line())
            {
                place = Some(format!("{name}, line {line}"));
            }
            match innermost.source() {
                Some(source) => innermost = source,
                None => return PageError::new(PageCode::Unforeseen, innermost.to_string()),
            }
        }
    }
}
