//! Writers of a verdict: terminal, JSON, JUnit, curl. They read events and verdicts and decide nothing.
