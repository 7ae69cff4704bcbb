//! `rungs index`, and the index that each run keeps in its store.

use super::report::unforeseen;
use super::{print, run::could_not, settings};
use crate::Ended;
use crate::arguments::Index;
use rungs_page::Programme;
use rungs_pipeline::lake::store::{Store, write_whole};
use rungs_pipeline::report::nights::{self, Kept};
use rungs_pipeline::trouble::Trouble;
use std::path::{Path, PathBuf};

/// Makes the page over all nights of the stores in a folder.
pub fn index(asked: &Index) -> Ended {
    let settings = match settings() {
        Ok(settings) => settings,
        Err(ended) => return ended,
    };
    let Some(folder) = settings.stores(asked.stores.as_deref()) else {
        return Ended::WrongUse {
            message: "no folder of stores was named".into(),
            help: "name a store, or the folder that holds one for each programme: `rungs index .rungs`".into(),
        };
    };
    let stores = stores_in(&folder);
    if stores.is_empty() {
        return Ended::WrongUse {
            message: format!("there is no store in `{}`", folder.display()),
            help: "name a store, or the folder that holds one for each programme; `rungs run` makes a store".into(),
        };
    }
    match page(&stores) {
        Ok(page) => {
            let path = folder.join("index.html");
            if let Err(error) = write_whole(&path, page.as_bytes()) {
                return could_not(error.into());
            }
            print(&format!("{}\n", path.display()));
            Ended::Fine
        }
        Err(trouble) => could_not(trouble),
    }
}

/// Keeps the page over all nights of a store beside their pages.
pub fn keep_index(store: &Store) -> Result<(), Trouble> {
    let page = page(&[(store.folder().to_owned(), String::new())])?;
    Ok(write_whole(
        &store.path("reports/index.html"),
        page.as_bytes(),
    )?)
}

/// The stores, each with the way to its pages.
fn stores_in(folder: &Path) -> Vec<(PathBuf, String)> {
    if is_store(folder) {
        return vec![(folder.to_owned(), "reports/".to_owned())];
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_store(&folder.join(name)))
        .collect();
    names.sort();
    let way = |name: &String| format!("{}/reports/", encoded(name));
    names
        .iter()
        .map(|name| (folder.join(name), way(name)))
        .collect()
}

fn is_store(folder: &Path) -> bool {
    folder.join("store.json").is_file()
}

fn page(stores: &[(PathBuf, String)]) -> Result<String, Trouble> {
    let mut known: Vec<(Kept, &str)> = Vec::new();
    for (folder, way) in stores {
        match nights::kept(&Store::open(folder)?)? {
            Some(kept) => known.push((kept, way)),
            None => anstream::eprintln!("  no night is settled in `{}` yet", folder.display()),
        }
    }
    let ways: Vec<_> = known
        .iter()
        .map(|(kept, way)| {
            move |night: &str| {
                kept.pages
                    .contains(night)
                    .then(|| format!("{way}{night}.html"))
            }
        })
        .collect();
    let programmes: Vec<Programme<'_>> = known
        .iter()
        .zip(&ways)
        .map(|((kept, _), page)| Programme {
            report: &kept.report,
            nights: &kept.nights,
            page,
        })
        .collect();
    rungs_page::index(&programmes).map_err(unforeseen)
}

/// A folder's name as it stands in a link (RFC 3986): what is not plain is spelled by its bytes.
fn encoded(name: &str) -> String {
    let mut link = String::new();
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                link.push(byte.into());
            }
            _ => link.push_str(&format!("%{byte:02X}")),
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn a_name_in_a_link_is_no_scheme_and_no_other_place() {
        assert_eq!(encoded("coffee-2.0_~"), "coffee-2.0_~");
        assert_eq!(encoded("javascript:x"), "javascript%3Ax");
        assert_eq!(encoded("a b?#咖"), "a%20b%3F%23%E5%92%96");
    }
}
