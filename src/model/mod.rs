//! The pure oracle: users, groups, roles, duplicates as a state machine. It shares only the `scim` grammar with the
//! server (law 6), so that the two can disagree.

mod accounts;
mod action;
mod directory;
mod names;
mod role;
mod rules;
mod serial;
mod teams;

pub use accounts::{Accounts, Answer, Deed, Identity, Origin, Record, Token, TokenState};
pub use action::{Action, Draft, Effect, Form};
pub use directory::{Directory, GroupState, UserState};
pub use names::{NamePair, Sameness, name_pairs, same_name, sameness};
pub use role::{Role, RoleMapping};
pub use rules::Rules;
pub use serial::{MOST, endings};
pub use teams::{Member, Team, TeamChange, Teams};
