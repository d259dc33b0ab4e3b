//! Filters against the table of probes, and against what must hold for any text, tree and JSON.
