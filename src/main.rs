//! The `rmqplay` command.

fn main() -> std::process::ExitCode {
    rmqplay::cli::main().into()
}
