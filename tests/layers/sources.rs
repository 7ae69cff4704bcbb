//! The source text of a crate as far as it is compiled into what is shipped: comments, the insides of texts and
//! `#[cfg(test)]` modules are blanked out, line numbers stay.

use std::path::Path;

/// One file's code.
pub struct Source {
    /// From the crate's folder.
    pub path: String,
    code: String,
}

/// The files of a crate in `crates/`.
pub fn sources(name: &str) -> Vec<Source> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates")
        .join(name)
        .join("src");
    let mut found = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the crate has sources") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("it can be read");
                found.push(Source::of(&path.display().to_string(), &text));
            }
        }
    }
    assert!(!found.is_empty());
    // Files that hold nothing but tests.
    found.retain(|source| !source.path.ends_with("/tests.rs") && !source.path.contains("/tests/"));
    found
}

impl Source {
    /// A file's code from its text.
    pub fn of(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            code: without_tests(&without_texts(text)),
        }
    }

    /// Numbers of the lines where the word stands by itself.
    pub fn lines_with<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        (1..)
            .zip(self.code.lines())
            .filter(move |(_, line)| {
                line.match_indices(word).any(|(start, _)| {
                    let before = line[..start].chars().next_back();
                    let after = line[start + word.len()..].chars().next();
                    let goes_on = |beside: Option<char>| beside.is_some_and(is_name);
                    let inside = goes_on(before) && word.starts_with(is_name);
                    let longer = goes_on(after) && word.ends_with(is_name);
                    !inside && !longer
                })
            })
            .map(|(number, _)| number)
    }

    /// Names of variables and fields whose type or first value is a hash map or set.
    pub fn hash_maps(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .code
            .lines()
            .filter(|line| {
                line.contains("HashMap<")
                    || line.contains("HashSet<")
                    || line.contains("HashMap::")
                    || line.contains("HashSet::")
            })
            .filter_map(|line| {
                let before = line.split("Hash").next()?;
                let named = before
                    .trim_end()
                    .trim_end_matches("&mut")
                    .trim_end_matches('&');
                let named = named.trim_end_matches("hashbrown::").trim_end();
                let named = named
                    .strip_suffix(':')
                    .or_else(|| named.strip_suffix('='))?;
                let name = named.trim_end().rsplit(|c: char| !is_name(c)).next()?;
                (!name.is_empty()).then(|| name.to_owned())
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Numbers of the lines with a loop over the thing itself.
    pub fn loops_over(&self, name: &str) -> Vec<usize> {
        (1..)
            .zip(self.code.lines())
            .filter(|(_, line)| {
                let line = line.trim_start();
                let Some((_, over)) = line
                    .starts_with("for ")
                    .then(|| line.split_once(" in "))
                    .flatten()
                else {
                    return false;
                };
                let over = over.trim_end_matches('{').trim_end_matches("{}").trim();
                let over = over.trim_start_matches("&mut ").trim_start_matches('&');
                over == name || over.ends_with(&format!(".{name}"))
            })
            .map(|(number, _)| number)
            .collect()
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Blanks comments and the insides of texts.
fn without_texts(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if c == '"' {
            closing_quote(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.extend(rest[..length].chars().filter(|c| *c == '\n'));
        rest = &rest[length..];
    }
    code
}

/// Length of a text that begins with its quote.
fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Cuts the code at the first `#[cfg(test)]` that opens a module: here tests stand last in a file.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut lines = code.lines().peekable();
    while let Some(line) = lines.next() {
        let opens = |next: &&str| next.trim_start().starts_with("mod ") && next.contains('{');
        let next_opens = lines
            .peek()
            .is_some_and(|next| opens(next) || next.trim_start().starts_with("#["));
        if line.trim() == "#[cfg(test)]" && next_opens {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}
