//! The table of probes and the form of what comes of one. It knows nothing of how a probe is made.

use super::Finding;

/// A probe. The variants stand in the order in which they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Probe {
    /// The text of the target's URL.
    Address,
    /// Which proxy is used.
    Proxy,
    /// Name resolution.
    Name,
    /// The TCP connection.
    Connect,
    /// The certificate and the version of TLS.
    Tls,
    /// The HTTP answer to `/ServiceProviderConfig`.
    Answer,
    /// Whether SCIM is served at the base path.
    Base,
    /// Users, without credentials.
    Anonymous,
    /// Users, with the credentials.
    Credentials,
    /// `Content-Type` (`RFC7644 §3.1`).
    MediaType,
    /// The `Date` field beside the local clock.
    Clock,
    /// What `/ServiceProviderConfig` announces.
    Capabilities,
    /// The discovery endpoints (`RFC7644 §4`).
    Discovery,
    /// A list of users.
    Users,
    /// Some quick reads.
    Rate,
    /// What the time of a read means for a run.
    RoundTrip,
}

/// A row of the table: the probe, its id, its title, the probes without which it cannot be made.
type Row = (Probe, &'static str, &'static str, &'static [Probe]);

const TABLE: [Row; 16] = {
    use Probe::*;
    [
        (Address, "address", "address", &[]),
        (Proxy, "proxy", "proxy", &[Address]),
        (Name, "name", "name resolution", &[Address]),
        (Connect, "connect", "connection", &[Name]),
        (Tls, "tls", "TLS", &[Connect]),
        (Answer, "answer", "HTTP answer", &[Connect, Tls]),
        (Base, "base-path", "base path", &[Answer]),
        (Anonymous, "anonymous", "no credentials", &[Base]),
        (Credentials, "credentials", "credentials", &[Base]),
        (MediaType, "media-type", "media type", &[Credentials]),
        (Clock, "clock", "clock", &[Answer]),
        (Capabilities, "capabilities", "capabilities", &[Credentials]),
        (Discovery, "discovery", "discovery", &[Credentials]),
        (Users, "users", "users", &[Credentials]),
        (Rate, "rate-limit", "rate limit", &[Credentials]),
        (RoundTrip, "round-trip", "round trip", &[Credentials]),
    ]
};

impl Probe {
    /// Every probe, in the order in which they are made.
    pub const ALL: [Self; 16] = {
        let mut all = [Self::Address; 16];
        let mut n = 0;
        while n < all.len() {
            all[n] = TABLE[n].0;
            n += 1;
        }
        all
    };

    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The id in the JSON report.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.row().1
    }

    /// The title for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    /// The probes without which it cannot be made.
    #[must_use]
    pub const fn needs(self) -> &'static [Self] {
        self.row().3
    }
}

/// How a probe ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nothing wrong.
    Ok,
    /// A run is possible, but somebody should know.
    Warn,
    /// It must be put right.
    Fail,
    /// Not made, because an earlier one failed.
    Skipped,
}

impl Status {
    /// The word on the page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
            Self::Skipped => "skip",
        }
    }

    /// The word in the JSON report.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
        }
    }
}

/// What came of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// What was seen, without credentials.
    pub seen: String,
    /// What to do, a sentence; only where something is to be done.
    pub fix: Option<String>,
    /// The target cannot be reached or refuses the credentials: no run can begin.
    pub cut_off: bool,
}

impl Outcome {
    /// Nothing wrong.
    #[must_use]
    pub fn ok(seen: impl Into<String>) -> Self {
        Self { status: Status::Ok, seen: seen.into(), fix: None, cut_off: false }
    }

    /// A run is possible.
    #[must_use]
    pub fn warn(seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { status: Status::Warn, seen: seen.into(), fix: Some(fix.into()), cut_off: false }
    }

    /// It must be put right.
    #[must_use]
    pub fn fail(seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { status: Status::Fail, ..Self::warn(seen, fix) }
    }

    /// It must be put right, and without that nothing can be asked.
    #[must_use]
    pub fn cut_off(seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { cut_off: true, ..Self::fail(seen, fix) }
    }

    /// Not made, because of that one.
    pub(super) fn skipped(because: &Finding) -> Self {
        let seen = match because.outcome.status {
            // The reason of a reason is the same reason.
            Status::Skipped => because.outcome.seen.clone(),
            _ => format!("not looked at: {} failed", because.probe.title()),
        };
        Self { status: Status::Skipped, seen, fix: None, cut_off: false }
    }
}
