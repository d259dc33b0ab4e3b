//! The reference server against its goals, as ratios of ways that are measured by turns: `cargo bench --bench server`.
//! Words after `--` choose the measurements (`get eq post patch list page growth memory`) and, with `users=1000000`, how
//! many users the large file has; `docs/performance.md` has the figures.

#![expect(clippy::expect_used, reason = "a bench may fail loudly")]
#![expect(clippy::cast_precision_loss, reason = "counts of requests are small")]

mod arms;
mod cases;
mod client;
mod figures;
mod people;

/// A measurement, given how many users there are.
type Case = fn(u64);

/// What there is to measure, in this order.
const CASES: &[(&str, Case)] = &[
    ("get", cases::get),
    ("eq", cases::eq),
    ("post", cases::post),
    ("patch", cases::patch),
    ("list", cases::list),
    ("page", cases::page),
    ("growth", cases::growth),
    ("memory", cases::memory),
];

/// Prints a line.
#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
pub fn say(line: &str) {
    println!("{line}");
}

fn main() {
    if let Ok(body) = std::env::var(arms::BARE) {
        return arms::serve_bare(body);
    }
    // `cargo test --benches` starts benches too; they measure only when `cargo bench` says so.
    let arguments: Vec<String> = std::env::args().collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    // The client has the other core for itself.
    const PINNED: &str = "SCIMPROOF_BENCH_PINNED";
    if std::env::var_os(PINNED).is_none() {
        let mut again = arms::pinned("1", arguments.first().expect("this program has a name"));
        let status = again.args(&arguments[1..]).env(PINNED, "1").status().expect("this program starts again");
        std::process::exit(status.code().unwrap_or(1));
    }
    let users = arguments.iter().find_map(|argument| argument.strip_prefix("users=")?.parse().ok());
    let named = |name: &str| arguments.iter().any(|argument| argument == name);
    let all = !CASES.iter().any(|(name, _)| named(name));
    for (_, case) in CASES.iter().filter(|(name, _)| all || named(name)) {
        case(users.unwrap_or(100_000));
    }
}
