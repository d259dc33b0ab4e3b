//! Load: workloads, open loop driver, histograms.
