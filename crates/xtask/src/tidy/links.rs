//! Links between files: in Markdown, and from a programme to its schema. A link to a file that is not
//! there is refused; links to the web are not looked at.

use super::Complaint;
use crate::repository::File;

/// Links of a file that lead nowhere.
pub fn complaints(file: &File, files: &[File]) -> Vec<Complaint> {
    let Some(text) = &file.text else {
        return Vec::new();
    };
    let links: Vec<(usize, &str)> = match file.ending() {
        "md" => markdown(text),
        "toml" => text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("#:schema "))
            .map(|link| vec![(1, link.trim())])
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    links
        .into_iter()
        .filter(|(_, link)| {
            !link.starts_with('#') && !link.contains("://") && !link.starts_with("mailto:")
        })
        .filter_map(|(line, link)| {
            let path = link.split_once('#').map_or(link, |(path, _)| path);
            let target = resolve(&file.path, path);
            let folder = format!("{}/", target.trim_end_matches('/'));
            let there = files.iter().any(|other| {
                other.path == target || other.path.starts_with(&folder) || folder == "/"
            });
            let what = format!("the link `{link}` leads nowhere: there is no `{target}`");
            (!there).then(|| Complaint::new(&file.path, line, what))
        })
        .collect()
}

/// The targets of `[text](target)`, outside of code.
fn markdown(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if code {
            continue;
        }
        for (index, part) in line.split('`').enumerate() {
            if index % 2 == 1 && line.matches('`').count() % 2 == 0 {
                continue;
            }
            let mut rest = part;
            while let Some((_, after)) = rest.split_once("](") {
                let Some((link, more)) = after.split_once(')') else {
                    break;
                };
                links.push((number, link));
                rest = more;
            }
        }
    }
    links
}

/// The path from the root that a link of a file means.
fn resolve(file: &str, link: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        }
    }

    #[test]
    fn a_link_is_followed_from_the_folder_of_its_file() {
        let files = [
            file("docs/a.md", "[b](b.md#part) [c](../programs) [d](d.md)"),
            file("docs/b.md", ""),
            file("programs/coffee/x.toml", ""),
        ];
        let found = complaints(&files[0], &files);
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("`docs/d.md`"));
    }

    #[test]
    fn links_in_code_and_to_the_web_are_not_followed() {
        let text = "`[x](y)` [z](https://example.org)\n```\n[x](y)\n```\n[here](#there)\n";
        let files = [file("README.md", text)];
        assert_eq!(complaints(&files[0], &files), []);
    }

    #[test]
    fn a_programme_names_a_schema_that_exists() {
        let programme = file("programs/a/1.toml", "#:schema ../../schema/rungs.json\n");
        assert_eq!(complaints(&programme, &[]).len(), 1);
        let schema = file("schema/rungs.json", "{}");
        assert_eq!(complaints(&programme, &[schema]), []);
    }
}
