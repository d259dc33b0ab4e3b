//! The pure oracle: users, groups, roles, duplicates as a state machine. It shares only the `scim` grammar with the
//! server (law 6), so that the two can disagree.

mod directory;
mod names;
mod role;

pub use directory::{Action, Directory, Effect, UserState};
pub use names::{NamePair, Sameness, name_pairs, same_name};
pub use role::RoleMapping;
