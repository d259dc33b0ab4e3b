//! `{{ name | filter }}` in scenario texts: parsed once, then filled for the place it stands in: a JSON body, a request
//! target, a SCIM address, a regular expression. It knows nothing of where values come from.

use std::ops::Range;

use serde_json::Value;

use crate::idp::Encoding;

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole(Hole),
}

/// One `{{ … }}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// The variable, `person.identifier`.
    pub name: String,
    /// Where it stands in the text, bytes.
    pub at: Range<usize>,
    filters: Vec<Filter>,
    /// The variable that says how often the text stands there, `{{ name | repeat count }}`.
    repeat: Option<Box<Hole>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    Upper,
    Lower,
    Json,
    Hex,
    Local,
}

/// The filters by name.
const FILTERS: [(&str, Filter); 5] = [
    ("upper", Filter::Upper),
    ("lower", Filter::Lower),
    ("json", Filter::Json),
    ("hex", Filter::Hex),
    ("local", Filter::Local),
];

/// The most bytes that a repeated text may come to: a limit that a target announces may be meant as none.
const REPEATED: usize = 16 << 20;

/// A text that is no template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Where, bytes.
    pub at: Range<usize>,
    /// What is wrong.
    pub reason: String,
}

/// The variable without which a template could not be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub String);

/// Looks a variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<Value>;

impl Template {
    /// Parses a text.
    ///
    /// # Errors
    /// An unclosed or empty hole, or an unknown filter, with its place.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut from = 0;
        while let Some(open) = text[from..].find("{{").map(|at| at + from) {
            let fail = |at: Range<usize>, reason: String| TemplateError { at, reason };
            let close = text[open..]
                .find("}}")
                .map(|at| at + open)
                .ok_or_else(|| fail(open..open + 2, "`{{` is never closed by `}}`".into()))?;
            let at = open..close + 2;
            let mut words = text[open + 2..close].split('|').map(str::trim);
            let name = words.next().unwrap_or_default().to_owned();
            let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            if name.is_empty() || !name.chars().all(good) {
                return Err(fail(at, format!("`{{{{ {name} }}}}` names no variable")));
            }
            let mut filters = Vec::new();
            let mut repeat = None;
            for word in words {
                let count = word.strip_prefix("repeat ").map(str::trim);
                if let Some(count) = count.filter(|count| !count.is_empty() && count.chars().all(good)) {
                    let count = Self::hole(count, at.clone());
                    repeat = Some(Box::new(count));
                    continue;
                }
                match FILTERS.iter().find(|(known, _)| *known == word) {
                    Some((_, filter)) => filters.push(*filter),
                    None => {
                        let known: Vec<_> = FILTERS.iter().map(|(name, _)| *name).collect();
                        let known = format!("{}, repeat NAME", known.join(", "));
                        return Err(fail(at, format!("unknown filter `{word}`; known: {known}")));
                    }
                }
            }
            if open > from {
                parts.push(Part::Text(text[from..open].to_owned()));
            }
            from = at.end;
            parts.push(Part::Hole(Hole { filters, repeat, ..Self::hole(&name, at) }));
        }
        if from < text.len() {
            parts.push(Part::Text(text[from..].to_owned()));
        }
        Ok(Self { parts })
    }

    fn hole(name: &str, at: Range<usize>) -> Hole {
        Hole { name: name.to_owned(), at, filters: Vec::new(), repeat: None }
    }

    /// A text that stands as it is.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self { parts: vec![Part::Text(text.to_owned())] }
    }

    /// The holes in order, and behind each the one that counts it.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        let holes = self.parts.iter().filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Text(_) => None,
        });
        holes.flat_map(|hole| std::iter::once(hole).chain(hole.repeat.as_deref()))
    }

    /// The text with digits of equal length in the holes: every place stays where it was, and JSON stays JSON.
    #[must_use]
    pub fn filler(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Hole(hole) => "1".repeat(hole.at.len()),
            })
            .collect()
    }

    /// Fills the holes as they are.
    ///
    /// # Errors
    /// [`Missing`] names the first variable without value.
    pub fn plain(&self, lookup: Lookup) -> Result<String, Missing> {
        self.fold(lookup, |out, piece| match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Value { text, .. } => out.push_str(&text),
        })
    }

    /// The value of a template that is nothing but one hole, with its JSON type; else the plain text.
    ///
    /// # Errors
    /// [`Missing`]
    pub fn value(&self, lookup: Lookup) -> Result<Value, Missing> {
        if let [Part::Hole(hole)] = self.parts.as_slice()
            && hole.filters.is_empty()
            && hole.repeat.is_none()
        {
            return lookup(&hole.name).ok_or_else(|| Missing(hole.name.clone()));
        }
        self.plain(lookup).map(Value::String)
    }

    /// Fills a regular expression: values stand for themselves.
    ///
    /// # Errors
    /// [`Missing`]
    pub fn regex(&self, lookup: Lookup) -> Result<String, Missing> {
        self.fold(lookup, |out, piece| match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Value { text, .. } => out.push_str(&regex::escape(&text)),
        })
    }

    /// Fills a SCIM address: values inside a string literal are escaped for it.
    ///
    /// # Errors
    /// [`Missing`]
    pub fn address(&self, lookup: Lookup) -> Result<String, Missing> {
        let mut literal = Literal::default();
        self.fold(lookup, |out, piece| match piece {
            Piece::Text(text) => {
                text.chars().for_each(|c| literal.see(c));
                out.push_str(text);
            }
            Piece::Value { text, .. } if literal.open => out.push_str(&escaped(&text)),
            Piece::Value { text, .. } => out.push_str(&text),
        })
    }

    /// Fills a JSON body: values inside a JSON string are escaped for it, and once more inside a filter's string
    /// literal (`"members[value eq \"{{ user }}\"]"`).
    ///
    /// # Errors
    /// [`Missing`]
    pub fn json(&self, lookup: Lookup) -> Result<String, Missing> {
        let mut place = JsonPlace::default();
        self.fold(lookup, |out, piece| match piece {
            Piece::Text(text) => {
                text.chars().for_each(|c| place.see(c));
                out.push_str(text);
            }
            Piece::Value { text, literal: true } => out.push_str(&text),
            Piece::Value { text, .. } if place.quoted => out.push_str(&escaped(&escaped(&text))),
            Piece::Value { text, .. } if place.string => out.push_str(&escaped(&text)),
            Piece::Value { text, .. } => out.push_str(&text),
        })
    }

    /// Fills a request target and percent-encodes it. The author's `?`, `&` and `=` outside string literals are
    /// structure; everything else in the query, and every value anywhere, is data.
    ///
    /// # Errors
    /// [`Missing`]
    pub fn target(&self, lookup: Lookup, encoding: Encoding) -> Result<String, Missing> {
        let mut query = false;
        let mut key = true;
        let mut literal = Literal::default();
        self.fold(lookup, |out, piece| match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    match (query, c) {
                        (false, '?') => {
                            query = true;
                            out.push(c);
                        }
                        (false, '!'..='~') if !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}') => {
                            out.push(c);
                        }
                        (false, _) => encode(out, c, Encoding::Percent),
                        (true, '&') if !literal.open => {
                            key = true;
                            literal = Literal::default();
                            out.push(c);
                        }
                        (true, '=') if key => {
                            key = false;
                            out.push(c);
                        }
                        (true, _) => {
                            literal.see(c);
                            encode(out, c, encoding);
                        }
                    }
                }
            }
            Piece::Value { text, .. } => {
                let text = if literal.open { escaped(&text) } else { text };
                let encoding = if query { encoding } else { Encoding::Percent };
                text.chars().for_each(|c| encode(out, c, encoding));
            }
        })
    }

    /// Fills form data: the author's text is structure, every value is encoded
    /// (`application/x-www-form-urlencoded`).
    ///
    /// # Errors
    /// [`Missing`]
    pub fn form(&self, lookup: Lookup) -> Result<String, Missing> {
        self.fold(lookup, |out, piece| match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Value { text, .. } => text.chars().for_each(|c| encode(out, c, Encoding::Form)),
        })
    }

    fn fold(&self, lookup: Lookup, mut put: impl FnMut(&mut String, Piece)) -> Result<String, Missing> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => put(&mut out, Piece::Text(text)),
                Part::Hole(hole) => {
                    let value = lookup(&hole.name).ok_or_else(|| Missing(hole.name.clone()))?;
                    let literal = hole.filters.contains(&Filter::Json);
                    let mut text = hole.filters.iter().fold(text_of(&value), |text, filter| filter.apply(text, &value));
                    if let Some(count) = &hole.repeat {
                        let times = lookup(&count.name).and_then(|times| repeated(&text, &times));
                        text = times.ok_or_else(|| Missing(count.name.clone()))?;
                    }
                    put(&mut out, Piece::Value { text, literal });
                }
            }
        }
        Ok(out)
    }
}

/// What a template is put together from.
enum Piece<'a> {
    Text(&'a str),
    Value { text: String, literal: bool },
}

impl Filter {
    fn apply(self, text: String, value: &Value) -> String {
        match self {
            Self::Upper => text.to_uppercase(),
            Self::Lower => text.to_lowercase(),
            Self::Json if value.is_string() => Value::String(text).to_string(),
            Self::Json => value.to_string(),
            Self::Hex => text.replace('-', ""),
            Self::Local => text.split('@').next().unwrap_or_default().to_owned(),
        }
    }
}

/// Follows the string literals of a filter.
#[derive(Default)]
struct Literal {
    open: bool,
    escaped: bool,
}

impl Literal {
    fn see(&mut self, c: char) {
        match c {
            _ if self.escaped => self.escaped = false,
            '\\' if self.open => self.escaped = true,
            '"' => self.open = !self.open,
            _ => {}
        }
    }
}

/// Follows the strings of a JSON text, and the `\"…\"` literals inside them.
#[derive(Default)]
struct JsonPlace {
    string: bool,
    quoted: bool,
    escaped: bool,
}

impl JsonPlace {
    fn see(&mut self, c: char) {
        match c {
            _ if self.escaped => {
                self.escaped = false;
                self.quoted ^= c == '"';
            }
            '\\' if self.string => self.escaped = true,
            '"' => {
                self.string = !self.string;
                self.quoted = false;
            }
            _ => {}
        }
    }
}

/// The text so many times, JSON objects with commas between them; `None` for what is no number, or too many.
fn repeated(text: &str, times: &Value) -> Option<String> {
    let times = usize::try_from(times.as_u64()?).ok()?;
    let fits = text.len().checked_add(1)?.checked_mul(times)? <= REPEATED;
    fits.then(|| if text.ends_with('}') { vec![text; times].join(",") } else { text.repeat(times) })
}

/// A value as text: strings as they are, anything else as JSON.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The inside of a JSON string literal.
fn escaped(text: &str) -> String {
    let literal = Value::String(text.to_owned()).to_string();
    literal[1..literal.len() - 1].to_owned()
}

/// Percent-encodes one character; only RFC 3986's unreserved ones stay.
fn encode(out: &mut String, c: char, encoding: Encoding) {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | '~' => out.push(c),
        ' ' if encoding == Encoding::Form => out.push('+'),
        _ => {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                out.push_str(percent_encoding::percent_encode_byte(byte));
            }
        }
    }
}

#[cfg(test)]
mod tests;
