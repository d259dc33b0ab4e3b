//! The thin binary: installs the cryptography provider, reads the world once, and hands it to the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Nothing else installs one; an error would only say that it is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ExitCode::from(scimproof::cli::main())
}
