//! Interleaved rounds, their medians and spreads, and ratios between two ways.

use crate::client::Figure;

/// Rounds; in each every way has its turn.
pub const ROUNDS: usize = 5;

/// One way of a comparison with its figures, one for each round.
pub struct Row {
    pub name: String,
    pub figures: Vec<Figure>,
}

/// Measures all ways by turns.
pub fn interleaved(names: &[&str], mut measure: impl FnMut(usize, usize) -> Figure) -> Vec<Row> {
    let mut rows: Vec<Row> = names.iter().map(|name| Row { name: (*name).to_owned(), figures: Vec::new() }).collect();
    for round in 0..ROUNDS {
        for (way, row) in rows.iter_mut().enumerate() {
            row.figures.push(measure(round, way));
        }
    }
    rows
}

/// Median, least and greatest.
pub fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[0], values[values.len() - 1])
}

/// Prints the rows, and of each pair (one, to another) the ratio of rates with the goal, and of processor time.
pub fn print(title: &str, rows: &[Row], ratios: &[(usize, usize, &str)]) {
    crate::say(&format!("\n{title}"));
    for row in rows {
        let (rate, least, most) = spread(row.figures.iter().map(|figure| figure.rate).collect());
        let (cpu, light, heavy) = spread(row.figures.iter().map(|figure| figure.cpu).collect());
        let used =
            if cpu.is_nan() { String::new() } else { format!("  {cpu:>7.1} us of CPU ({light:.1} to {heavy:.1})") };
        crate::say(&format!("  {:<44} {rate:>9.0}/s ({least:.0} to {most:.0}){used}", row.name));
    }
    for &(one, other, goal) in ratios {
        let pairs = || rows[one].figures.iter().zip(&rows[other].figures);
        let (ratio, least, most) = spread(pairs().map(|(one, other)| one.rate / other.rate).collect());
        let (cpu, light, heavy) = spread(pairs().map(|(one, other)| other.cpu / one.cpu).collect());
        let by_cpu =
            if cpu.is_nan() { String::new() } else { format!("; by CPU time {cpu:.2} ({light:.2} to {heavy:.2})") };
        let (one, other) = (&rows[one].name, &rows[other].name);
        crate::say(&format!("  {one} to {other}: {ratio:.2} ({least:.2} to {most:.2}){by_cpu}{goal}"));
    }
}
