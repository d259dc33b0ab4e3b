//! What all reports in HTML share: the texts of the catalogue that a page shows, its surroundings, and the file itself.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, json};

use super::context::Context;
use super::fault::Fault;
use crate::report::html::{self, Head};
use crate::requirement::Catalogue;
use crate::verdict::ExitCode;

/// What a page is made of besides its data.
pub struct Page<'a> {
    /// How it ended, in a word: that of [`word`], or `INVALID` where nothing was measured but this tool.
    pub word: &'static str,
    /// The target's name.
    pub target: &'a str,
    /// What the terminal shows, without colour.
    pub text: &'a str,
    /// The requirements that it speaks of.
    pub requirements: BTreeSet<&'a str>,
    /// The interpretations that it speaks of.
    pub readings: BTreeSet<&'a str>,
}

/// How a command ended, in a word.
pub fn word(exit: ExitCode) -> &'static str {
    if exit == ExitCode::Passed { "PASS" } else { "FAIL" }
}

/// Writes a report as a page; `data` writes the JSON report.
///
/// # Errors
/// [`Fault`] (usage) when the file cannot be written.
pub fn write(
    path: &Path,
    page: &Page,
    data: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    context: &Context,
) -> Result<(), Fault> {
    let catalogue = Catalogue::embedded();
    let rules = page.requirements.iter().filter_map(|id| catalogue.get(id));
    let points = page.readings.iter().filter_map(|id| catalogue.interpretation(id));
    let texts = json!({
        "word": page.word,
        "requirements": rules.map(|it| (it.id.clone(), json!({"summary": it.summary, "link": it.link}))).collect::<Map<_, _>>(),
        "readings": points.map(|it| (it.id.clone(), json!({"question": it.question, "readings": it.readings}))).collect::<Map<_, _>>(),
        "environment": {
            "command": command(context),
            "day": context.today.to_string(),
            "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        },
    });
    let title = format!("{} scimproof {}", page.word, page.target);
    let (title, text) = (context.redactor.scrub(&title), context.redactor.scrub(page.text));
    let head = Head { title: &title, text: &text };
    // The data is packed, so it must be clean before it goes in; the rest of the page holds nothing but this head.
    let data = |out: &mut dyn Write| context.scrubbed(out, data);
    let file = std::fs::File::create(path);
    file.and_then(|file| {
        let mut out = io::BufWriter::new(file);
        html::write(&head, &texts, data, &mut out)?;
        out.flush()
    })
    .map_err(|error| Fault::usage(format!("cannot write {}: {error}", path.display())))
}

/// The command line, scrubbed.
fn command(context: &Context) -> String {
    let words = context.arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    let line = std::iter::once("scimproof".to_owned()).chain(words).collect::<Vec<_>>().join(" ");
    context.redactor.scrub(&line).into_owned()
}
