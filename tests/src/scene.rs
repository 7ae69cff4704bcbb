//! Scenes: a small shop's files and what is said to `rungs` about them, in one text file.
//!
//! ```text
//! # What the scene shows.
//! -- inbox/till/a.csv
//! id,member,time,net
//! 1,ann,2025-05-01 10:00,seven
//! $ rungs run --as-of 2025-05-02
//! $ rungs quarantine
//! ```
//!
//! `-- PATH` begins a file, `$ rungs …` asks the built binary in the shop's folder, `! …` does what people
//! and machines do to files (see [`Scene::act`]). In a file's text `\xE9` is a byte and `\{x*1000}` a text
//! repeated, in which `%` is the number of the repetition; a file that ends in `.parquet` is given as CSV whose header has types: `id:int,net:float`.
//! The folder has `shop/2024-01-01.toml`, `inbox`, `store` and a `rungs.toml` that names them.

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// What the shop's folder is called in outputs.
const SHOWN: &str = "SHOP";

/// A shop's folder in which a scene is played.
#[derive(Debug)]
pub struct Scene {
    folder: PathBuf,
    /// Held until the end of the scene.
    locks: Vec<File>,
    said: String,
}

/// Plays a scene in an empty folder. What was asked and what was answered.
pub fn play(text: &str, programme: &str, folder: &Path) -> String {
    let mut scene = Scene {
        folder: folder.to_owned(),
        locks: Vec::new(),
        said: String::new(),
    };
    let defaults = "[defaults]\nprogram = \"shop\"\ninbox = \"inbox\"\nstore = \"store\"\n";
    scene.write("rungs.toml", defaults.as_bytes());
    scene.write("shop/2024-01-01.toml", programme.as_bytes());
    fs::create_dir_all(folder.join("inbox")).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim_end();
        at += 1;
        if let Some(path) = line.strip_prefix("-- ") {
            let from = at;
            while at < lines.len()
                && !["-- ", "$ ", "! "]
                    .iter()
                    .any(|new| lines[at].starts_with(new))
            {
                at += 1;
            }
            scene.file(path, &lines[from..at].concat());
        } else if let Some(asked) = line.strip_prefix("$ rungs ") {
            scene.ask(asked);
        } else if let Some(deed) = line.strip_prefix("! ") {
            scene.act(deed);
        } else {
            assert!(
                line.is_empty() || line.starts_with('#'),
                "what is `{line}`?"
            );
        }
    }
    scene.said
}

impl Scene {
    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn file(&self, name: &str, text: &str) {
        let bytes = unescaped(text);
        match name.ends_with(".parquet") && bytes.contains(&b':') {
            true => self.write(name, &parquet_of(&String::from_utf8(bytes).unwrap())),
            false => self.write(name, &bytes),
        }
    }

    fn ask(&mut self, asked: &str) {
        let output = Command::new(crate::rungs())
            .current_dir(&self.folder)
            .env_remove("NO_COLOR")
            .args(asked.split_whitespace())
            .output()
            .unwrap();
        let answer = [output.stdout, output.stderr].concat();
        let answer = String::from_utf8(answer).unwrap();
        let folder = fs::canonicalize(&self.folder).unwrap();
        let answer = answer
            .replace(folder.to_str().unwrap(), SHOWN)
            .replace(self.folder.to_str().unwrap(), SHOWN);
        let code = match output.status.code() {
            Some(0) => String::new(),
            code => format!("(exit code {})\n", code.unwrap()),
        };
        let gap = if self.said.is_empty() { "" } else { "\n" };
        self.said += &format!("{gap}$ rungs {asked}\n{answer}{code}");
    }

    /// A deed: `copy PATH PATH`, `remove PATH`, `cut PATH` (its second half is lost), `garble PATH` (bytes in its middle change),
    /// `replace PATH A B` (`_` is a blank, `\\_` is `_`, `\\n` a line end), `folder PATH`, `link PATH` (to nothing), `mode 644 PATH`,
    /// `lock PATH`. `*` as the last part of a path is the folder's first file.
    fn act(&mut self, deed: &str) {
        let words: Vec<&str> = deed.split(' ').collect();
        let path = |name: &str| self.path(name);
        match words[..] {
            ["remove", name] if path(name).is_dir() => fs::remove_dir_all(path(name)).unwrap(),
            ["remove", name] => fs::remove_file(path(name)).unwrap(),
            ["copy", from, to] => {
                fs::copy(path(from), path(to)).unwrap();
            }
            ["folder", name] => fs::create_dir_all(path(name)).unwrap(),
            ["cut", name] => {
                let bytes = fs::read(path(name)).unwrap();
                fs::write(path(name), &bytes[..bytes.len() / 2]).unwrap();
            }
            ["garble", name] => {
                let mut bytes = fs::read(path(name)).unwrap();
                let end = 60.min(bytes.len());
                bytes[4..end].fill(0xff);
                fs::write(path(name), bytes).unwrap();
            }
            ["replace", name, from, to] => {
                let plain = |word: &str| {
                    let word = word.replace('_', " ").replace("\\ ", "_");
                    word.replace("\\n", "\n")
                };
                let (from, to) = (&plain(from), &plain(to));
                let text = fs::read_to_string(path(name)).unwrap();
                assert!(text.contains(from), "`{from}` is not in {name}");
                fs::write(path(name), text.replacen(from, to, 1)).unwrap();
            }
            #[cfg(unix)]
            ["link", name] => std::os::unix::fs::symlink("nowhere", path(name)).unwrap(),
            #[cfg(unix)]
            ["mode", mode, name] => {
                use std::os::unix::fs::PermissionsExt;
                let mode = u32::from_str_radix(mode, 8).unwrap();
                fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
            }
            ["lock", name] => {
                let file = File::options()
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(path(name));
                let file = file.unwrap();
                file.lock().unwrap();
                self.locks.push(file);
            }
            _ => panic!("nobody knows how to `{deed}`"),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        if !name.ends_with('*') {
            return path;
        }
        let mut files: Vec<PathBuf> = fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files.first().unwrap().clone()
    }
}

/// `\xE9` is a byte, `\{x*1000}` a text repeated, `%` in it the number.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend(before.bytes());
        rest = if let Some(hex) = escape.strip_prefix('x') {
            bytes.push(u8::from_str_radix(&hex[..2], 16).unwrap());
            &hex[2..]
        } else if let Some(repeated) = escape.strip_prefix('{') {
            let (repeated, rest) = repeated.split_once('}').unwrap();
            let (text, times) = repeated.rsplit_once('*').unwrap();
            let times: usize = times.parse().unwrap();
            bytes.extend(
                (0..times).flat_map(|time| text.replace('%', &time.to_string()).into_bytes()),
            );
            rest
        } else {
            bytes.push(b'\\');
            escape
        };
    }
    bytes.extend(rest.bytes());
    bytes
}

/// Typed CSV (without quotes) as Parquet.
fn parquet_of(text: &str) -> Vec<u8> {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    let columns = header.iter().enumerate().map(|(at, name)| {
        let (name, kind) = name.split_once(':').unwrap();
        let cells = rows
            .iter()
            .map(|row| Some(row[at]).filter(|cell| !cell.is_empty()));
        let array: ArrayRef = match kind {
            "int" => Arc::new(
                cells
                    .map(|cell| cell.map(|cell| cell.parse().unwrap()))
                    .collect::<Int64Array>(),
            ),
            "float" => Arc::new(
                cells
                    .map(|cell| cell.map(|cell| cell.parse().unwrap()))
                    .collect::<Float64Array>(),
            ),
            "bool" => Arc::new(
                cells
                    .map(|cell| cell.map(|cell| cell == "true"))
                    .collect::<BooleanArray>(),
            ),
            "micros" => Arc::new(
                cells
                    .map(|cell| cell.map(|cell| cell.parse::<i64>().unwrap()))
                    .collect::<TimestampMicrosecondArray>(),
            ),
            "text" => Arc::new(cells.collect::<StringArray>()),
            other => panic!("no type `{other}`"),
        };
        (name, array)
    });
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}
