//! The questions of `init` and how an answer is read, from a flag or from a terminal. Nothing is sent or written.

use std::io::BufRead;

use crate::cli::args::{Ci, Init};
use crate::cli::fault::Fault;
use crate::cli::sources;
use crate::client::{BaseUrl, SecretSource};
use crate::verdict::FailOn;

/// The variable that `run` reads without being told.
const TOKEN: &str = "SCIMPROOF_TOKEN";

/// What is to be written.
#[derive(Debug, Clone)]
pub struct Answers {
    /// The base URL.
    pub target: BaseUrl,
    /// The name of the token's variable.
    pub token_env: String,
    /// The clients; empty means all.
    pub idp: Vec<String>,
    /// The gate.
    pub fail_on: FailOn,
    /// Whether a run may write to a target elsewhere.
    pub allow_writes: bool,
    /// The CI system.
    pub ci: Ci,
}

/// Asks, or takes the default.
pub struct Asker<'a> {
    input: Option<&'a mut dyn BufRead>,
    say: &'a dyn Fn(&str),
}

impl<'a> Asker<'a> {
    /// Asks somebody who reads what is said.
    pub fn terminal(input: &'a mut dyn BufRead, say: &'a dyn Fn(&str)) -> Self {
        Self { input: Some(input), say }
    }

    /// Takes every default.
    pub fn silent(say: &'a dyn Fn(&str)) -> Self {
        Self { input: None, say }
    }

    /// The answer to one question. An empty line is the default; what cannot be read is asked for again.
    fn ask<T>(
        &mut self,
        question: &str,
        default: Option<&str>,
        read: impl Fn(&str) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let missing = |why: &str| Fault::usage(format!("{why}: {question}"));
        let Some(input) = &mut self.input else {
            return read(default.ok_or_else(|| missing("there is no answer, give it as a flag"))?);
        };
        loop {
            (self.say)(&default.map_or_else(|| question.to_owned(), |it| format!("{question} [{it}]")));
            let mut line = String::new();
            let count = input.read_line(&mut line).map_err(|error| missing(&error.to_string()))?;
            if count == 0 {
                return Err(missing("the answers ended, nothing was written"));
            }
            let word = Some(line.trim()).filter(|it| !it.is_empty()).or(default);
            match word.map(&read) {
                Some(Ok(answer)) => return Ok(answer),
                Some(Err(fault)) => (self.say)(&fault.message),
                None => {}
            }
        }
    }
}

/// Every answer: a flag where there is one, else the question.
///
/// # Errors
/// [`Fault`] (usage) for a flag that cannot be used, or answers that end early.
pub fn answers(flags: &Init, asker: &mut Asker) -> Result<Answers, Fault> {
    let target = match flags.target.as_deref() {
        Some(text) => url(text)?,
        None => asker.ask("The SCIM base URL, https://host/scim/v2 (--target)", None, url)?,
    };
    let token_env = match flags.token_env.as_deref() {
        Some(text) => variable(text)?,
        None => asker.ask("The environment variable that holds the token (--token-env)", Some(TOKEN), variable)?,
    };
    let idp = match &flags.idp {
        Some(words) => clients(&words.join(","))?,
        None => asker.ask("The clients that must be ready, okta,entra or all (--idp)", Some("all"), clients)?,
    };
    let gate = |word: &str| word.parse().map_err(|text: String| Fault::usage(text));
    let fail_on = match flags.fail_on {
        Some(gate) => gate,
        None => asker.ask("What makes a run fail: must, should, idp, warn (--fail-on)", Some("must"), gate)?,
    };
    let question =
        format!("A run writes users and groups to {target} and removes them again; may it? (--allow-writes)");
    let allow_writes = flags.allow_writes || (!target.is_loopback() && asker.ask(&question, Some("no"), yes)?);
    let ci = match flags.ci {
        Some(ci) => ci,
        None => asker.ask("A file for CI: github, gitlab, none (--ci)", Some("none"), system)?,
    };
    Ok(Answers { target, token_env, idp, fail_on, allow_writes, ci })
}

fn url(text: &str) -> Result<BaseUrl, Fault> {
    BaseUrl::parse(text).map_err(|error| Fault::usage(error.to_string()))
}

/// A name, and not a token in its place.
fn variable(text: &str) -> Result<String, Fault> {
    let source = SecretSource::env(text).map_err(|error| Fault::usage(format!("--token-env: {error}")))?;
    Ok(source.name())
}

fn clients(text: &str) -> Result<Vec<String>, Fault> {
    let words: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).filter(|it| !it.is_empty()).collect();
    if words.iter().any(|word| word == "all") {
        return Ok(Vec::new());
    }
    sources::clients(&words).map(|_| words)
}

fn yes(word: &str) -> Result<bool, Fault> {
    match word {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err(Fault::usage("yes or no")),
    }
}

fn system(word: &str) -> Result<Ci, Fault> {
    clap::ValueEnum::from_str(word, true).map_err(|_| Fault::usage("github, gitlab or none"))
}
