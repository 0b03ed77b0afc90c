#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rmqplay::foreign::read("inventory_address", bytes));
