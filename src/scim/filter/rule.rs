//! How values of an attribute compare (`RFC7644 §3.4.2.2`, table 3): by its type and `caseExact`, a user name by its key.
//!
//! Strings without case compare by their lower case, whose order is that of code points: no locale is implied.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Literal, Op};
use crate::scim::schema::{Attribute, Resolved, Type};
use crate::scim::{datetime, name};

/// How values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scim) enum Rule {
    /// Strings as they are.
    Exact,
    /// Strings without case.
    Folded,
    /// Strings by [`name::user_name_key`].
    UserName,
    /// Booleans.
    Boolean,
    /// Booleans, also as the strings that Entra writes (I-07).
    LooseBoolean,
    /// Numbers.
    Number,
    /// Instants.
    Instant,
    /// Whatever the JSON types say, for values without schema.
    Untyped,
}

impl Rule {
    /// The rule of an attribute or sub-attribute.
    pub fn of(attribute: &Attribute) -> Self {
        match attribute.kind {
            Type::Boolean => Self::Boolean,
            Type::Decimal | Type::Integer => Self::Number,
            Type::DateTime => Self::Instant,
            // Table 3 knows no case for binary, base64 has one (`RFC7643 §2.3.6`).
            Type::Binary => Self::Exact,
            Type::String | Type::Reference | Type::Complex if attribute.case_exact => Self::Exact,
            Type::String | Type::Reference | Type::Complex => Self::Folded,
        }
    }

    /// The rule of the attribute at the end of a path: that of `leaf`, unless the path is that of a user's name.
    pub fn resolved(found: &Resolved<'_>, leaf: &Attribute) -> Self {
        let is_user_name = found.extension.is_none() && found.sub.is_none() && found.attribute.name == "userName";
        if is_user_name { Self::UserName } else { Self::of(leaf) }
    }

    /// Strings in the form in which they compare.
    pub fn key(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Folded | Self::Untyped => Cow::Owned(text.to_lowercase()),
            Self::UserName => Cow::Owned(name::fold(text)),
            _ => Cow::Borrowed(text),
        }
    }

    /// Whether a value is of the type that the rule orders.
    pub fn orders(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Instant, Value::String(text)) => datetime::parse(text).is_some(),
            (Self::Exact | Self::Folded | Self::UserName, Value::String(text)) => !text.is_empty(),
            (Self::Number, Value::Number(_)) | (Self::Boolean | Self::LooseBoolean, Value::Bool(_)) => true,
            _ => false,
        }
    }

    /// The order of two values that the rule [orders](Self::orders); others are equal.
    pub fn compare(self, one: &Value, other: &Value) -> Ordering {
        let order = match (self, one, other) {
            (Self::Instant, Value::String(one), Value::String(other)) => {
                datetime::parse(one).partial_cmp(&datetime::parse(other))
            }
            (_, Value::String(one), Value::String(other)) => Some(self.key(one).cmp(&self.key(other))),
            (_, Value::Number(one), Value::Number(other)) => order(one, other),
            (_, Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
            _ => None,
        };
        order.unwrap_or(Ordering::Equal)
    }

    /// Whether `value op literal` holds. `ne` and `null` are the evaluator's, since they speak of all values at once.
    pub fn holds(self, value: &Value, op: Op, literal: &Literal) -> bool {
        match (self, value, literal) {
            (Self::LooseBoolean, _, _) => {
                op == Op::Eq && truth(value).is_some_and(|truth| loose(literal) == Some(truth))
            }
            (Self::Boolean | Self::Untyped, Value::Bool(value), Literal::Bool(literal)) => {
                op == Op::Eq && value == literal
            }
            (Self::Number | Self::Untyped, Value::Number(value), Literal::Number(literal)) => {
                order(value, literal).is_some_and(|order| ordered(op, order))
            }
            (Self::Instant | Self::Untyped, Value::String(value), Literal::String(literal)) if !op.is_substring() => {
                match (datetime::parse(value), datetime::parse(literal)) {
                    (Some(value), Some(literal)) => ordered(op, value.cmp(&literal)),
                    _ => self == Self::Untyped && ordered(op, self.key(value).cmp(&self.key(literal))),
                }
            }
            (Self::Boolean | Self::Number, ..) => false,
            (_, Value::String(value), Literal::String(literal)) => {
                let (value, literal) = (self.key(value), self.key(literal));
                match op {
                    Op::Co => value.contains(&*literal),
                    Op::Sw => value.starts_with(&*literal),
                    Op::Ew => value.ends_with(&*literal),
                    _ => ordered(op, value.cmp(&literal)),
                }
            }
            _ => false,
        }
    }
}

fn ordered(op: Op, order: Ordering) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Ne | Op::Co | Op::Sw | Op::Ew => false,
    }
}

/// Exact, also between whole numbers beyond the precision of doubles, so that it is an order of all numbers.
fn order(one: &Number, other: &Number) -> Option<Ordering> {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

fn whole(number: &Number) -> Option<i128> {
    let exact = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    exact.or_else(|| number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 1e38).map(|f| f as i128))
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => word(text),
        _ => None,
    }
}

/// The boolean that a literal stands for, also as a string.
pub(super) fn loose(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Bool(truth) => Some(*truth),
        Literal::String(text) => word(text),
        _ => None,
    }
}

fn word(text: &str) -> Option<bool> {
    match () {
        () if text.eq_ignore_ascii_case("true") => Some(true),
        () if text.eq_ignore_ascii_case("false") => Some(false),
        () => None,
    }
}
