//! The mutants as `cargo-mutants` names them, with places in bytes.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;

/// What is changed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Genre {
    /// The body of a function becomes a value.
    FnValue,
    /// An operator between two values becomes another.
    BinaryOperator,
    /// An operator before a value is deleted.
    UnaryOperator,
    /// A guard becomes `true` or `false`.
    MatchArmGuard,
    /// An arm is deleted.
    MatchArm,
    /// A field is taken from the base of the struct expression.
    StructField,
}

/// One mutant.
#[derive(Clone, Debug, Deserialize)]
pub struct Mutant {
    /// From 1 in the order of the list; 0 is no mutant.
    #[serde(skip)]
    pub number: usize,
    pub file: String,
    pub genre: Genre,
    pub name: String,
    pub replacement: String,
    span: Span,
}

#[derive(Clone, Debug, Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

/// Line and column from 1, in characters.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

/// The mutants of a file that `cargo mutants --list --json` wrote.
pub fn read(file: &Path) -> Result<Vec<Mutant>, Box<dyn Error>> {
    let mut mutants: Vec<Mutant> = serde_json::from_slice(&std::fs::read(file)?)?;
    for (index, mutant) in mutants.iter_mut().enumerate() {
        mutant.number = index + 1;
    }
    Ok(mutants)
}

impl Mutant {
    /// The bytes of the text that it changes.
    pub fn range(&self, text: &str) -> Range<usize> {
        self.span.start.byte(text)..self.span.end.byte(text)
    }
}

impl Place {
    fn byte(self, text: &str) -> usize {
        let line = text.split_inclusive('\n').take(self.line - 1).map(str::len).sum::<usize>();
        let rest = text.get(line..).unwrap_or_default();
        line + rest.chars().take(self.column - 1).map(char::len_utf8).sum::<usize>()
    }
}
