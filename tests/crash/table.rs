//! What became of each fault, as a table.

/// One fault.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub fault: String,
    /// What was done, and how often.
    pub done: String,
    /// What the program did: its status, its exit code, its words.
    pub daemon: String,
    pub lost: String,
    /// How it went on.
    pub then: String,
    /// What should not have been.
    pub faults: Vec<String>,
}

impl Row {
    /// A fault that could not be tried as it should.
    pub fn failed(fault: &str, why: impl Into<String>) -> Self {
        Self { fault: fault.to_owned(), done: "FAILED".to_owned(), faults: vec![why.into()], ..Self::default() }
    }

    /// A fault that cannot be tried here.
    pub fn skipped(fault: &str, why: &str) -> Self {
        Self { fault: fault.to_owned(), done: format!("NOT run: {why}"), ..Self::default() }
    }
}

/// The table in Markdown.
pub fn print(rows: &[Row]) -> String {
    let mut lines = vec![
        "| fault | what was done | the daemon | lost or doubled | how it goes on |".to_owned(),
        "| --- | --- | --- | --- | --- |".to_owned(),
    ];
    for Row { fault, done, daemon, lost, then, .. } in rows {
        lines.push(format!("| {fault} | {done} | {daemon} | {lost} | {then} |"));
    }
    lines.join("\n")
}
