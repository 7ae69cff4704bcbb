//! The layers of `docs/architecture.md`: which crate may know which, and what is deliberately absent from each.
//!
//! Goal: an invariant that is stated as an absence fails here when somebody adds what must not be there.
//! Method: the dependency graph from `cargo metadata`, and the source text without comments, strings and tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod packages;
mod sources;

use packages::Graph;
use sources::{Source, sources};

/// The crates of the workspace from the bottom up: each may use only those before it.
const LADDER: &[&str] = &[
    "rungs-engine",
    "rungs-verify",
    "rungs-pipeline",
    "rungs-page",
    "rungs-histories",
    "rungs-simulation",
    "rungs-cli",
];

#[test]
fn crates_depend_downwards_only() {
    let graph = Graph::read();
    for (height, name) in LADDER.iter().enumerate() {
        for above in &LADDER[height + 1..] {
            assert!(
                !graph.reaches(name, above),
                "`{name}` depends on `{above}`, which is above it"
            );
        }
    }
}

#[test]
fn nothing_depends_on_the_tests_or_the_tasks() {
    let graph = Graph::read();
    for name in LADDER {
        assert!(!graph.reaches(name, "rungs-tests"), "`{name}`");
        assert!(!graph.reaches(name, "xtask"), "`{name}`");
    }
    // What is invented is for tests and for `rungs simulate`.
    for name in ["rungs-verify", "rungs-pipeline", "rungs-page", "rungs-aws"] {
        assert!(!graph.reaches(name, "rungs-histories"), "`{name}`");
    }
}

#[test]
fn the_recount_shares_nothing_with_the_pipeline() {
    let graph = Graph::read();
    let known = graph.own("rungs-verify");
    assert_eq!(
        known
            .iter()
            .filter(|name| name.starts_with("rungs-"))
            .collect::<Vec<_>>(),
        ["rungs-engine"],
        "the recount may know the parsed programme, events and integer types, nothing else"
    );
}

#[test]
fn the_engine_has_no_files_no_threads_and_no_network() {
    let graph = Graph::read();
    for name in [
        "rand", "rayon", "log", "tracing", "tempfile", "memmap2", "clap",
    ] {
        let own = graph.own("rungs-engine");
        assert!(!own.contains(&name.to_owned()), "the engine names `{name}`");
    }
    for name in [
        "parquet",
        "arrow",
        "arrow-csv",
        "arrow-ipc",
        "csv",
        "rusqlite",
        "tokio",
        "hyper",
        "ureq",
    ] {
        assert!(
            !graph.reaches("rungs-engine", name),
            "the engine reaches `{name}`"
        );
    }
}

#[test]
fn the_engine_knows_columns_but_no_kernels_and_no_formats() {
    let graph = Graph::read();
    let allowed = ["arrow-array", "arrow-buffer", "arrow-schema"];
    let own = graph.own("rungs-engine");
    let more: Vec<_> = own
        .iter()
        .filter(|name| name.starts_with("arrow") && !allowed.contains(&name.as_str()))
        .collect();
    assert!(more.is_empty(), "{more:?}");
}

#[test]
fn nothing_of_the_cloud_is_in_the_first_build() {
    let graph = Graph::read();
    let cloud = [
        "aws-sdk-s3",
        "aws-sdk-dynamodb",
        "aws-config",
        "lambda_runtime",
        "tokio",
    ];
    for name in cloud {
        for own in LADDER {
            assert!(!graph.reaches(own, name), "`{own}` reaches `{name}`");
        }
    }
}

/// The Lambda functions.
const FUNCTIONS: &[&str] = &["ingest", "cut", "fold", "report", "serve"];

#[test]
fn functions_stand_on_the_aws_crate_and_that_on_the_pipeline() {
    let graph = Graph::read();
    let own = |name: &str| -> Vec<String> {
        let own = graph.own(name).into_iter();
        own.filter(|name| name.starts_with("rungs-")).collect()
    };
    assert_eq!(own("rungs-aws"), ["rungs-engine", "rungs-pipeline"]);
    for name in FUNCTIONS {
        let expected: &[&str] = match *name {
            // It leaves the night's page beside its figures.
            "report" => &["rungs-aws", "rungs-page"],
            _ => &["rungs-aws"],
        };
        assert_eq!(own(name), expected, "{name}");
    }
    for name in LADDER {
        assert!(!graph.reaches(name, "rungs-aws"), "`{name}`");
    }
}

#[test]
fn a_function_decodes_calls_once_and_encodes() {
    for name in FUNCTIONS {
        let path = format!(
            "{}/../functions/{name}/src/main.rs",
            env!("CARGO_MANIFEST_DIR")
        );
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(
            lines <= 60,
            "{path} has {lines} lines; what it does belongs to crates/aws"
        );
    }
}

/// Names that must not stand in a crate's code, with what to do instead.
struct Absence {
    crates: &'static [&'static str],
    /// Files where it may stand.
    but: &'static [&'static str],
    words: &'static [&'static str],
    instead: &'static str,
}

const ABSENCES: &[Absence] = &[
    Absence {
        crates: &["engine", "verify"],
        but: &["statistics"],
        words: &["f32", "f64"],
        instead: "points and money are integers, rates are rationals; floats live in a module `statistics`",
    },
    Absence {
        crates: &["engine", "verify"],
        but: &[],
        words: &[
            "std::fs",
            "std::env",
            "std::io",
            "std::net",
            "std::process",
            "std::thread",
            "std::time",
        ],
        instead: "what is outside comes in as an argument",
    },
    Absence {
        crates: &["engine", "verify"],
        but: &[],
        words: &[
            "Timestamp::now",
            "Zoned::now",
            "TimeZone::system",
            "TimeZone::get",
        ],
        instead: "there is no clock and no zone of the machine",
    },
    Absence {
        crates: &["engine", "verify"],
        but: &[],
        words: &["RandomState", "thread_rng", "getrandom"],
        instead: "nothing is random: draws are keyed",
    },
    Absence {
        crates: &["engine", "verify", "pipeline"],
        but: &[],
        words: &["println!", "eprintln!", "print!", "eprint!", "dbg!"],
        instead: "answers are data; the command line renders them",
    },
    Absence {
        crates: &["engine", "verify", "pipeline", "cli"],
        but: &[],
        words: &["async fn", ".await"],
        instead: "settling is synchronous; the AWS crate is the only one that waits",
    },
    Absence {
        crates: &["engine", "verify", "pipeline"],
        but: &[],
        words: &["SystemTime", "Timestamp::now", "Zoned::now"],
        instead: "results do not depend on when they are made; take the night from the manifest",
    },
];

#[test]
fn what_must_be_absent_is_absent() {
    let mut found = Vec::new();
    for absence in ABSENCES {
        for name in absence.crates {
            for source in sources(name) {
                if absence.but.iter().any(|part| source.path.contains(part)) {
                    continue;
                }
                found.extend(absence.words.iter().flat_map(|word| {
                    source
                        .lines_with(word)
                        .map(|line| {
                            format!("{}:{line}: `{word}`; {}", source.path, absence.instead)
                        })
                        .collect::<Vec<_>>()
                }));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// `for … in &map` over hashbrown is the one hole that the lints leave.
#[test]
fn no_loop_of_the_engine_runs_over_a_hash_map() {
    let mut found = Vec::new();
    for source in sources("engine").into_iter().chain(sources("verify")) {
        for name in source.hash_maps() {
            for line in source.loops_over(&name) {
                found.push(format!(
                    "{}:{line}: loops over the hash map `{name}`",
                    source.path
                ));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_scan_sees_code_and_neither_comments_nor_texts_nor_tests() {
    let source = Source::of(
        "x.rs",
        "// f64\nlet a: f64 = 1; // f64\nlet b = \"f64 \\\" f64\";\nlet of64 = 0;\n#[cfg(test)]\nmod tests { type A = f64; }\n",
    );
    assert_eq!(source.lines_with("f64").collect::<Vec<_>>(), [2]);
    let source = Source::of(
        "x.rs",
        "let mut seen: HashMap<i64, i64> = HashMap::new();\nfor (a, b) in &seen {}\nfor a in seen.get(&1) {}\nfor x in seen {}\n",
    );
    assert_eq!(source.hash_maps(), ["seen"]);
    assert_eq!(source.loops_over("seen"), [2, 4]);
}
