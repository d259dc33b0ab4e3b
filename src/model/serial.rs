//! Serial orders of requests that were sent at once: whether some order explains every answer and the final state
//! (linearizability), and what each order would have led to. It knows nothing of what the requests do.

use std::collections::BTreeMap;

/// The most requests whose orders are looked at.
pub const MOST: usize = 12;

/// The states in which some serial order ends.
///
/// `before(a, b)`: request a was answered before b was sent, so that it comes first in every order. `step(state, n)`: the
/// states in which request n may leave that one, none where its answer cannot be explained there. Orders that meet in one
/// state after the same requests are followed once.
pub fn endings<S: Clone + PartialEq>(
    start: &S,
    requests: usize,
    before: impl Fn(usize, usize) -> bool,
    step: impl Fn(&S, usize) -> Vec<S>,
) -> Vec<S> {
    if requests > MOST {
        return Vec::new();
    }
    let mut level: BTreeMap<u32, Vec<S>> = BTreeMap::from([(0, vec![start.clone()])]);
    for _ in 0..requests {
        let mut next: BTreeMap<u32, Vec<S>> = BTreeMap::new();
        for (done, states) in &level {
            let open = |n: usize| done & (1 << n) == 0;
            let ready = |n: &usize| open(*n) && (0..requests).all(|other| !open(other) || !before(other, *n));
            for n in (0..requests).filter(ready) {
                let reached = next.entry(done | (1 << n)).or_default();
                for state in states.iter().flat_map(|state| step(state, n)) {
                    if !reached.contains(&state) {
                        reached.push(state);
                    }
                }
            }
        }
        level = next;
    }
    level.into_values().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A register that is read and written: `Ok(v)` writes, `Err(v)` is a read that saw `v`.
    fn explained(operations: &[Result<i32, i32>], before: &[(usize, usize)]) -> Vec<i32> {
        let mut found = endings(
            &0,
            operations.len(),
            |a, b| before.contains(&(a, b)),
            |state, n| match operations[n] {
                Ok(value) => vec![value],
                Err(seen) => Vec::from_iter((seen == *state).then_some(*state)),
            },
        );
        found.sort_unstable();
        found
    }

    #[test]
    fn an_order_is_found_where_there_is_one() {
        assert_eq!(explained(&[Ok(1), Ok(2)], &[]), [1, 2]);
        assert_eq!(explained(&[Ok(1), Ok(2)], &[(0, 1)]), [2]);
        assert_eq!(explained(&[Ok(1), Err(0), Err(1)], &[]), [1]);
        assert_eq!(explained(&[Ok(1), Err(0)], &[(0, 1)]), [0_i32; 0], "a read after the write must see it");
        assert_eq!(explained(&[Ok(1), Err(7)], &[]), [0_i32; 0]);
        // Two reads that see two writes in two orders.
        let crossed = [Ok(1), Ok(2), Err(1), Err(2), Err(2), Err(1)];
        assert_eq!(explained(&crossed, &[(2, 3), (4, 5)]), [0_i32; 0]);
    }

    #[test]
    fn orders_that_meet_are_followed_once() {
        let steps = std::cell::Cell::new(0);
        let ends = endings(
            &0,
            MOST,
            |_, _| false,
            |state, _| {
                steps.set(steps.get() + 1);
                vec![state + 1]
            },
        );
        assert_eq!((ends, steps.get()), (vec![12], 12 << 11));
    }
}
