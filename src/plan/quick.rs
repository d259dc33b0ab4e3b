//! `--quick`: few scenarios that show every flow of the clients asked for. It knows nothing of what a scenario checks.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Selection, estimate};
use crate::scenario::Scenario;

/// The tag of scenarios of a plain client that are always among them.
const SMOKE: &str = "smoke";

/// What remains of the selected scenarios: those tagged `smoke`, and as few requests as a greedy choice finds by which each
/// client sees each of its flows that these scenarios show. Where `playable` scenarios cannot show a flow, the others stay, so that
/// it is said why nobody saw it. Keeps the order.
pub fn enough<'a>(
    selected: Vec<&'a Arc<Scenario>>,
    selection: &Selection,
    playable: impl Fn(&Scenario) -> bool,
) -> Vec<&'a Arc<Scenario>> {
    let shows = |scenario: &Scenario| -> BTreeSet<(String, String)> {
        let clients = selection.clients_of(scenario);
        clients.iter().flat_map(|client| scenario.flows.iter().map(|flow| (client.clone(), flow.clone()))).collect()
    };
    let smoke = |scenario: &Scenario| scenario.clients.is_empty() && scenario.tags.iter().any(|tag| tag == SMOKE);
    let mut chosen: BTreeSet<String> = BTreeSet::new();
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for able in [true, false] {
        let mut left: Vec<_> = selected
            .iter()
            .filter(|scenario| playable(scenario) == able)
            .map(|scenario| (estimate(scenario).requests.max(1), &scenario.id, shows(scenario)))
            .collect();
        // Ids decide between equals: the same selection for every seed.
        left.sort_by(|a, b| a.1.cmp(b.1));
        loop {
            left.iter_mut().for_each(|(.., shows)| shows.retain(|flow| !seen.contains(flow)));
            left.retain(|(.., shows)| !shows.is_empty());
            // Requests for each flow, compared without division.
            let best = left.iter().enumerate().min_by(|(_, a), (_, b)| (a.0 * b.2.len()).cmp(&(b.0 * a.2.len())));
            let Some((n, _)) = best else { break };
            let (_, id, shows) = left.swap_remove(n);
            chosen.insert(id.clone());
            seen.extend(shows);
            left.sort_by(|a, b| a.1.cmp(b.1));
        }
    }
    selected.into_iter().filter(|scenario| smoke(scenario) || chosen.contains(&scenario.id)).collect()
}
