//! Standing checks over hand-made exchanges.
