//! Filters as text: what is printed parses to the same tree. Parentheses stand only where the tree needs them.

use std::fmt;

use super::{Filter, Literal, Op};

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => serde_json::Value::from(text.as_str()).fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Bool(value) => value.fmt(f),
            Self::Null => f.write_str("null"),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(attr, op, literal) => write!(f, "{attr} {op} {literal}"),
            Self::Present(attr) => write!(f, "{attr} pr"),
            Self::And(terms) => chain(f, " and ", terms, |term| matches!(term, Self::And(_) | Self::Or(_))),
            Self::Or(terms) => chain(f, " or ", terms, |term| matches!(term, Self::Or(_))),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Value { attr, filter, trailing: None } => write!(f, "{attr}[{filter}]"),
            Self::Value { attr, filter, trailing: Some(trailing) } => write!(f, "{attr}[{filter}].{trailing}"),
        }
    }
}

fn chain(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    terms: &[Filter],
    needs_parentheses: fn(&Filter) -> bool,
) -> fmt::Result {
    for (index, term) in terms.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        if needs_parentheses(term) { write!(f, "({term})") } else { write!(f, "{term}") }?;
    }
    Ok(())
}
