//! What can be said of an exchange: the tests of scenario rows ([`Expectation`]) and the standing checks that look at
//! every exchange ([`standing`]). Pure functions over recorded exchanges; it knows nothing of scenario files or flows'
//! order, sends nothing and prints nothing.

mod compare;
mod expect;
mod phrase;
pub mod standing;

pub use expect::{Expectation, Judged, Subject, Test, WORDS};
pub use phrase::short;

#[cfg(test)]
mod tests;
