//! What the program asked of the system, as strace (strace.io) wrote it down: each call that changes a file, a folder or
//! what a mail server knows, in the order in which they ended.

use std::collections::HashMap;

/// The calls that are asked for.
pub const CALLS: &str = "trace=openat,open,creat,close,lseek,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,\
                         fallocate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,link,linkat,mkdir,mkdirat,\
                         rmdir,connect,sendto,sendmsg,recvfrom,copy_file_range,sendfile";

/// One of them. Files are named by their descriptors, as the program does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// The program has started: it has no file open.
    Begin,
    /// A command has ended and said that all went well.
    Done(&'static str),
    Open {
        descriptor: i64,
        path: String,
        creates: bool,
        empties: bool,
    },
    Close(i64),
    Seek {
        descriptor: i64,
        to: u64,
    },
    /// `at` is missing where the bytes go to wherever the file stands.
    Write {
        descriptor: i64,
        at: Option<u64>,
        bytes: Vec<u8>,
    },
    Length {
        descriptor: i64,
        bytes: u64,
    },
    Sync(i64),
    Rename {
        from: String,
        to: String,
    },
    Link {
        from: String,
        to: String,
    },
    Remove(String),
    Folder(String),
    Connect {
        descriptor: i64,
        port: u16,
    },
    Hear {
        descriptor: i64,
        bytes: Vec<u8>,
    },
}

/// Reads what strace wrote with `-f -xx`.
///
/// # Errors
/// A call that is not understood: what it did would be missing.
pub fn read(log: &str) -> Result<Vec<Act>, String> {
    let mut begun: HashMap<&str, String> = HashMap::new();
    let mut acts = vec![Act::Begin];
    for line in log.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let whole = if let Some(first) = call.strip_suffix("<unfinished ...>") {
            begun.insert(thread, first.trim_end().to_owned());
            continue;
        } else if let Some((_, rest)) = call.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            begun.remove(thread).unwrap_or_default() + rest
        } else {
            call.to_owned()
        };
        // A signal, an end, or a call that the end cut off.
        if whole.starts_with("+++") || whole.starts_with("---") || whole.contains(" = ?") {
            continue;
        }
        if let Some(act) = act(&whole).ok_or_else(|| format!("strace wrote what is not understood: {whole:.300}"))? {
            acts.push(act);
        }
    }
    Ok(acts)
}

/// `Some(None)` for a call that changed nothing.
fn act(call: &str) -> Option<Option<Act>> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    let result: i64 = result.split(' ').next()?.parse().ok()?;
    // A connection is made while the program does something else.
    if result < 0 && !rest.contains("EINPROGRESS") {
        return Some(None);
    }
    let words: Vec<&str> = arguments.split(',').map(str::trim).collect();
    let texts: Vec<Vec<u8>> = arguments.split('"').skip(1).step_by(2).map(bytes).collect::<Option<_>>()?;
    let path = |nth: usize| String::from_utf8(texts.get(nth)?.clone()).ok();
    let number = |nth: usize| words.get(nth)?.parse::<i64>().ok();
    let at = |nth: usize| u64::try_from(number(nth)?).ok();
    // As much as was taken of what was given.
    let taken = || {
        let mut all = texts.concat();
        all.truncate(result as usize);
        (all.len() == result as usize).then_some(all)
    };
    Some(Some(match name {
        "openat" | "open" => Act::Open {
            descriptor: result,
            path: path(0)?,
            creates: arguments.contains("O_CREAT"),
            empties: arguments.contains("O_TRUNC"),
        },
        "close" => Act::Close(number(0)?),
        "lseek" => Act::Seek { descriptor: number(0)?, to: result as u64 },
        "write" | "writev" | "sendto" => Act::Write { descriptor: number(0)?, at: None, bytes: taken()? },
        "pwrite64" => Act::Write { descriptor: number(0)?, at: Some(at(3)?), bytes: taken()? },
        "ftruncate" => Act::Length { descriptor: number(0)?, bytes: at(1)? },
        "fsync" | "fdatasync" => Act::Sync(number(0)?),
        "rename" | "renameat" | "renameat2" => Act::Rename { from: path(0)?, to: path(1)? },
        "link" | "linkat" => Act::Link { from: path(0)?, to: path(1)? },
        "unlink" | "unlinkat" => Act::Remove(path(0)?),
        "mkdir" | "mkdirat" => Act::Folder(path(0)?),
        "connect" => match arguments.split_once("htons(") {
            Some((_, port)) => Act::Connect { descriptor: number(0)?, port: port.split(')').next()?.parse().ok()? },
            None => return Some(None),
        },
        "recvfrom" => Act::Hear { descriptor: number(0)?, bytes: taken()? },
        _ => return None,
    }))
}

/// The bytes that strace writes as `\x2f\x74`.
fn bytes(text: &str) -> Option<Vec<u8>> {
    text.split("\\x").skip(1).map(|digits| u8::from_str_radix(digits, 16).ok()).collect()
}
