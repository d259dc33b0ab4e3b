//! Filters (`RFC7644 §3.4.2.2`, figure 1): syntax tree, parser with positions, printer, evaluation under `caseExact`.
//!
//! Parsing is bounded by [`Limits`], so that no text exhausts stack or time. It knows nothing of lists and queries.

mod check;
mod evaluate;
mod literal;
mod parse;
mod print;
mod qualify;
mod rule;

use super::path::AttrPath;

pub use check::{check, check_element};
pub use evaluate::{element_matches, matches, untyped_matches};
pub(in crate::scim) use parse::scan_value_filter;
pub use parse::{Limits, parse, parse_with};
pub use qualify::qualify;
pub(in crate::scim) use rule::Rule;

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less or equal.
    Le,
}

/// A comparison value: a JSON literal.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A string, unescaped.
    String(String),
    /// A number.
    Number(serde_json::Number),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
}

/// A filter expression. `and` and `or` are flat lists of two or more terms, so that long chains nest no deeper.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// `attr op value`.
    Compare(AttrPath, Op, Literal),
    /// `attr pr`.
    Present(AttrPath),
    /// All terms hold.
    And(Vec<Filter>),
    /// Any term holds.
    Or(Vec<Filter>),
    /// `not (filter)`.
    Not(Box<Filter>),
    /// `attr[filter]`, optionally with a test on a sub-attribute behind it as Entra writes it (I-32):
    /// `emails[type eq "work"].value eq "x"`.
    Value {
        /// The multi-valued (or complex) attribute.
        attr: AttrPath,
        /// What one element must satisfy; paths inside are relative to the element.
        filter: Box<Filter>,
        /// The trailing test, on the same element.
        trailing: Option<Box<Filter>>,
    },
}

impl Op {
    /// All operators.
    pub const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The operator on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// Whether it asks for an order.
    #[must_use]
    pub const fn is_order(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }

    /// Whether it looks into a text.
    #[must_use]
    pub const fn is_substring(self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }
}

#[cfg(test)]
mod tests;
