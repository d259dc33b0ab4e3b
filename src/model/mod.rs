//! The pure oracle: users, groups, roles, duplicates as a state machine. It shares only the `scim` grammar with the
//! server (law 6), so that the two can disagree.

mod directory;
mod role;

pub use directory::{Action, Directory, Effect, UserState};
pub use role::RoleMapping;
