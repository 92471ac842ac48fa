//! The `tollwatch` program; what it does is told in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollwatch::cli::main()
}
