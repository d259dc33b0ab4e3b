//! Why a command ends early: an exit code and a sentence for stderr.

use crate::verdict::ExitCode;

/// A command that ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How the process ends.
    pub code: ExitCode,
    /// What to tell the user; may have several lines.
    pub message: String,
}

impl Fault {
    /// A mistake of the caller (exit 2): nothing was sent.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: ExitCode::Usage, message: message.into() }
    }

    /// The target cannot be reached or refuses the credentials (exit 3).
    #[must_use]
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { code: ExitCode::Unreachable, message: message.into() }
    }

    /// No run can begin (exit 3), with the command that looks closer.
    #[must_use]
    pub fn cannot_begin(error: &crate::run::PreflightError) -> Self {
        Self::unreachable(format!("{error}\n  `scimproof doctor` with the same flags looks closer."))
    }

    /// A fault of ours (exit 70).
    #[must_use]
    pub fn ours(message: impl Into<String>) -> Self {
        Self { code: ExitCode::Fault, message: message.into() }
    }
}
