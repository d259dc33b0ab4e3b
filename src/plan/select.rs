//! `--select EXPR`: `okta and not tag(slow)`, `req(RFC7644-3.5.2*) or rfc/users`. A bare word is a part of a
//! scenario's id, or, with `*` or `?`, a pattern for all of it.

use std::str::FromStr;

use super::{Selection, unasked};
use crate::profile::Profile;
use crate::requirement::STANDARD;
use crate::scenario::Scenario;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// A word or a function.
    Atom(Field, String),
    /// All hold.
    And(Vec<Expression>),
    /// One holds.
    Or(Vec<Expression>),
    /// It does not hold.
    Not(Box<Expression>),
}

/// What an atom looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The scenario's id.
    Id,
    /// A client's id or family; `rfc` for scenarios of a plain client.
    Idp,
    /// A tag.
    Tag,
    /// A requirement that a row names.
    Req,
    /// A flow.
    Flow,
    /// A request shape.
    Shape,
}

/// The functions by name.
const FUNCTIONS: [(&str, Field); 6] = [
    ("id", Field::Id),
    ("idp", Field::Idp),
    ("tag", Field::Tag),
    ("req", Field::Req),
    ("flow", Field::Flow),
    ("shape", Field::Shape),
];

/// Deeper nesting than anybody types.
const DEEPEST: usize = 40;

/// An expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at {position}: {reason}")]
pub struct ExpressionError {
    /// Bytes from 0.
    pub position: usize,
    /// What was expected.
    pub reason: String,
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        let mut parser = Parser { tokens: tokens(text), next: 0, end: text.len() };
        let expression = parser.or(0)?;
        match parser.peek() {
            None => Ok(expression),
            Some(token) => Err(parser.fail(format!("expected `and`, `or` or the end, not `{token}`"))),
        }
    }
}

/// Words and parentheses with their places.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        let single = matches!(c, '(' | ')');
        if single || c.is_whitespace() {
            if let Some(from) = start.take() {
                tokens.push((from, &text[from..at]));
            }
            if single {
                tokens.push((at, &text[at..=at]));
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    if let Some(from) = start {
        tokens.push((from, &text[from..]));
    }
    tokens
}

struct Parser<'a> {
    tokens: Vec<(usize, &'a str)>,
    next: usize,
    end: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.next).map(|(_, token)| *token)
    }

    fn fail(&self, reason: String) -> ExpressionError {
        ExpressionError { position: self.tokens.get(self.next).map_or(self.end, |(at, _)| *at), reason }
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.next += usize::from(found);
        found
    }

    fn or(&mut self, depth: usize) -> Result<Expression, ExpressionError> {
        let mut terms = vec![self.and(depth)?];
        while self.eat("or") {
            terms.push(self.and(depth)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Expression::Or(terms) })
    }

    fn and(&mut self, depth: usize) -> Result<Expression, ExpressionError> {
        let mut terms = vec![self.term(depth)?];
        while self.eat("and") {
            terms.push(self.term(depth)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Expression::And(terms) })
    }

    fn term(&mut self, depth: usize) -> Result<Expression, ExpressionError> {
        if depth > DEEPEST {
            return Err(self.fail("nested too deeply".into()));
        }
        if self.eat("not") {
            return Ok(Expression::Not(Box::new(self.term(depth + 1)?)));
        }
        if self.eat("(") {
            let inside = self.or(depth + 1)?;
            return if self.eat(")") { Ok(inside) } else { Err(self.fail("expected `)`".into())) };
        }
        let word = match self.peek() {
            Some(word) if !matches!(word, ")" | "and" | "or") => word,
            _ => return Err(self.fail("expected a word, `not`, `(` or a function such as `tag(users)`".into())),
        };
        self.next += 1;
        if self.peek() != Some("(") {
            return Ok(Expression::Atom(Field::Id, word.to_owned()));
        }
        let Some((_, field)) = FUNCTIONS.iter().find(|(name, _)| *name == word) else {
            self.next -= 1;
            let known: Vec<_> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
            return Err(self.fail(format!("unknown function `{word}`; known: {}", known.join(", "))));
        };
        self.next += 1;
        let operand = match self.peek() {
            Some(operand) if !matches!(operand, "(" | ")") => operand.to_owned(),
            _ => return Err(self.fail(format!("expected what `{word}` should match"))),
        };
        self.next += 1;
        if self.eat(")") { Ok(Expression::Atom(*field, operand)) } else { Err(self.fail("expected `)`".into())) }
    }
}

impl Expression {
    /// Whether a scenario is meant.
    #[must_use]
    pub fn matches(&self, scenario: &Scenario) -> bool {
        match self {
            Self::And(terms) => terms.iter().all(|term| term.matches(scenario)),
            Self::Or(terms) => terms.iter().any(|term| term.matches(scenario)),
            Self::Not(term) => !term.matches(scenario),
            Self::Atom(Field::Id, word) if !word.contains(['*', '?']) => scenario.id.contains(word.as_str()),
            Self::Atom(Field::Id, word) => glob(word, &scenario.id),
            Self::Atom(Field::Idp, word) if word == "rfc" => scenario.clients.is_empty(),
            Self::Atom(Field::Idp, word) => scenario.clients.iter().any(|client| {
                glob(word, client) || client.split_once('/').is_some_and(|(family, _)| glob(word, family))
            }),
            Self::Atom(Field::Tag, word) => scenario.tags.iter().any(|tag| glob(word, tag)),
            Self::Atom(Field::Flow, word) => scenario.flows.iter().any(|flow| glob(word, flow)),
            Self::Atom(Field::Shape, word) => {
                scenario.steps.iter().filter_map(|step| step.shape.as_ref()).any(|shape| glob(word, shape))
            }
            Self::Atom(Field::Req, word) => requirements(scenario).any(|id| glob(word, id)),
        }
    }
}

/// The requirements that a scenario's rows and tallies name.
pub(super) fn requirements(scenario: &Scenario) -> impl Iterator<Item = &str> {
    scenario.steps.iter().flat_map(crate::scenario::Step::requirements)
}

/// `*` for any text, `?` for one character; the whole text must match.
fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|c| *c == '?' || *c == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

impl Selection {
    /// The selection for a target of that profile: the requirement sets that it names, where no others are asked for. A set
    /// other than that of the standard has clients of its own: without the standard no known client plays unless it is named.
    #[must_use]
    pub fn settled(mut self, profile: &Profile) -> Self {
        let sets = self.sets.get_or_insert_with(|| profile.require.clone());
        if !sets.iter().any(|set| set == STANDARD) {
            self.clients.get_or_insert_default();
        }
        self
    }

    /// Whether a scenario is asked for. Which sets it belongs to decides only where no expression names it.
    #[must_use]
    pub fn takes(&self, scenario: &Scenario) -> bool {
        let wanted = if scenario.clients.is_empty() { self.plain } else { !self.clients_of(scenario).is_empty() };
        let listed = self.only.as_ref().is_none_or(|only| only.contains(&scenario.id));
        match &self.expression {
            Some(expression) => wanted && listed && expression.matches(scenario),
            None => wanted && listed && unasked(scenario, self).is_none(),
        }
    }

    /// The scenario's clients, as far as they are asked for.
    #[must_use]
    pub fn clients_of(&self, scenario: &Scenario) -> Vec<String> {
        let asked = |client: &&String| self.clients.as_ref().is_none_or(|clients| clients.contains(client));
        scenario.clients.iter().filter(asked).cloned().collect()
    }
}
