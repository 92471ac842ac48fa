//! Writes the manual pages, the completions of shells and the catalog of the journal: `cargo run --example manual -- DIR`.
//!
//! Nothing of them is written by hand twice. The commands come from the command line's own definition, the options of the
//! config from the comments of `config/tollwatch.toml`, the messages of the journal from the daemon's table.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use clap_mangen::Man;
use tollwatch::daemon::messages::{self, Message};

/// The config with every option, and a comment on each.
const CONFIG: &str = include_str!("../config/tollwatch.toml");

/// The section of a program that is mostly the administrator's.
const SECTION: &str = "8";

fn main() -> io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("name the folder to write to: cargo run --example manual -- DIR"));
    };
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;

    let mut command = tollwatch::cli::command().disable_help_subcommand(true);
    command.build();
    fs::write(man.join(format!("tollwatch.{SECTION}")), program(&command)?)?;
    subcommands(&command, &man)?;
    fs::write(man.join("tollwatch.toml.5"), config_page(CONFIG))?;
    fs::write(folder.join("tollwatch.catalog"), catalog(&messages::ALL))?;

    let mut command = tollwatch::cli::command();
    for (shell, name) in [(Shell::Bash, "tollwatch.bash"), (Shell::Zsh, "_tollwatch"), (Shell::Fish, "tollwatch.fish")]
    {
        clap_complete::generate(shell, &mut command, "tollwatch", &mut File::create(completions.join(name))?);
    }
    Ok(())
}

/// One page for each command, and for each action of a command.
fn subcommands(command: &clap::Command, folder: &Path) -> io::Result<()> {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let man = page(sub);
        let mut text = head(&man)?;
        man.render_options_section(&mut text)?;
        if sub.has_subcommands() {
            man.render_subcommands_section(&mut text)?;
        }
        let mut text = String::from_utf8(text).map_err(io::Error::other)?;
        if let Some(after) = sub.get_after_help() {
            text.push_str(&examples(&after.to_string()));
        }
        text.push_str(".SH SEE ALSO\n\\fBtollwatch\\fR(8), \\fBtollwatch.toml\\fR(5)\n");
        fs::write(folder.join(man.get_filename()), text)?;
        subcommands(sub, folder)?;
    }
    Ok(())
}

fn page(command: &clap::Command) -> Man {
    // No date: the same sources give the same pages.
    Man::new(command.clone()).section(SECTION).date("").source(concat!("tollwatch ", env!("CARGO_PKG_VERSION")))
}

fn head(man: &Man) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    Ok(text)
}

/// The page of the program as a whole.
fn program(command: &clap::Command) -> io::Result<String> {
    let man = page(command);
    let mut text = head(&man)?;
    man.render_options_section(&mut text)?;
    man.render_subcommands_section(&mut text)?;
    let mut text = String::from_utf8(text).map_err(io::Error::other)?;
    text.push_str(&described("SIGNALS", &SIGNALS));
    text.push_str(&described("EXIT STATUS", &EXITS));
    text.push_str(&described("FILES", &FILES));
    text.push_str(&described("ENVIRONMENT", &ENVIRONMENT));
    text.push_str(
        ".SH JOURNAL\nUnder systemd the log goes to the journal, with fields. What a program may wait for bears a\n",
    );
    text.push_str("message id, so that \\fBjournalctl MESSAGE_ID=\\fIid\\fR shows one kind alone, and with \\fB\\-x\\fR what it means:\n");
    for message in messages::ALL {
        let Message { id, name, fields, meaning } = message;
        let fields = if fields.is_empty() { String::new() } else { format!(" Fields: {}.", fields.join(", ")) };
        let _ = write!(text, ".TP\n\\fB{id}\\fR \\- {}\n{}{}\n", roff(name), roff(meaning), roff(&fields));
    }
    text.push_str(BACKUP);
    text.push_str(".SH SEE ALSO\n\\fBtollwatch.toml\\fR(5), \\fBsystemctl\\fR(1), \\fBjournalctl\\fR(1)\n");
    Ok(text)
}

const SIGNALS: [(&str, &str); 2] = [
    ("SIGHUP", "Load the config anew. A wrong one is refused, and the old one stays in force."),
    ("SIGTERM, SIGINT", "End. A mail under way is handed over; what else is under way is taken up at the next start."),
];

const EXITS: [(&str, &str); 10] = [
    ("0", "Done."),
    ("64", "The command line is wrong."),
    ("65", "The input is not what the command takes, or the database is damaged."),
    ("66", "A file cannot be read, or a thing asked for is not there."),
    ("69", "Something outside did not answer."),
    ("70", "A fault of the program."),
    ("73", "An output file cannot be written."),
    ("75", "Try again later: another tollwatch runs, or the disk is full."),
    ("78", "The config is wrong, or a newer tollwatch wrote the database. A restart does not help."),
    ("", "The unit restarts after none of 64, 65 and 78."),
];

const FILES: [(&str, &str); 6] = [
    ("/etc/tollwatch/tollwatch.toml", "The config; see \\fBtollwatch.toml\\fR(5)."),
    ("/etc/tollwatch/conf.d/*.toml", "Read after it, in the order of their names."),
    (
        "/etc/tollwatch/credentials/smtp.password",
        "The password of the mail server; the unit hands it to the service alone.",
    ),
    ("/var/lib/tollwatch/tollwatch.db", "All that has been seen, read and told."),
    ("/var/lib/tollwatch/mail", "The Maildir, until a mail server is named."),
    ("/var/lib/tollwatch/backup", "Where \\fBtollwatch\\-backup.timer\\fR keeps the last fourteen nights."),
];

const ENVIRONMENT: [(&str, &str); 4] = [
    ("STATE_DIRECTORY", "Where relative paths of the config begin; set by systemd."),
    ("CREDENTIALS_DIRECTORY", "Where credentials are read from; set by systemd."),
    ("NOTIFY_SOCKET, WATCHDOG_USEC", "How systemd is told of readiness, status and progress."),
    ("JOURNAL_STREAM", "Where it is set, the log goes to the journal instead of standard error."),
];

const BACKUP: &str = "\
.SH BACKUP
\\fBtollwatch backup\\fR copies the database while the daemon goes on; \\fBtollwatch restore\\fR puts a copy back while it is
stopped, and keeps what was there before. Do not copy the database's files yourself while the daemon runs, and do not
write to them with other programs. What was read since the backup is read again as far as the feeds still hold it, and
may be mailed again.
";

/// A section of things and what they are.
fn described(title: &str, things: &[(&str, &str)]) -> String {
    let mut text = format!(".SH {title}\n");
    for (name, meaning) in things {
        let lead = if name.is_empty() { ".PP\n".to_owned() } else { format!(".TP\n\\fB{}\\fR\n", roff(name)) };
        // What is told here may hold marks of its own.
        let _ = writeln!(text, "{lead}{meaning}");
    }
    text
}

/// The examples under a command's help, line by line, and the paragraphs around them.
fn examples(after: &str) -> String {
    let mut text = String::from(".SH EXAMPLES\n");
    for line in after.lines().filter(|line| !line.starts_with("Example")) {
        match line.strip_prefix("  ") {
            Some(example) => {
                let _ = write!(text, ".RS 4\n.nf\n{}\n.fi\n.RE\n", roff(example));
            }
            None if line.is_empty() => text.push_str(".PP\n"),
            None => {
                let _ = writeln!(text, "{}", roff(line));
            }
        }
    }
    text
}

/// The page of the config, out of its own comments.
fn config_page(config: &str) -> String {
    let mut text = format!(
        ".TH tollwatch.toml 5 \"\" \"tollwatch {}\"\n.SH NAME\ntollwatch.toml \\- the config of tollwatch\n.SH SYNOPSIS\n\
         /etc/tollwatch/tollwatch.toml\n.br\n/etc/tollwatch/conf.d/*.toml\n.SH DESCRIPTION\n",
        env!("CARGO_PKG_VERSION")
    );
    let mut seen: Vec<&str> = Vec::new();
    let mut comment = Vec::new();
    let mut entry = Entry::default();
    for line in config.lines() {
        let comment_line = line.strip_prefix("# ").or_else(|| (line == "#").then_some(""));
        match comment_line.unwrap_or(line) {
            table if table.starts_with('[') && comment_line.is_none() => {
                entry.write_to(&mut text);
                // A table that comes again is an example, and was told of.
                entry.is_known = seen.contains(&table);
                if !entry.is_known {
                    seen.push(table);
                    let _ = writeln!(text, ".SH {}", roff(table).to_uppercase());
                    paragraph(&mut text, &comment);
                }
                comment.clear();
            }
            option if is_option(option) => {
                // Options without a comment of their own share that of the one before.
                if !comment.is_empty() {
                    entry.write_to(&mut text);
                    entry.said = std::mem::take(&mut comment);
                }
                entry.options.push(option);
            }
            // A comment of its own: before the first table it describes the file, later the table that follows.
            "" if seen.is_empty() => {
                paragraph(&mut text, &std::mem::take(&mut comment));
                text.push_str(".PP\n");
            }
            "" => {}
            words => comment.push(words),
        }
    }
    entry.write_to(&mut text);
    text.push_str(".SH SEE ALSO\n\\fBtollwatch\\fR(8)\n");
    text
}

/// Options that share a comment.
#[derive(Default)]
struct Entry<'a> {
    options: Vec<&'a str>,
    said: Vec<&'a str>,
    /// Whether their table was told of before.
    is_known: bool,
}

impl Entry<'_> {
    fn write_to(&mut self, text: &mut String) {
        let options = std::mem::take(&mut self.options);
        let said = std::mem::take(&mut self.said);
        if self.is_known {
            return;
        }
        for (nth, option) in options.iter().enumerate() {
            let _ = writeln!(text, "{}\n\\fB{}\\fR", if nth == 0 { ".TP" } else { ".TQ" }, roff(option));
        }
        paragraph(text, &said);
    }
}

/// Whether a line, or the text of a comment, sets an option: `key = value`.
fn is_option(line: &str) -> bool {
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    line.split_once(" = ").is_some_and(|(key, _)| is_key(key))
}

fn paragraph(text: &mut String, lines: &[&str]) {
    for line in lines {
        let _ = writeln!(text, "{}", roff(line));
    }
}

/// What the messages of the journal mean, for `journalctl -x`.
fn catalog(all: &[Message]) -> String {
    let entry =
        |message: &Message| format!("-- {}\nSubject: tollwatch: {}\n\n{}\n", message.id, message.name, message.meaning);
    all.iter().map(entry).collect::<Vec<_>>().join("\n")
}

/// Text in which nothing is a command to the typesetter.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_of_the_config_is_in_its_page_with_a_sentence() {
        let page = config_page(CONFIG);
        let entries: Vec<&str> = page.split(".TP\n").skip(1).collect();
        assert!(entries.len() > 50, "only {} options were found", entries.len());
        for entry in &entries {
            let mut said = entry.lines().filter(|line| !line.starts_with("\\fB") && *line != ".TQ");
            assert!(said.next().is_some_and(|line| line.len() > 5), "no sentence on {entry}");
        }
        let keys: Vec<&str> = CONFIG.lines().filter(|line| is_option(line.trim_start_matches("# "))).collect();
        for key in keys {
            let key = key.trim_start_matches("# ").split(" = ").next().unwrap();
            assert!(page.contains(&format!("\\fB{key} = ")), "`{key}` is not in the page");
        }
    }

    #[test]
    fn the_pages_set_without_a_complaint() {
        let mut command = tollwatch::cli::command();
        command.build();
        for text in [program(&command).unwrap(), config_page(CONFIG)] {
            for line in text.lines().filter(|line| line.starts_with('.')) {
                let known =
                    [".TH", ".SH", ".TP", ".TQ", ".PP", ".br", ".RS", ".RE", ".nf", ".fi", ".ie", ".el", ".IP", ".SS"];
                assert!(known.iter().any(|request| line.starts_with(request)), "{line}");
            }
        }
    }

    #[test]
    fn the_manual_tells_of_all_messages() {
        let mut command = tollwatch::cli::command();
        command.build();
        let (page, catalog) = (program(&command).unwrap(), catalog(&messages::ALL));
        for message in messages::ALL {
            assert!(page.contains(message.id) && catalog.contains(&format!("-- {}\n", message.id)), "{}", message.name);
        }
    }
}
