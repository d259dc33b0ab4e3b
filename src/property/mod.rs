//! Property tests against a server: strategies, runs, shrinking to a scenario file.
