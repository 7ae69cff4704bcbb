//! `cargo xtask run`: the main job of Rungs on both samples, from an empty clone.

use crate::repository::cannot;
use crate::step::{command, run as run_command, say};
use crate::test::target;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A sample: its programme and the day up to which its files go.
struct Sample {
    id: &'static str,
    about: &'static str,
    as_of: &'static str,
    /// An account worth looking at.
    account: &'static str,
}

const SAMPLES: &[Sample] = &[
    Sample {
        id: "cdnow",
        about: "23,570 real customers of an online record shop, January 1997 to June 1998",
        as_of: "1998-06-30",
        account: "18027",
    },
    Sample {
        id: "coffee",
        about: "an invented chain of coffee houses, two years of all that it collects",
        as_of: "2026-11-15",
        account: "C00353",
    },
];

/// Checks the programmes, settles every night of their files, prints the reports, and says what to try next.
///
/// # Errors
/// The first call that failed.
pub fn run(root: &Path) -> Result<(), String> {
    say("== build (once; some minutes on a first run)");
    forget(root)?;
    let build = ["cargo", "build", "--release", "--package", "rungs-cli"];
    run_command(&mut command(root, &build))?;
    let rungs = target(root)?.join("release").join(binary());
    let start = Instant::now();
    settle_and_report(root, &rungs)?;
    say(&format!(
        "\nDone in {:.1} s after the build. Try next:\n",
        start.elapsed().as_secs_f64()
    ));
    suggest(root, &rungs);
    Ok(())
}

/// Empties the samples' stores, so that the whole history is settled before one's eyes.
fn forget(root: &Path) -> Result<(), String> {
    for sample in SAMPLES {
        let store = root.join(".rungs").join(sample.id);
        if store.exists() {
            std::fs::remove_dir_all(&store).map_err(|error| cannot("remove", &store, &error))?;
        }
    }
    Ok(())
}

/// The name of the built binary on this system.
pub fn binary() -> String {
    format!("rungs{}", std::env::consts::EXE_SUFFIX)
}

fn settle_and_report(root: &Path, rungs: &Path) -> Result<(), String> {
    let rungs = rungs.to_string_lossy();
    let call = |heading: &str, words: &[&str]| {
        say(&format!("\n== {heading}\n   $ rungs {}", words.join(" ")));
        run_command(&mut command(root, &[&[&*rungs], words].concat()))
    };
    let programs: Vec<String> = SAMPLES
        .iter()
        .map(|sample| format!("programs/{}", sample.id))
        .collect();
    let mut words = vec!["check"];
    words.extend(programs.iter().map(String::as_str));
    call("check both programmes", &words)?;
    for (sample, program) in SAMPLES.iter().zip(&programs) {
        let store = format!(".rungs/{}", sample.id);
        let inbox = format!("samplelocal/{}", sample.id);
        call(
            &format!("{}: {}", sample.id, sample.about),
            &[
                "run",
                "--program",
                program,
                "--inbox",
                &inbox,
                "--store",
                &store,
                "--as-of",
                sample.as_of,
            ],
        )?;
        call(
            &format!("{}: the report", sample.id),
            &["report", "--program", program, "--store", &store],
        )?;
        let page = root
            .join(&store)
            .join(format!("reports/{}.html", sample.as_of));
        say(&format!("\n   The same as a page: {}", page.display()));
    }
    Ok(())
}

/// Commands to go on with, as they can be pasted.
fn suggest(root: &Path, rungs: &Path) {
    let rungs: PathBuf = rungs
        .strip_prefix(root)
        .map_or_else(|_| rungs.to_path_buf(), Path::to_path_buf);
    let rungs = rungs.display();
    for sample in SAMPLES {
        let at = format!("--program programs/{0} --store .rungs/{0}", sample.id);
        say(&format!(
            "  {rungs} explain account {} {at}",
            sample.account
        ));
    }
    let at = "--program programs/cdnow --store .rungs/cdnow";
    say(&format!(
        "  {rungs} verify {at}      recount every account from its raw events\n  \
         {rungs} ledger {at} --digest\n  \
         {rungs} report {at} --format json\n  \
         {rungs} index                                        one page over all nights of both, .rungs/index.html\n  \
         {rungs} test programs/coffee                         the scenarios beside the programme\n\n\
         Then change a number in programs/coffee/2025-01-01.toml and run `{rungs} check programs/coffee`."
    ));
}
