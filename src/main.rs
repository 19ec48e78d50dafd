//! Arguments in, exit status out.

use std::process::ExitCode;

/// Trees are many small pieces; see ARCHITECTURE.md, "Dependencies", for what it is worth.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    seawall::cli::main()
}
