//! Events in, verdict out: outcome per requirement, readiness per IdP, baseline, exit status.
