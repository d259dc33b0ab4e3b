//! The command line: arguments, configuration, progress, commands, exit codes.
//!
//! Results go to stdout, talk to stderr, and both are scrubbed of secrets. A further command is a variant of
//! [`args::Command`], a module in `commands`, and a line in `dispatch`.

pub mod args;
mod commands;
pub mod config;
pub mod context;
pub mod fault;
mod faults;
mod guess;
mod lend;
mod page;
mod probe;
mod progress;
mod signals;
mod sources;
mod target;

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::ErrorKind;

use args::{Arguments, Command};
use context::Context;
use fault::Fault;

use crate::verdict::ExitCode;

/// The whole program; gives the number for the operating system.
#[must_use]
pub fn main() -> u8 {
    match Context::from_process() {
        Ok(mut context) => run(&mut context).code(),
        Err(fault) => fault.code.code(),
    }
}

/// Runs the command that the context's arguments name, and tells on stderr why it ended early.
pub fn run(context: &mut Context) -> ExitCode {
    let arguments = match Arguments::try_parse_from(&context.arguments) {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error, context),
    };
    context.configure(arguments.color, arguments.verbose);
    match dispatch(arguments.command, context) {
        Ok(code) => code,
        Err(Fault { code, message }) => {
            if !message.is_empty() {
                context.say(&format!("error: {message}"));
            }
            code
        }
    }
}

/// The table of commands.
fn dispatch(command: Command, context: &Context) -> Result<ExitCode, Fault> {
    match command {
        Command::Run(flags) => commands::run::run(*flags, context),
        Command::Replay(flags) => commands::replay::replay(*flags, context),
        Command::Prove(flags) => commands::prove::prove(*flags, context),
        Command::Load(flags) => commands::load::load(*flags, context),
        Command::Compare(flags) => commands::compare::compare(&flags, context),
        Command::Serve(flags) => commands::serve::serve(&flags, context),
        Command::List(flags) => commands::list::list(&flags, context),
        Command::Lint(flags) => commands::lint::lint(&flags, context),
        Command::Matrix(flags) => commands::matrix::matrix(&flags, context),
        Command::Coverage(flags) => commands::coverage::coverage(&flags, context),
        Command::Explain(flags) => commands::explain::explain(&flags, context),
        Command::Baseline(flags) => commands::baseline::baseline(*flags, context),
        Command::Sweep(flags) => commands::sweep::sweep(*flags, context),
        Command::Doctor(flags) => commands::doctor::doctor(*flags, context),
        Command::Init(flags) => commands::init::init(&flags, context),
        Command::Completions { shell } => Ok(commands::completions::completions(shell, context)),
    }
}

/// Help and version are results; a mistake is talk. A word that fits nowhere is not repeated: it may be a token.
fn refuse(error: &clap::Error, context: &Context) -> ExitCode {
    if !error.use_stderr() {
        context.print(&error.render().ansi().to_string());
        return ExitCode::Passed;
    }
    let stray = |text: &OsString| text.to_str().is_some_and(|text| !text.starts_with('-'));
    let word = error.get(clap::error::ContextKind::InvalidArg).map(ToString::to_string);
    let is_stray = word.is_some_and(|word| context.arguments.iter().any(|text| stray(text) && text == word.as_str()));
    if error.kind() == ErrorKind::UnknownArgument && is_stray {
        context.say(
            "error: there is a word that belongs to no flag (it is not shown: is it a token? then put it into an \
             environment variable and name that with --token-env).\n  `scimproof help` lists commands and flags.",
        );
    } else {
        context.say(error.render().ansi().to_string().trim_end());
    }
    ExitCode::Usage
}
