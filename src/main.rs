//! tollwatch
fn main() {}
