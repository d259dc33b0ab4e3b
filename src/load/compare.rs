//! Is one set of runs faster than another? Each run gives one value; the interval of the ratio of the medians comes from
//! drawing whole runs again and again (bootstrap), never from pooled samples, which are not independent.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The values of one metric in the runs of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// The metric: `response p99 ms`.
    pub metric: String,
    /// Whether more is better.
    pub more_is_better: bool,
    /// A value for each run before.
    pub before: Vec<f64>,
    /// A value for each run after.
    pub after: Vec<f64>,
}

/// How a metric differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The metric.
    pub metric: String,
    /// The medians before and after.
    pub medians: (f64, f64),
    /// After over before.
    pub ratio: f64,
    /// 95 of 100 redrawn ratios lie in here; `None` where a side has fewer than three runs.
    pub interval: Option<(f64, f64)>,
    /// In words: `better`, `worse`, `no difference seen`, `too few runs to say`.
    pub verdict: &'static str,
}

/// How often runs are drawn again.
const DRAWS: usize = 10_000;

/// Fewer runs than this show no spread.
const FEWEST: usize = 3;

/// Compares a metric; the same seed gives the same interval.
#[must_use]
pub fn compare(side: &Side, seed: u64) -> Difference {
    let medians = (median(side.before.clone()), median(side.after.clone()));
    let over = |before: f64, after: f64| if before > 0.0 { after / before } else { f64::NAN };
    let ratio = over(medians.0, medians.1);
    let enough = side.before.len() >= FEWEST && side.after.len() >= FEWEST;
    let interval = enough.then(|| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut again =
            |values: &[f64]| median((0..values.len()).map(|_| values[rng.random_range(0..values.len())]).collect());
        let mut ratios: Vec<f64> = (0..DRAWS).map(|_| over(again(&side.before), again(&side.after))).collect();
        ratios.retain(|ratio| ratio.is_finite());
        ratios.sort_by(f64::total_cmp);
        let at = |part: usize| ratios.get(ratios.len() * part / 1000).copied().unwrap_or(f64::NAN);
        (at(25), at(975))
    });
    let verdict = match interval {
        None => "too few runs to say",
        Some((low, _)) if low > 1.0 => {
            if side.more_is_better {
                "better"
            } else {
                "worse"
            }
        }
        Some((_, high)) if high < 1.0 => {
            if side.more_is_better {
                "worse"
            } else {
                "better"
            }
        }
        Some(_) => "no difference seen",
    };
    Difference { metric: side.metric.clone(), medians, ratio, interval, verdict }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_said_only_where_the_runs_show_it() {
        let side = |more_is_better, before: &[f64], after: &[f64]| Side {
            metric: "p99".into(),
            more_is_better,
            before: before.to_vec(),
            after: after.to_vec(),
        };
        let (slow, fast, wide) = ([10.0, 11.0, 10.5, 10.2], [5.0, 5.2, 5.1, 5.3], [4.0, 16.0, 9.0, 12.0]);
        let rows = [
            (side(false, &slow, &fast), "better"),
            (side(true, &slow, &fast), "worse"),
            (side(false, &fast, &slow), "worse"),
            (side(false, &slow, &wide), "no difference seen"),
            (side(false, &slow, &fast[..2]), "too few runs to say"),
        ];
        for (side, expected) in rows {
            let it = compare(&side, 1);
            assert_eq!(it.verdict, expected, "{it:?}");
            assert_eq!(it, compare(&side, 1));
            assert_eq!(it.interval.is_none(), expected.starts_with("too few"));
        }
        assert!((compare(&side(false, &slow, &fast), 1).ratio - 0.4976).abs() < 0.01);
    }
}
