//! Progress on the terminal's error output: bars where somebody looks, lines where nobody does.

use indicatif::{ProgressBar, ProgressStyle};
use rungs_pipeline::progress::Progress;
use std::io::IsTerminal;
use std::sync::Mutex;

/// Shows the stages of long work.
pub struct Shown {
    bar: Mutex<ProgressBar>,
    terminal: bool,
    quiet: bool,
}

impl Shown {
    /// Nothing is shown if `quiet`.
    pub fn new(quiet: bool) -> Shown {
        Shown {
            bar: Mutex::new(ProgressBar::hidden()),
            terminal: std::io::stderr().is_terminal(),
            quiet,
        }
    }

    fn with(&self, act: impl FnOnce(&mut ProgressBar)) {
        if let Ok(mut bar) = self.bar.lock() {
            act(&mut bar);
        }
    }
}

impl Progress for Shown {
    fn stage(&self, name: &str, steps: u64) {
        if self.quiet {
            return;
        }
        if !self.terminal {
            anstream::eprintln!("  {name}");
            return;
        }
        self.with(|bar| {
            bar.finish_and_clear();
            *bar = ProgressBar::new(steps);
            if let Ok(style) = ProgressStyle::with_template(
                "  {msg:22} {bar:30} {human_pos}/{human_len} {elapsed}",
            ) {
                bar.set_style(style);
            }
            bar.set_message(name.to_owned());
        });
    }

    fn advance(&self, steps: u64) {
        if self.terminal && !self.quiet {
            self.with(|bar| bar.inc(steps));
        }
    }

    fn done(&self, line: &str) {
        self.with(|bar| bar.finish_and_clear());
        if !self.quiet {
            anstream::eprintln!("  {line}");
        }
    }
}
