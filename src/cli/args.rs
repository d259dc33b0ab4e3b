//! The command line as clap sees it: commands, flags, help texts. It decides nothing.

mod first;
mod load;
mod tables;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

pub use first::{Ci, Doctor, Init};
pub use load::{Compare, EngineKind, Load, Rate};
pub use tables::{CoverageFlags, MatrixFlags};

use super::probe::Probes;
use crate::verdict::FailOn;

/// Proves whether a SCIM 2.0 server is ready: for the standard, Okta, Microsoft Entra ID, Ping Identity, JumpCloud.
///
/// Results go to stdout, talk goes to stderr. `scimproof run` without a target judges the bundled server.
#[derive(Debug, Parser)]
#[command(name = "scimproof", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Arguments {
    /// When to use colour; NO_COLOR and TERM=dumb turn it off too.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// Say more: what is skipped and why, readings and warnings in full, which configuration file was read.
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The codes as `--help` shows them; `verdict::ExitCode` is where they are defined.
const EXIT_CODES: &str = "\
Exit codes, the first that applies:
  130  interrupted: what was created is removed, a partial report is written
   70  a fault of scimproof itself
    2  usage, configuration or scenario error; nothing was sent
    3  target unreachable or credentials refused
    4  nothing selected
    6  baseline broken
    1  gate not passed
    5  load threshold crossed
    0  gate passed";

/// The commands, in the order of the help text.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Replay what identity providers send, check the standard, and say whether the server is ready.
    Run(Box<Run>),
    /// Play one scenario of a JSON report again: by its id, or by a requirement that failed in it.
    Replay(Box<Replay>),
    /// Test laws that hold in every state: roles by team, one holder for a user name. Failures shrink to a scenario.
    Prove(Box<Prove>),
    /// Send provisioning traffic at an honest rate and say what the server holds, and whether it stays correct.
    Load(Box<Load>),
    /// Compare the reports of several loads before and after a change, with an interval.
    Compare(Compare),
    /// Start the bundled reference server; its base URL is the first line on stdout.
    Serve(Box<Serve>),
    /// List scenarios, clients and requirements; with --plan, what would run and what would not.
    List(List),
    /// Check scenario files: unknown keys and ids, with line and column.
    Lint(Lint),
    /// Say which requirements are named by a check, exercised by a run, proven by a fault; and which are not.
    Coverage(CoverageFlags),
    /// Put each named fault in front of the bundled server and see whether the checks turn red what they must, and no more.
    Matrix(MatrixFlags),
    /// Explain a requirement, interpretation, request shape, scenario, client, flow, fault or exit code.
    Explain(Explain),
    /// Keep a list of known failures, so that a pipeline can adopt scimproof on a server that is red today.
    Baseline(Box<Baseline>),
    /// Remove what a killed run left on a target: only users and groups that bear the mark of a run.
    Sweep(Box<Sweep>),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Find out why a target cannot be judged; reads only, and says the fix of what is wrong.
    Doctor(Box<Doctor>),
    /// Ask, probe the target, and write scimproof.toml and a file for CI.
    Init(Init),
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Which server, and how to get in. Every flag may stand in `scimproof.toml` by its own name.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Target")]
pub struct Target {
    /// The base URL of the server, https://host/scim/v2. Without it the bundled server is judged in this process.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub target: Option<String>,
    /// The documented subset and choices of the target: a name (see `list`) or a TOML file.
    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
    pub profile: Option<String>,
    /// Let the run write to a target that is not on this machine. It creates users and groups and removes them again.
    #[arg(long)]
    pub allow_writes: bool,
    /// Wait so long for a target that is just starting, e.g. 30s.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub wait: Option<Duration>,
    /// Put a named fault in front of the bundled server, to see it caught; may be repeated (see `list --faults`).
    #[arg(long, value_name = "NAME")]
    pub fault: Vec<String>,
    /// How roles, logins and tokens are seen, from the configuration file alone.
    #[arg(skip)]
    pub probes: Probes,
    /// Configuration file; scimproof.toml in this folder is read by itself.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

/// Credentials: by environment variable, file or prompt, never on the command line.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Credentials")]
pub struct Credentials {
    /// How to authenticate; follows from the other flags if not given.
    #[arg(long, value_enum)]
    pub auth: Option<AuthKind>,
    /// The environment variable that holds the token or password; SCIMPROOF_TOKEN is read by itself.
    #[arg(long, value_name = "NAME", group = "token")]
    pub token_env: Option<String>,
    /// A file that holds the token or password.
    #[arg(long, value_name = "FILE", group = "token", value_hint = ValueHint::FilePath)]
    pub token_file: Option<PathBuf>,
    /// Ask for the token or password on the terminal.
    #[arg(long, group = "token")]
    pub token_prompt: bool,
    /// The user name of --auth basic.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// A further header whose value is in an environment variable; may be repeated.
    #[arg(long, value_name = "NAME=ENV")]
    pub header: Vec<String>,
    /// The token endpoint of --auth oauth.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub oauth_token_url: Option<String>,
    /// The client id of --auth oauth; its secret comes from --token-env, --token-file or --token-prompt.
    #[arg(long, value_name = "ID")]
    pub oauth_client_id: Option<String>,
    /// The scope of --auth oauth.
    #[arg(long, value_name = "SCOPE")]
    pub oauth_scope: Option<String>,
    /// Send the OAuth client id and secret in the body instead of a Basic header.
    #[arg(long)]
    pub oauth_in_body: bool,
}

/// How to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthKind {
    /// No credentials.
    None,
    /// Authorization: Bearer TOKEN
    Bearer,
    /// Authorization: Basic, with --user
    Basic,
    /// Authorization: TOKEN as it stands (Okta's "HTTP Header")
    Header,
    /// OAuth 2.0 client credentials
    Oauth,
}

/// What more the target can show; without it the rules that need it are not-observable. The bundled server has it all.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Further credentials")]
pub struct Further {
    /// The environment variable with another valid token of the same tenant: what one writes, the other must see.
    #[arg(long, value_name = "NAME")]
    pub second_token_env: Option<String>,
    /// The environment variable with a token that is no longer valid: it must open nothing.
    #[arg(long, value_name = "NAME")]
    pub expired_token_env: Option<String>,
    /// The base URL of another tenant of the same server: neither may see anything of the other. It is written to as well.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub second_tenant: Option<String>,
    /// The environment variable with the token of --second-tenant, which is good there alone.
    #[arg(long, value_name = "NAME")]
    pub second_tenant_token_env: Option<String>,
}

/// Connections.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Further certificate authorities, PEM.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cacert: Option<PathBuf>,
    /// A client certificate, PEM; with its key, or with --key.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cert: Option<PathBuf>,
    /// The key of --cert, PEM without passphrase.
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// A proxy; HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read by themselves unless the target is on this machine.
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// How long one answer may take [default: 30s].
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// At most so many requests a second.
    #[arg(long, value_name = "N", value_parser = rate)]
    pub max_rps: Option<f64>,
    /// At most so many scenarios and requests at once [default: 16].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub concurrency: Option<u16>,
}

/// What only a command needs that writes.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Connection")]
pub struct Writing {
    /// The root of the target's admin and auth surface; rules that only it shows are not-observable without it. The
    /// bundled server always has it.
    #[arg(long, value_name = "URL", help_heading = "Target", value_hint = ValueHint::Url)]
    pub admin_url: Option<String>,
    /// The environment variable that holds the operator's token for --admin-url.
    #[arg(long, value_name = "NAME", help_heading = "Target")]
    pub admin_token_env: Option<String>,
    /// Wait so long after each write, for a server whose reads lag behind its writes, e.g. 500ms.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub settle: Option<Duration>,
    /// At most so many users of a run exist at one time; a scenario that needs more by itself is skipped and says so
    /// [default: 300; none for the bundled server].
    #[arg(long, value_name = "N")]
    pub max_users: Option<usize>,
}

/// What to run.
#[derive(Debug, Clone, Args, Default)]
#[command(next_help_heading = "Selection")]
pub struct Selection {
    /// The clients that the server must be ready for: okta, entra, ping, jumpcloud, okta/aiw …; all known ones if not given.
    #[arg(long, value_name = "CLIENT,…", value_delimiter = ',')]
    pub idp: Vec<String>,
    /// The requirement sets that the server must meet: rfc, interop, ipsie-al1 [default: those of the profile, else rfc].
    /// Without rfc the known clients play only where --idp names them.
    #[arg(long, value_name = "SET,…", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Only what this expression names, e.g. `okta and not tag(slow)` or `req(RFC7644-3.5.2*)`. A word is a part of an
    /// id, with * a pattern; id(), idp(), tag(), req(), flow() and shape() look elsewhere.
    #[arg(long, value_name = "EXPR")]
    pub select: Option<String>,
    /// Only the main flows: of what is selected, few scenarios by which every flow of the clients is seen.
    #[arg(long)]
    pub quick: bool,
    /// Scenario files from a folder instead of the built-in ones.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub scenarios: Option<PathBuf>,
    /// The seed of every drawn value; the same seed sends the same requests.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// What counts, and where it is written.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Verdict")]
pub struct Gate {
    /// What makes the run fail [default: must]: must, should (and must), warn (and should), idp (readiness alone).
    #[arg(long, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,
    /// The provisioning actions that are ticked at the identity provider, of those that the target's profile has:
    /// readiness covers these [default: all of the profile].
    #[arg(long, value_name = "ACTION,…", value_delimiter = ',', help_heading = "Target")]
    pub actions: Vec<String>,
    /// What could not be judged does not make the run fail.
    #[arg(long)]
    pub allow_inconclusive: bool,
    /// Known failures, which do not make the run fail; one that is no longer there does (exit 6).
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Write the report as JSON; `-` is stdout.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Write the report as one HTML file that needs no network.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,
    /// Write all exchanges as an HTTP archive (HAR 1.2).
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub har: Option<PathBuf>,
    /// In GitHub Actions: write the job summary, and annotate at most ten failures.
    #[arg(long)]
    pub github: bool,
    /// Write the report as JUnit XML.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub junit: Option<PathBuf>,
}

/// Everything that `run` takes.
#[derive(Debug, Args, Default)]
pub struct Run {
    /// Only the scenarios that failed in this JSON report, against its target with its profile and seed; flags win.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Selection")]
    pub rerun: Option<PathBuf>,
    /// Only these scenarios, by id; set by `replay` and `--rerun`.
    #[arg(skip)]
    pub only: Option<BTreeSet<String>>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub target: Target,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub credentials: Credentials,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub further: Further,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub connection: Connection,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub writing: Writing,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub selection: Selection,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub gate: Gate,
}

/// Everything that `replay` takes.
#[derive(Debug, Args)]
pub struct Replay {
    /// The id of a scenario of the report, or of a requirement: then the scenarios in which it failed.
    #[arg(value_name = "ID")]
    pub id: String,
    /// The JSON report of `run`, whose target, profile and seed are taken unless flags say otherwise.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub run: Run,
}

/// Which server, the way in, and the way there: what every command needs that sends and writes.
#[derive(Debug, Args, Default)]
pub struct Access {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub target: Target,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub credentials: Credentials,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub connection: Connection,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub writing: Writing,
}

/// Everything that `prove` takes.
#[derive(Debug, Args, Default)]
pub struct Prove {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub access: Access,
    /// How many random histories, over all suites; what can be tested exhaustively is, besides [default: 2000, fewer at a
    /// target so slow that these would take more than about two minutes].
    #[arg(long, value_name = "N")]
    pub cases: Option<u64>,
    /// Begin no history after this time, e.g. 60s; without --cases, draw histories until it is over.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub time_budget: Option<Duration>,
    /// Only these laws, by requirement id, and only these suites, by name.
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub law: Vec<String>,
    /// The seed of every drawn value; printed by every run.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Where a user's role is read in the SCIM User: an attribute path or JSON Pointer. The bundled server: roles.value.
    /// Other ways are configured as [probe.role] (docs/prove.md).
    #[arg(long, value_name = "PATH")]
    pub role_at: Option<String>,
    /// Write the report as JSON; `-` is stdout.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Write the report as one HTML file that needs no network.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,
    /// The folder that gets the scenario files of what was falsified, in `scenarios`, and regressions.toml: what is in
    /// it is played first by the next run.
    #[arg(long, value_name = "DIR", default_value = ".scimproof/proofs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// Everything that `sweep` takes.
#[derive(Debug, Args, Default)]
pub struct Sweep {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub access: Access,
    /// Only say what would be removed.
    #[arg(long)]
    pub dry_run: bool,
}

/// Everything that `serve` takes.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A bearer token for clients; may be repeated. For tests: it shows in the process list. Without any credentials
    /// a token is made up and shown once on stderr.
    #[arg(long, value_name = "TOKEN")]
    pub token: Vec<String>,
    /// The environment variable that holds a bearer token; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub token_env: Vec<String>,
    /// A basic user whose password is in an environment variable; may be repeated.
    #[arg(long, value_name = "USER:ENV")]
    pub basic: Vec<String>,
    /// Serve everybody, without credentials.
    #[arg(long)]
    pub open: bool,
    /// The profile to serve: a name (see `list`) or a TOML file.
    #[arg(long, value_name = "NAME|FILE", default_value = "reference")]
    pub profile: String,
    /// Where resources live: memory, or an SQLite file.
    #[arg(long, value_name = "memory|FILE", default_value = "memory")]
    pub store: String,
    /// Say in the header Scimproof-Plan of every answer to a query by which index, order or scan it was found.
    #[arg(long)]
    pub explain: bool,
    /// A further tenant at /NAME and the base path, with its token in an environment variable; may be repeated.
    #[arg(long, value_name = "NAME=ENV")]
    pub tenant: Vec<String>,
    /// Serve with a named fault, to see what catches it; may be repeated (see `list --faults`).
    #[arg(long, value_name = "NAME")]
    pub fault: Vec<String>,
    /// Turn capabilities off: patch, bulk, filter, sort, etag, changePassword, groups, me, custom, cursor.
    #[arg(long, value_name = "CAPABILITY,…", value_delimiter = ',')]
    pub without: Vec<String>,
    /// Serve the admin and auth surface of the products too (docs/admin.md); the environment variable holds its
    /// operator's token.
    #[arg(long, value_name = "NAME")]
    pub admin_token_env: Option<String>,
    /// The operator's token itself. For tests: it shows in the process list.
    #[arg(long, value_name = "TOKEN", conflicts_with = "admin_token_env")]
    pub admin_token: Option<String>,
    /// Give tokens at /oauth2/token to this client (OAuth 2.0 client credentials).
    #[arg(long, value_name = "ID", requires = "oauth_client_secret_env")]
    pub oauth_client_id: Option<String>,
    /// The environment variable with that client's secret.
    #[arg(long, value_name = "NAME", requires = "oauth_client_id")]
    pub oauth_client_secret_env: Option<String>,
    /// How long such a token lives, seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, requires = "oauth_client_id")]
    pub oauth_token_seconds: u32,
}

/// Everything that `list` takes.
#[derive(Debug, Args)]
pub struct List {
    /// Show what would run against a server of the profile, and what would not and why.
    #[arg(long)]
    pub plan: bool,
    /// Show the faults that `--fault` takes, with who had them.
    #[arg(long, conflicts_with = "plan")]
    pub faults: bool,
    /// Show the workloads of `load`, and the rates that have a name.
    #[arg(long, conflicts_with_all = ["plan", "faults"])]
    pub workloads: bool,
    /// The profile of the target: a name or a TOML file.
    #[arg(long, value_name = "NAME|FILE", default_value = "rfc")]
    pub profile: String,
    /// With --plan: at most so many users.
    #[arg(long, value_name = "N", requires = "plan")]
    pub max_users: Option<usize>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub selection: Selection,
}

/// Everything that `lint` takes.
#[derive(Debug, Args)]
pub struct Lint {
    /// The folder with scenario files; the built-in ones if not given.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}

/// Everything that `explain` takes.
#[derive(Debug, Args)]
pub struct Explain {
    /// RFC7644-3.3-5, I-46, OKTA-SHAPE-R01, okta/users/create, okta/aiw, OKTA-F03, dup-race, or an exit code.
    #[arg(value_name = "ID")]
    pub id: String,
}

/// Everything that `baseline` takes.
#[derive(Debug, Args)]
pub struct Baseline {
    /// What to do with the file.
    #[command(subcommand)]
    pub action: BaselineAction,
}

/// What to do with a baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineAction {
    /// Run, and write the failures of today into the baseline; rows that no longer fail go.
    Update(BaselineRun),
    /// Run, and say whether the baseline still fits (exit 6 if not, 1 if something new fails).
    Check(BaselineRun),
}

/// A run for a baseline.
#[derive(Debug, Args, Default)]
pub struct BaselineRun {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub run: Run,
}

/// `90`, `90s`, `1500ms`, `2m`, `1h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("write a duration as 500ms, 30s, 2m or 1h".to_owned()),
    };
    let seconds: f64 = number.parse().map_err(|_| "write a duration as 500ms, 30s, 2m or 1h".to_owned())?;
    Duration::try_from_secs_f64(seconds * unit).map_err(|_| "the duration is too long".to_owned())
}

/// A number above zero.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "a number is wanted".to_owned())?;
    if rate.is_finite() && rate > 0.0 { Ok(rate) } else { Err("it must be above zero".to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, ms) in [("90", 90_000), ("1.5s", 1500), ("500ms", 500), ("2m", 120_000), ("1h", 3_600_000)] {
            assert_eq!(duration(text).unwrap().as_millis(), ms, "{text}");
        }
        for text in ["", "s", "1 day", "-1s", "1e400", "1d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
