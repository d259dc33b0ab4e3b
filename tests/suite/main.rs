//! Tests of the built binary and of the house as a whole.

mod kill9;
