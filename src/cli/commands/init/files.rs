//! The files that `init` writes: templates of `fixtures/init` with the answers put in. No value of a secret is among them.

use std::path::Path;

use super::ask::Answers;
use crate::cli::args::Ci;
use crate::cli::config;

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the current folder.
    pub path: &'static str,
    /// Its text.
    pub text: String,
}

impl File {
    /// Whether something is there already, a link to nowhere included.
    pub fn exists(&self, folder: &Path) -> bool {
        folder.join(self.path).symlink_metadata().is_ok()
    }
}

/// The configuration, and the file of the CI system if one is asked for.
#[must_use]
pub fn files(answers: &Answers) -> Vec<File> {
    let (path, template) = match answers.ci {
        Ci::Github => (".github/workflows/scimproof.yml", include_str!("../../../../fixtures/init/github.yml")),
        Ci::Gitlab => (".gitlab-ci.yml", include_str!("../../../../fixtures/init/gitlab.yml")),
        Ci::None => ("", ""),
    };
    let pipeline = File { path, text: template.replace("{token_env}", &answers.token_env) };
    let mut files = vec![File { path: config::FILE, text: configuration(answers) }];
    files.extend(Some(pipeline).filter(|it| !it.path.is_empty()));
    files
}

fn configuration(answers: &Answers) -> String {
    let mark = |off: bool| if off { "# " } else { "" }.to_owned();
    let example = ["okta".to_owned(), "entra".to_owned()];
    let idp: &[String] = if answers.idp.is_empty() { &example } else { &answers.idp };
    let rows = [
        ("{target}", quoted(answers.target.as_str())),
        ("{token_env}", quoted(&answers.token_env)),
        ("{allow_writes}", mark(!answers.allow_writes)),
        ("{all}", mark(answers.idp.is_empty())),
        ("{idp}", format!("[{}]", idp.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", "))),
        ("{fail_on}", quoted(answers.fail_on.as_str())),
    ];
    let template = include_str!("../../../../fixtures/init/scimproof.toml").to_owned();
    rows.into_iter().fold(template, |text, (hole, value)| text.replace(hole, &value))
}

/// A basic string of TOML: the form of JSON strings is one too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
