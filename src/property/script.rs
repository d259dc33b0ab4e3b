//! Writes a case as the text of a scenario file: what a random test finds leaves as something that replays without
//! the engine that found it (law 7), and the engine itself runs nothing else.

use std::fmt::Write;

/// A scenario file in the making.
#[derive(Debug)]
pub struct Script {
    text: String,
    steps: usize,
}

/// One request of a script.
#[derive(Debug)]
pub struct Send<'a> {
    /// What it is for; the script numbers its steps, so names need not be unique.
    pub name: &'a str,
    /// The request line.
    pub line: &'a str,
    /// The body's JSON text, without three single quotes in a row.
    pub body: Option<&'a str>,
    /// Rows of `expect`, each an inline table without its braces.
    pub expect: &'a [String],
    /// A variable to save and where it is found.
    pub save: Option<(&'a str, &'a str)>,
}

impl Script {
    /// A script with its head: title, people and groups by name, capabilities.
    #[must_use]
    pub fn new(title: &str, people: &[String], needs: &[&str]) -> Self {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "title  = {title:?}\ntags   = [\"property\"]\nneeds  = [{}]\npeople = [{}]\n",
            quoted(needs),
            quoted(people)
        );
        Self { text, steps: 0 }
    }

    /// Adds a step.
    pub fn step(&mut self, send: &Send<'_>) {
        self.steps += 1;
        let _ = write!(self.text, "\n[[step]]\nname   = \"{}. {}\"\nsend   = '{}'\n", self.steps, send.name, send.line);
        if let Some(body) = send.body {
            let _ = writeln!(self.text, "body   = '''{body}'''");
        }
        self.text.push_str("expect = [\n");
        for row in send.expect {
            let _ = writeln!(self.text, "  {{ {row} }},");
        }
        self.text.push_str("]\n");
        if let Some((variable, address)) = send.save {
            let _ = writeln!(self.text, "save   = {{ {variable} = \"{address}\" }}");
        }
    }

    /// The scenario file's text; `None` without a step.
    #[must_use]
    pub fn finish(self) -> Option<String> {
        (self.steps > 0).then_some(self.text)
    }
}

fn quoted<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| format!("{:?}", word.as_ref())).collect::<Vec<_>>().join(", ")
}
