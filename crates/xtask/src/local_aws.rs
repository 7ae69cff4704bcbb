//! `cargo xtask local-aws`: the sample's night as it runs on AWS, on this machine and without an account.

use crate::step::{command, run as run_command, step};
use crate::{dynamodb, python, test};
use std::path::Path;

/// Builds the functions, installs the local stack, uploads the sample, runs the night, shows its report. With `--stay`
/// the stack stays up until a key is pressed.
///
/// # Errors
/// The step that failed and why.
pub fn run(root: &Path, options: &[&str]) -> Result<(), String> {
    // The whole workspace: with a part of it the libraries would be built once more, with other features.
    let build = ["cargo", "build", "--workspace", "--release"];
    step("the functions", || run_command(&mut command(root, &build)))?;
    let interpreter = step("the local stack", || python::environment(root, python::AWS))?;
    let dynamodb = step("a DynamoDB for this machine", || dynamodb::server(root))?;
    run_command(
        command(root, &[&interpreter, "tests/aws/local.py"])
            .args(options)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("RUNGS_DYNOXIDE", dynamodb)
            .env("RUNGS_BUILT", test::target(root)?.join("release")),
    )
}
