//! Exit codes as a documented type: what a pipeline may rely on. It knows nothing of how a process ends.

/// How a run ends. The variants stand in the order of precedence: the first that applies is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExitCode {
    /// 130
    Interrupted,
    /// 70
    Fault,
    /// 2
    Usage,
    /// 3
    Unreachable,
    /// 4
    NothingSelected,
    /// 6
    BaselineBroken,
    /// 1
    GateNotPassed,
    /// 5
    ThresholdCrossed,
    /// 0
    Passed,
}

impl ExitCode {
    /// Every exit code, in the order of precedence.
    pub const ALL: [Self; 9] = [
        Self::Interrupted,
        Self::Fault,
        Self::Usage,
        Self::Unreachable,
        Self::NothingSelected,
        Self::BaselineBroken,
        Self::GateNotPassed,
        Self::ThresholdCrossed,
        Self::Passed,
    ];

    /// The number handed to the operating system.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Interrupted => 130,
            Self::Fault => 70,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::NothingSelected => 4,
            Self::BaselineBroken => 6,
            Self::GateNotPassed => 1,
            Self::ThresholdCrossed => 5,
            Self::Passed => 0,
        }
    }

    /// What it means, as a sentence for `explain` and the guide.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Interrupted => {
                "The run was interrupted. What was created has been removed and a partial report written."
            }
            Self::Fault => "scimproof itself is at fault. This says nothing about the target; please report it.",
            Self::Usage => {
                "A flag, the configuration, a baseline or a scenario file is wrong. Nothing was sent to the target."
            }
            Self::Unreachable => {
                "The target could not be reached, or it refused the credentials. Nothing is said about conformance."
            }
            Self::NothingSelected => "The selection leaves nothing to run, so nothing was judged.",
            Self::BaselineBroken => {
                "The baseline no longer fits: a known failure passes now, or a row is past its date. Update the baseline."
            }
            Self::GateNotPassed => {
                "The gate was not passed: a requirement that counts failed, an identity provider that was asked for is \
                 not ready, something that counts stayed inconclusive, or resources were left behind."
            }
            Self::ThresholdCrossed => "A threshold of the load test was crossed.",
            Self::Passed => "The gate was passed.",
        }
    }

    /// The exit code of a process in which all of these happened: the first in the order of precedence.
    #[must_use]
    pub fn first(causes: impl IntoIterator<Item = Self>) -> Self {
        causes.into_iter().min().unwrap_or(Self::Passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_applies_is_the_exit_code() {
        assert_eq!(ExitCode::ALL.map(ExitCode::code), [130, 70, 2, 3, 4, 6, 1, 5, 0]);
        assert_eq!(ExitCode::first([]), ExitCode::Passed);
        for (place, code) in ExitCode::ALL.into_iter().enumerate() {
            let later = ExitCode::ALL[place..].iter().rev().copied();
            assert_eq!(ExitCode::first(later), code);
        }
    }
}
