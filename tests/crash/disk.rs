//! A disk that keeps for sure only what was synced. Of all else it may have kept nothing, everything, or any part: of each
//! piece of a file any state since the last sync, and of the names in a folder as many changes as it likes, in their order,
//! as journalled file systems do.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use crate::Dice;
use crate::trace::Act;

/// What the disk keeps of that which nobody has synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Nothing,
    /// As when the program alone dies.
    Everything,
    /// By chance, in pieces of so many bytes: pages of memory, or sectors of a disk where a page may be torn.
    Pieces(usize),
}

/// Which calls to sync this disk only pretends to follow, to see that their loss would be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deaf {
    No,
    Files,
    Folders,
}

/// A file: what is on the disk for sure, and what has been done to it since.
#[derive(Debug, Clone, Default)]
struct File {
    kept: Vec<u8>,
    done: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    File(usize),
    Folder,
}

/// A change of the names in one folder.
type Renaming = Vec<(String, Option<Node>)>;

#[derive(Debug, Clone)]
struct Open {
    node: Node,
    path: String,
    at: u64,
}

/// The disk, and what the program has open on it.
#[derive(Debug, Clone)]
pub struct Disk {
    root: String,
    deaf: Deaf,
    files: Vec<File>,
    /// The names as the program sees them.
    names: BTreeMap<String, Node>,
    kept_names: BTreeMap<String, Node>,
    renamed: BTreeMap<String, Vec<Renaming>>,
    open: HashMap<i64, Open>,
}

/// What is found on the disk afterwards: files by their paths below the root; a folder is a path without bytes.
pub type Image = BTreeMap<String, Option<Vec<u8>>>;

impl Disk {
    /// A disk that had this in a folder, all of it synced.
    pub fn new(root: &Path, before: &Image, deaf: Deaf) -> Self {
        let mut disk = Self {
            root: root.to_str().expect("an ordinary name").to_owned(),
            deaf,
            files: Vec::new(),
            names: BTreeMap::new(),
            kept_names: BTreeMap::new(),
            renamed: BTreeMap::new(),
            open: HashMap::new(),
        };
        for (path, bytes) in before {
            let path = format!("{}/{path}", disk.root);
            let node = match bytes {
                Some(kept) => {
                    disk.files.push(File { kept: kept.clone(), done: Vec::new() });
                    Node::File(disk.files.len() - 1)
                }
                None => Node::Folder,
            };
            disk.names.insert(path, node);
        }
        disk.kept_names = disk.names.clone();
        disk
    }

    /// Does what the program did; whether that may matter to whoever finds the disk.
    pub fn follow(&mut self, act: &Act) -> bool {
        match act {
            Act::Begin => self.open.clear(),
            Act::Open { descriptor, path, creates, empties } => {
                return self.opened(*descriptor, path, *creates, *empties);
            }
            Act::Close(descriptor) => drop(self.open.remove(descriptor)),
            Act::Seek { descriptor, to } => {
                if let Some(open) = self.open.get_mut(descriptor) {
                    open.at = *to;
                }
            }
            Act::Write { descriptor, at, bytes } => {
                let Some(open) = self.open.get_mut(descriptor) else { return false };
                let start = at.unwrap_or(open.at);
                if at.is_none() {
                    open.at = start + bytes.len() as u64;
                }
                let change = Change::Write { at: start as usize, bytes: bytes.clone() };
                return self.changed(*descriptor, change);
            }
            Act::Length { descriptor, bytes } => return self.changed(*descriptor, Change::Length(*bytes as usize)),
            Act::Sync(descriptor) => return self.synced(*descriptor),
            Act::Rename { from, to } => {
                if let Some(node) = self.names.get(from).copied() {
                    if folder(from) == folder(to) {
                        self.rename(folder(from), vec![(to.clone(), Some(node)), (from.clone(), None)]);
                    } else {
                        self.rename(folder(to), vec![(to.clone(), Some(node))]);
                        self.rename(folder(from), vec![(from.clone(), None)]);
                    }
                    return true;
                }
            }
            Act::Link { from, to } => {
                if let Some(node) = self.names.get(from).copied() {
                    self.rename(folder(to), vec![(to.clone(), Some(node))]);
                    return true;
                }
            }
            Act::Remove(path) => {
                if self.names.contains_key(path) {
                    self.rename(folder(path), vec![(path.clone(), None)]);
                    return !passes(path);
                }
            }
            Act::Folder(path) => {
                if self.is_here(path) {
                    self.rename(folder(path), vec![(path.clone(), Some(Node::Folder))]);
                    return true;
                }
            }
            Act::Done(_) | Act::Connect { .. } | Act::Hear { .. } => {}
        }
        false
    }

    /// Whether this is a file of the database that was synced just now.
    pub fn is_sync_of(&self, act: &Act, database: &str) -> bool {
        let Act::Sync(descriptor) = act else { return false };
        self.open.get(descriptor).is_some_and(|open| open.path.starts_with(database))
    }

    /// What is found after the power has failed.
    pub fn after_power_loss(&self, kept: Kept, dice: &mut Dice) -> Image {
        let mut names = self.kept_names.clone();
        for renamed in self.renamed.values() {
            let so_many = match kept {
                Kept::Nothing => 0,
                Kept::Everything => renamed.len(),
                Kept::Pieces(_) => dice.roll(renamed.len() as u64 + 1) as usize,
            };
            renamed[..so_many].iter().for_each(|renaming| apply(&mut names, renaming));
        }
        let mut image = Image::new();
        for (path, node) in names.iter().filter(|(path, _)| !passes(path)) {
            // Where a folder's name is lost, so is what is in it.
            let above = folder(path);
            if above != self.root && names.get(above) != Some(&Node::Folder) {
                continue;
            }
            let bytes = match node {
                Node::File(number) => Some(self.files[*number].after_power_loss(kept, dice)),
                Node::Folder => None,
            };
            image.insert(path[self.root.len() + 1..].to_owned(), bytes);
        }
        image
    }

    fn is_here(&self, path: &str) -> bool {
        path.strip_prefix(&self.root).is_some_and(|below| below.starts_with('/'))
    }

    fn opened(&mut self, descriptor: i64, path: &str, creates: bool, empties: bool) -> bool {
        self.open.remove(&descriptor);
        if path == self.root {
            self.open.insert(descriptor, Open { node: Node::Folder, path: path.to_owned(), at: 0 });
            return false;
        }
        if !self.is_here(path) {
            return false;
        }
        let known = self.names.get(path).copied();
        let node = match known {
            Some(node) => node,
            None if creates => {
                self.files.push(File::default());
                let node = Node::File(self.files.len() - 1);
                self.rename(folder(path), vec![(path.to_owned(), Some(node))]);
                node
            }
            None => return false,
        };
        self.open.insert(descriptor, Open { node, path: path.to_owned(), at: 0 });
        if empties && known.is_some() {
            self.changed(descriptor, Change::Length(0));
        }
        (known.is_none() || empties) && !passes(path)
    }

    fn changed(&mut self, descriptor: i64, change: Change) -> bool {
        let Some(open) = self.open.get(&descriptor) else { return false };
        let (Node::File(number), false) = (open.node, passes(&open.path)) else { return false };
        self.files[number].done.push(change);
        true
    }

    fn synced(&mut self, descriptor: i64) -> bool {
        let Some(open) = self.open.get(&descriptor) else { return false };
        match open.node {
            Node::File(number) if self.deaf != Deaf::Files => {
                let file = &mut self.files[number];
                file.kept = file.now();
                file.done.clear();
            }
            Node::Folder if self.deaf != Deaf::Folders => {
                for renaming in self.renamed.remove(&open.path).unwrap_or_default() {
                    apply(&mut self.kept_names, &renaming);
                }
            }
            _ => {}
        }
        !passes(&open.path)
    }

    fn rename(&mut self, folder: &str, renaming: Renaming) {
        if folder == self.root || self.is_here(folder) {
            apply(&mut self.names, &renaming);
            self.renamed.entry(folder.to_owned()).or_default().push(renaming);
        }
    }
}

impl File {
    fn now(&self) -> Vec<u8> {
        let mut bytes = self.kept.clone();
        for change in &self.done {
            match change {
                Change::Length(length) => bytes.resize(*length, 0),
                Change::Write { at, bytes: new } => {
                    let end = at + new.len();
                    bytes.resize(bytes.len().max(end), 0);
                    bytes[*at..end].copy_from_slice(new);
                }
            }
        }
        bytes
    }

    fn after_power_loss(&self, kept: Kept, dice: &mut Dice) -> Vec<u8> {
        match kept {
            Kept::Nothing => self.kept.clone(),
            Kept::Everything => self.now(),
            Kept::Pieces(_) if self.done.is_empty() => self.kept.clone(),
            Kept::Pieces(size) => self.in_pieces(size, dice),
        }
    }

    /// Each piece as it was at some time since the last sync, and a length that the file had in that time. A file that was
    /// cut shorter was cut as a whole or not at all, and what was written after a cut that is not kept is not either: file
    /// systems finish a cut that they have begun.
    fn in_pieces(&self, size: usize, dice: &mut Dice) -> Vec<u8> {
        let stops_after = dice.roll(self.done.len() as u64 + 1) as usize;
        let is_cut = |change: &Change| matches!(change, Change::Length(_));
        let lost_from = self.done[stops_after..].iter().position(is_cut).map_or(self.done.len(), |at| stops_after + at);
        let done = &self.done[..lost_from];
        let mut left: HashMap<usize, u64> = HashMap::new();
        for change in done {
            if let Change::Write { at, bytes } = change {
                (at / size..(at + bytes.len()).div_ceil(size)).for_each(|piece| *left.entry(piece).or_default() += 1);
            }
        }
        let mut touched: Vec<usize> = left.keys().copied().collect();
        touched.sort_unstable();
        for piece in touched {
            let count = left.get_mut(&piece).expect("it was just listed");
            *count = dice.roll(*count + 1);
        }
        let mut bytes = self.kept.clone();
        let mut length = self.kept.len();
        for (nth, change) in done.iter().enumerate() {
            match change {
                Change::Length(to) => {
                    bytes.resize(*to, 0);
                    length = *to;
                }
                Change::Write { at, bytes: new } => {
                    let end = at + new.len();
                    bytes.resize(bytes.len().max(end), 0);
                    if nth < stops_after {
                        length = length.max(end);
                    }
                    for piece in at / size..end.div_ceil(size) {
                        let Some(count) = left.get_mut(&piece).filter(|count| **count > 0) else { continue };
                        *count -= 1;
                        let (from, to) = ((*at).max(piece * size), end.min((piece + 1) * size));
                        bytes[from..to].copy_from_slice(&new[from - at..to - at]);
                    }
                }
            }
        }
        bytes.resize(length, 0);
        bytes
    }
}

/// The index of the write-ahead log is memory that processes share, made anew by the first of them; the lock is no more
/// than its name.
fn passes(path: &str) -> bool {
    path.ends_with("-shm") || path.ends_with(".lock")
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn apply(names: &mut BTreeMap<String, Node>, renaming: &Renaming) {
    for (path, node) in renaming {
        match node {
            Some(node) => names.insert(path.clone(), *node),
            None => names.remove(path),
        };
    }
}

/// What is in a folder now.
pub fn found_in(root: &Path) -> Image {
    let mut image = Image::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("it can be read").flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).expect("it is below").to_str().expect("an ordinary name").to_owned();
            if path.is_dir() {
                folders.push(path);
                image.insert(name, None);
            } else if !passes(&name) {
                image.insert(name, fs::read(&path).ok());
            }
        }
    }
    image
}

/// Puts an image into a folder that is empty.
pub fn put(image: &Image, into: &Path) {
    for (path, bytes) in image {
        let path = into.join(path);
        match bytes {
            None => fs::create_dir_all(path).expect("the folder can be written"),
            Some(bytes) => fs::write(path, bytes).expect("the folder can be written"),
        }
    }
}
