//! The tests from outside, one binary.

mod trace;
