//! Checks as values in tables: expectations on an answer, and standing checks that run on every exchange.
