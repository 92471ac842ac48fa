//! Points at which a test may end the program, to see that nothing is lost wherever it dies (`tests/crash`). Without the
//! feature `crash`, which no release has, a point is nothing at all.

/// Where the environment names this point in `TOLLWATCH_CRASH_AT`: says so on standard error and stays here until the
/// program is killed; with `~` before the name, says so and goes on.
#[cfg(feature = "crash")]
pub fn point(name: &str) {
    use std::io::Write as _;

    let Ok(wanted) = std::env::var("TOLLWATCH_CRASH_AT") else { return };
    if wanted.trim_start_matches('~') != name {
        return;
    }
    // Where nobody reads it, nobody kills either.
    let _ = writeln!(std::io::stderr(), "crash point: {name}");
    while !wanted.starts_with('~') {
        std::thread::park();
    }
}

/// Nothing.
#[cfg(not(feature = "crash"))]
#[inline(always)]
pub fn point(_name: &str) {}
