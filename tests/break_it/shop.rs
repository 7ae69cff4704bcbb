//! A small shop: its programme, its inbox and what the built binary says about it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// One point for each whole euro; whoever buys is in.
pub const PROGRAMME: &str = r#"
[program]
name = "shop"
zone = "Europe/Berlin"
currency = "EUR"
leap_day = "02-28"

[collect.till]
event = "order"
id = "id"
member = "member"
time = "time"
columns = { net = { required = true, min = 0.00, max = 1000000.00 }, note = { type = "text" } }

[collect.back]
event = "refund"
id = "id"
member = "member"
time = "time"
columns = { order = { required = true } }

[enrol]
kind = "automatic"

[points.beans]
rounding = "down"
round_at = "event"

[[earn]]
id = "base"
kind = "per_amount"
amount = 'event.net'
points = 1
per = 1.00
counts = false

[refunds]
shortage = "debt"

[collect.spent]
event = "redeem"
id = "id"
member = "member"
time = "time"

[collect.undone]
event = "unredeem"
id = "id"
member = "member"
time = "time"
columns = { redeem = { required = true } }
"#;

/// The till's header.
pub const TILL: &str = "id,member,time,net,note\n";

/// A programme, an inbox and a store in a folder of their own.
pub struct Shop {
    pub folder: TempDir,
}

impl Shop {
    pub fn new() -> Shop {
        let shop = Shop {
            folder: tempfile::tempdir().unwrap(),
        };
        shop.write("shop/2024-01-01.toml", PROGRAMME);
        std::fs::create_dir_all(shop.path("inbox")).unwrap();
        shop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// A file of orders under a header.
    pub fn till(&self, name: &str, rows: &str) {
        self.write(&format!("inbox/till/{name}"), format!("{TILL}{rows}"));
    }

    pub fn command(&self, store: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(rungs_tests::rungs());
        // Away from the repository, whose defaults are not meant here.
        command
            .current_dir(self.folder.path())
            .args(words)
            .args(["--program".as_ref(), self.path("shop").as_os_str()])
            .args(["--store".as_ref(), store.as_os_str()]);
        command
    }

    pub fn ask(&self, words: &[&str]) -> Output {
        self.command(&self.path("store"), words).output().unwrap()
    }

    pub fn runs(&self, store: &Path, as_of: &str) -> Command {
        let mut command = self.command(store, &["run", "--quiet", "--as-of", as_of]);
        command.args(["--inbox".as_ref(), self.path("inbox").as_os_str()]);
        command
    }

    /// Settles up to and with a night; must go well. What it warned of.
    pub fn settle(&self, as_of: &str) -> String {
        let output = self.runs(&self.path("store"), as_of).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    }

    pub fn ledger(&self) -> String {
        let output = self.ask(&["ledger"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    pub fn digest(&self, store: &Path) -> String {
        let output = self
            .command(store, &["ledger", "--digest"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// (event, when, points) of every grant.
    pub fn grants(&self) -> Vec<(String, String, i64)> {
        let mut grants: Vec<(String, String, i64)> = self
            .ledger()
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|line| line["kind"] == "grant")
            .map(|line| {
                let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
                (
                    word(&line["event"][1]),
                    word(&line["at"]),
                    word(&line["points"]).parse().unwrap(),
                )
            })
            .collect();
        grants.sort();
        grants
    }

    pub fn points(&self) -> Vec<(String, i64)> {
        self.grants()
            .into_iter()
            .map(|(event, _, points)| (event, points))
            .collect()
    }

    /// (object, line, code, reason) of every row in quarantine.
    pub fn quarantine(&self) -> Vec<(String, Option<i64>, String, String)> {
        let output = self.ask(&["quarantine", "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| {
                (
                    word(&row["object"]),
                    row["line"].as_i64(),
                    word(&row["code"]),
                    word(&row["reason"]),
                )
            })
            .collect()
    }

    pub fn codes(&self) -> Vec<(Option<i64>, String)> {
        self.quarantine()
            .into_iter()
            .map(|(_, line, code, _)| (line, code))
            .collect()
    }

    /// Recounts independently; nothing may differ.
    pub fn verify(&self) {
        let output = self.ask(&["verify"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub fn event(id: &str, points: i64) -> (String, i64) {
    (id.to_owned(), points)
}

pub fn at(line: i64, code: &str) -> (Option<i64>, String) {
    (Some(line), code.to_owned())
}
