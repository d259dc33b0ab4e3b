//! The integration tests in one binary: the command line as a user meets it, and the laws that hold for the whole house.

mod cli;
mod cli_help;
mod process;
mod secrets;
