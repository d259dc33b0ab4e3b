//! What is wrong with a scenario file, and where: file, line, column, and an excerpt with a caret for a terminal.
//! It knows nothing of the format itself.

use std::fmt;
use std::ops::Range;

/// A fault of a scenario file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ScenarioError {
    /// The file as it was named to the parser.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and, where known, what would be right.
    pub message: String,
    /// The line of the file with a caret under the fault; ends without newline.
    pub excerpt: String,
}

impl ScenarioError {
    /// The message with its excerpt, several lines, without final newline.
    #[must_use]
    pub fn rendered(&self) -> String {
        format!("{self}\n{}", self.excerpt)
    }
}

/// A place in a scenario file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)
    }
}

/// A file's name and text: turns byte offsets into places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    /// The place of a byte offset; offsets beyond the end mean the end.
    pub fn place(&self, offset: usize) -> Place {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let start = before.as_bytes().iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        // Every row of every scenario is placed: bytes are counted faster than characters are searched.
        let lines = before.as_bytes().iter().filter(|byte| **byte == b'\n').count();
        Place { line: lines + 1, column: before[start..].chars().count() + 1 }
    }

    /// An error at a span.
    pub fn error(&self, span: Range<usize>, message: impl Into<String>) -> ScenarioError {
        let place = self.place(span.start);
        let line = self.text.lines().nth(place.line - 1).unwrap_or_default();
        let length =
            self.text.get(span).map_or(1, |spanned| spanned.lines().next().unwrap_or_default().chars().count());
        let room = line.chars().count().saturating_sub(place.column - 1);
        let carets = "^".repeat(length.clamp(1, room.max(1)));
        let number = place.line.to_string();
        let gutter = " ".repeat(number.len());
        let indent: String = line.chars().take(place.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        ScenarioError {
            file: self.file.to_owned(),
            line: place.line,
            column: place.column,
            message: message.into(),
            excerpt: format!("{gutter} |\n{number} | {line}\n{gutter} | {indent}{carets}"),
        }
    }

    /// Where the content of a TOML string begins, if it stands in the file exactly as it was decoded.
    pub fn content(&self, span: &Range<usize>, value: &str) -> Option<usize> {
        let raw = self.text.get(span.clone())?;
        ["'''\r\n", "'''\n", "'''", "\"\"\"\r\n", "\"\"\"\n", "\"\"\"", "'", "\""]
            .iter()
            .find(|open| raw.starts_with(**open) && raw[open.len()..].starts_with(value))
            .map(|open| span.start + open.len())
    }

    /// The span of a part of a TOML string's decoded value; the whole string where escapes hide the place.
    pub fn within(&self, span: &Range<usize>, value: &str, part: Range<usize>) -> Range<usize> {
        match self.content(span, value) {
            Some(start) => start + part.start..start + part.end,
            None => span.clone(),
        }
    }
}
