//! Scenarios over a population: pages over hundreds of people, and filters that were drawn, each with exactly those who match.
//! A population is made once and then read many times. It knows nothing of servers.

mod filters;
mod oracle;
mod pages;
mod people;

use super::Written;

/// All of them.
pub(super) fn written() -> Vec<Written> {
    pages::written().into_iter().chain(std::iter::once(filters::written())).collect()
}
