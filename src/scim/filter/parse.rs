//! The filter grammar (`RFC7644 §3.4.2.2`, figure 1) as a recursive descent over a cursor, with explicit limits.
//!
//! `not` binds tighter than `and`, `and` tighter than `or`. Beyond the grammar, a test on a sub-attribute may follow a
//! value path (I-32). Words such as `not` and `and` are attribute names wherever the grammar has room for one.

use super::{Filter, Literal, Op, literal};
use crate::scim::path::AttrPath;
use crate::scim::syntax::{Cursor, SyntaxError, error_at, is_name};

/// How much a filter may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub length: usize,
    /// Brackets and parentheses inside each other.
    pub depth: usize,
    /// Comparisons and presence tests.
    pub terms: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { length: 8 * 1024, depth: 32, terms: 256 }
    }
}

/// Parses a filter within the default limits.
///
/// # Errors
/// The text is not a filter, or exceeds a limit.
pub fn parse(text: &str) -> Result<Filter, SyntaxError> {
    parse_with(text, &Limits::default())
}

/// Parses a filter within limits.
///
/// # Errors
/// The text is not a filter, or exceeds a limit.
pub fn parse_with(text: &str, limits: &Limits) -> Result<Filter, SyntaxError> {
    if text.len() > limits.length {
        return error_at(limits.length, format!("a filter has at most {} bytes", limits.length));
    }
    let mut cursor = Cursor::new(text);
    let mut parser = Parser { cursor: &mut cursor, depth: limits.depth, terms: limits.terms, inside: false };
    parser.cursor.spaces();
    let filter = parser.alternatives()?;
    parser.cursor.spaces();
    if cursor.peek().is_some() { cursor.expected("\"and\", \"or\" or the end of the filter") } else { Ok(filter) }
}

/// Takes what follows an opening `[`, up to and with the closing one. The caller has bounded the text's length.
pub(in crate::scim) fn scan_value_filter(cursor: &mut Cursor<'_>) -> Result<Filter, SyntaxError> {
    let limits = Limits::default();
    Parser { cursor, depth: limits.depth, terms: limits.terms, inside: false }.bracket()
}

struct Parser<'c, 'a> {
    cursor: &'c mut Cursor<'a>,
    /// How many levels may still be opened.
    depth: usize,
    /// How many terms may still come.
    terms: usize,
    /// Whether this is inside `[ ]`.
    inside: bool,
}

type Parsed = Result<Filter, SyntaxError>;

impl Parser<'_, '_> {
    fn alternatives(&mut self) -> Parsed {
        self.chain("or", Self::conjunction, Filter::Or)
    }

    fn conjunction(&mut self) -> Parsed {
        self.chain("and", Self::factor, Filter::And)
    }

    fn chain(&mut self, word: &str, next: fn(&mut Self) -> Parsed, join: fn(Vec<Filter>) -> Filter) -> Parsed {
        let first = next(self)?;
        let mut terms = vec![first];
        loop {
            let mut ahead = self.cursor.clone();
            if !(ahead.spaces() && ahead.keyword(word)) {
                break;
            }
            *self.cursor = ahead;
            if !self.cursor.spaces() {
                return self.cursor.expected(&format!("a space after {word:?}"));
            }
            terms.push(next(self)?);
        }
        Ok(if terms.len() == 1 { terms.swap_remove(0) } else { join(terms) })
    }

    fn factor(&mut self) -> Parsed {
        if self.cursor.peek() == Some('(') {
            return self.group();
        }
        let mut ahead = self.cursor.clone();
        if ahead.keyword("not") {
            ahead.spaces();
            if ahead.peek() == Some('(') {
                *self.cursor = ahead;
                return Ok(Filter::Not(Box::new(self.group()?)));
            }
        }
        self.term()
    }

    fn group(&mut self) -> Parsed {
        self.open()?;
        self.cursor.eat('(');
        self.cursor.spaces();
        let filter = self.alternatives()?;
        self.cursor.spaces();
        if !self.cursor.eat(')') {
            return self.cursor.expected("\"and\", \"or\" or \")\"");
        }
        self.depth += 1;
        Ok(filter)
    }

    fn open(&mut self) -> Result<(), SyntaxError> {
        match self.depth.checked_sub(1) {
            Some(depth) => self.depth = depth,
            None => return self.cursor.error("too many levels of brackets"),
        }
        Ok(())
    }

    fn term(&mut self) -> Parsed {
        let attr = AttrPath::scan(self.cursor)?;
        if self.cursor.peek() != Some('[') {
            return self.test(attr);
        }
        if self.inside {
            return self.cursor.error("a value filter holds no other value filter");
        }
        self.cursor.eat('[');
        let filter = Box::new(self.bracket()?);
        let dot = self.cursor.position();
        let trailing = if self.cursor.eat('.') {
            let name = self.cursor.word();
            if !is_name(name) {
                return error_at(dot + 1, format!("{name:?} is not an attribute name"));
            }
            Some(Box::new(self.test(AttrPath::name(name))?))
        } else {
            None
        };
        Ok(Filter::Value { attr, filter, trailing })
    }

    fn bracket(&mut self) -> Parsed {
        self.open()?;
        self.inside = true;
        self.cursor.spaces();
        let filter = self.alternatives()?;
        self.cursor.spaces();
        if !self.cursor.eat(']') {
            return self.cursor.expected("\"and\", \"or\" or \"]\"");
        }
        self.inside = false;
        self.depth += 1;
        Ok(filter)
    }

    fn test(&mut self, attr: AttrPath) -> Parsed {
        match self.terms.checked_sub(1) {
            Some(terms) => self.terms = terms,
            None => return self.cursor.error("too many terms"),
        }
        if !self.cursor.spaces() {
            return self.cursor.expected("a space and an operator");
        }
        let place = self.cursor.position();
        let word = self.cursor.word();
        if word.is_empty() {
            return self.cursor.expected("an operator");
        }
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(attr));
        }
        let Some(op) = Op::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(word)) else {
            let hint = if attr.name.eq_ignore_ascii_case("not") { "; \"not\" needs parentheses" } else { "" };
            return error_at(place, format!("the operator {word:?} is not supported{hint}"));
        };
        if !self.cursor.spaces() {
            return self.cursor.expected("a space and a value");
        }
        let literal: Literal = literal::scan(self.cursor)?;
        Ok(Filter::Compare(attr, op, literal))
    }
}
