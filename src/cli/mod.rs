//! The command line: arguments, configuration, progress, commands, exit codes.
