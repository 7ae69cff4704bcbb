//! The dependency graph of the workspace, as cargo resolves it for what is built (not for tests of it).

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Packages by name, each with those it depends on.
pub struct Graph {
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Asks cargo.
    pub fn read() -> Graph {
        // Only what is built here: packages of other systems may not even be downloaded.
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(["--filter-platform", &host()])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo can be started");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
        let names: BTreeMap<&str, &str> = list(&metadata["packages"])
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let uses = list(&metadata["resolve"]["nodes"])
            .map(|node| {
                let on = list(&node["deps"])
                    .filter(|dependency| {
                        list(&dependency["dep_kinds"]).any(|kind| kind["kind"] != "dev")
                    })
                    .map(|dependency| names[text(&dependency["pkg"])].to_owned());
                (names[text(&node["id"])].to_owned(), on.collect())
            })
            .collect();
        Graph { uses }
    }

    /// What a package names itself.
    pub fn own(&self, name: &str) -> Vec<String> {
        let own = self.uses.get(name).expect("the package exists");
        own.iter().cloned().collect()
    }

    /// Whether a package depends on another, however far away.
    pub fn reaches(&self, from: &str, to: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = self.own(from);
        while let Some(name) = next.pop() {
            if name == to {
                return true;
            }
            if seen.insert(name.clone()) {
                next.extend(self.own(&name));
            }
        }
        false
    }
}

/// The system that this machine builds for.
fn host() -> String {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .expect("rustc can be started");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.expect("rustc names its host").to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
