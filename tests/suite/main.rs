//! The integration tests in one binary, so that they link once: the command line as a user meets it, and the laws
//! that hold for the whole house.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod admin;
mod architecture;
mod bare;
mod causes;
mod choices;
mod cli;
mod cli_help;
mod cli_prove_load;
mod cli_sweep;
mod crowd;
mod decisions;
mod doctor;
mod faults;
mod foreign;
mod goose;
mod honesty;
mod init;
mod kill9;
mod laws;
mod load;
mod pages;
mod pipeline;
mod probes;
mod process;
mod profiles;
mod prove;
mod proving;
mod readings;
mod repeat;
mod replay;
mod retired;
mod secrets;
mod sets;
mod sign_in_probes;
mod tokens;
mod trace;
mod weather;
mod wire;
