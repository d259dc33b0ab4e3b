//! Scenario files: TOML text to a scenario with source spans, and the flow that plays it.
