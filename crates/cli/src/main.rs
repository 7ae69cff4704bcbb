//! The binary `rungs`: arguments, rendering, exit codes. What it does is in the pipeline.

mod arguments;
mod command;
mod defaults;
mod findings;
mod progress;

use arguments::{Arguments, Command};
use clap::{CommandFactory, Parser};
use rungs_pipeline::trouble::Trouble;
use std::process::ExitCode;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// All is well: 0.
    Fine,
    /// Something was found: 1.
    Findings,
    /// It was asked wrongly: 2. What and how to ask.
    #[allow(missing_docs)]
    WrongUse { message: String, help: String },
    /// It could not be done: 3. Cause and next step.
    CouldNot(Trouble),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(threads) = arguments.threads {
        // Only refused if the pool exists already, which it does not here.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global();
    }
    let ended = match &arguments.command {
        Command::Check(asked) => command::check::check(asked),
        Command::Test(asked) => command::test::test(asked),
        Command::Run(asked) => command::run::run(asked),
        Command::Report(asked) => command::report::report(asked),
        Command::Index(asked) => command::index::index(asked),
        Command::Explain(asked) => command::explain::explain(asked),
        Command::Ledger(asked) => command::ledger::ledger(asked),
        Command::Verify(asked) => command::verify::verify(asked),
        Command::Quarantine(asked) => command::quarantine::quarantine(asked),
        Command::Schema(asked) => command::schema::schema(asked),
        Command::Rebuild(asked) => command::rebuild::rebuild(asked),
        Command::Simulate(asked) => command::simulate::simulate(asked),
        Command::Settle(asked) => command::settle::settle(asked),
        Command::Completions { shell } => {
            clap_complete::generate(
                *shell,
                &mut Arguments::command(),
                "rungs",
                &mut std::io::stdout(),
            );
            Ended::Fine
        }
    };
    match ended {
        Ended::Fine => ExitCode::SUCCESS,
        Ended::Findings => ExitCode::from(1),
        Ended::WrongUse { message, help } => {
            anstream::eprintln!("error: {message}\nhelp: {help}");
            ExitCode::from(2)
        }
        Ended::CouldNot(trouble) => {
            anstream::eprintln!(
                "error[{}]: {}\nhelp: {}",
                trouble.code,
                trouble.message,
                trouble.help
            );
            ExitCode::from(3)
        }
    }
}
