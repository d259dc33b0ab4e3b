//! Filters (`RFC7644 §3.4.2.2`, figure 1): syntax tree, parser with positions, printer, evaluation under `caseExact`.

use super::path::AttrPath;

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
