//! `cargo xtask <task>`: everything that is automated here, in one program.

use std::path::Path;
use std::process::ExitCode;
use xtask::{
    bench, cdnow, coffee, docs, faults, local_aws, new, repository, samples, step, test, tidy,
};

const USAGE: &str = "\
cargo xtask run                       check, settle and report both samples, then say what to try next
cargo xtask test [--quick]            all checks and tests; --quick leaves out what an inner loop can spare
cargo xtask local-aws [--stay]        a night on AWS, on this machine: upload, functions, state machine, table
cargo xtask tidy                      the rules of the house
cargo xtask docs [--check]            write the generated pages and schemas, or say which are out of date
cargo xtask faults                    mistakes in settlement, one at a time: each must be noticed
cargo xtask new earn KIND             the file, the case and the registry line of a new earn kind
cargo xtask bench [--members 1000000] [--orders 20000000] [--seed 7] [--threads 2] [--against BINARY]
                                      the peers' work in Rungs and in DuckDB, side by side in one run
cargo xtask cdnow CDNOW_master.txt    the CDNOW sample from the original log
cargo xtask coffee [--seed 7] [--out samplelocal/coffee]
                                      the invented coffee chain from its seed
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = repository::root();
    let done = match words.as_slice() {
        ["run"] => samples::run(&root),
        ["test"] => test::run(&root, test::Scope::Everything),
        ["test", "--quick"] => test::run(&root, test::Scope::Quick),
        ["local-aws", options @ ..] => local_aws::run(&root, options),
        ["tidy"] => tidy::run(&root),
        ["docs"] => docs::run(&root, docs::Mode::Write),
        ["docs", "--check"] => docs::run(&root, docs::Mode::Check),
        ["faults"] => faults::run(&root),
        ["new", "earn", kind] => new::earn(&root, kind),
        ["bench", options @ ..] => bench::run(&root, options),
        ["cdnow", source] => cdnow::run(Path::new(source), &root),
        ["coffee", options @ ..] => coffee::run(options, &root),
        _ => {
            step::say(USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            step::say(&format!("\nerror: {problem}"));
            ExitCode::FAILURE
        }
    }
}
