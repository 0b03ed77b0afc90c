//! The `rmqplay` command.

fn main() {}
