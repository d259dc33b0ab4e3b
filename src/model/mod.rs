//! The pure oracle: users, groups, roles, duplicates as a state machine. It shares only the `scim` grammar with the server.
