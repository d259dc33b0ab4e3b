//! The integration tests in one binary, so that they link once: the command line as a user meets it, and the laws
//! that hold for the whole house.

mod architecture;
mod cli;
mod cli_help;
mod faults;
mod kill9;
mod process;
mod secrets;
mod trace;
