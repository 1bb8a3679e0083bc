//! From the words of a command line to the list of inputs.
//!
//! It takes paths and `-`; gives one [`Input`] for each file that they lead to, in an order that depends on names only;
//! keeps the device and inode of every file and directory met, so that none is read twice; and leaves out opening what
//! was named: a pipe can be opened only once. Of walked files the first bytes are read, so that a picture beside the
//! captures is no error.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::error::{CaptureError, CaptureErrorKind, Printable, Unsupported};
use super::file::{CaptureFile, ReadOptions};
use super::recognise::{Content, SNIFF_LEN, recognise};
use super::source::Source;
use crate::packet::InputId;

/// What became of one file. Every file that a word leads to has one of these: nothing is skipped silently.
#[derive(Debug)]
pub enum Input {
    /// To be read.
    Ready(Source),
    /// Not to be read, which is no error.
    Skipped {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: Skip,
    },
    /// Named, or met on a walk, and cannot be read.
    Failed(CaptureError),
}

/// Why a file is not read.
#[derive(Debug)]
pub enum Skip {
    /// It is the same file or directory as one before, by name or by a link.
    Repeated {
        /// What it was called before.
        first: PathBuf,
    },
    /// A walk met a file that begins like no capture that is read.
    NotACapture(CaptureErrorKind),
    /// A walk met a pipe, a socket or a device.
    NotAFile(&'static str),
    /// A directory without anything in it.
    EmptyDirectory,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated { first } => write!(f, "the same as {}, which is read once", Printable(first)),
            Self::NotACapture(kind) => write!(f, "{kind}"),
            Self::NotAFile(what) => write!(f, "{what}; name it to read from it"),
            Self::EmptyDirectory => f.write_str("an empty directory"),
        }
    }
}

/// Finds the inputs that these words lead to: a file is itself, a directory all files below it in the order of their
/// names, and `-` standard input.
pub fn list(words: impl IntoIterator<Item = OsString>) -> Vec<Input> {
    let mut finder = Finder { inputs: Vec::new(), met: HashMap::new() };
    let mut stdin_given = false;
    for word in words {
        if word != "-" {
            finder.named(PathBuf::from(word));
        } else if stdin_given {
            finder.skip(PathBuf::from("-"), Skip::Repeated { first: PathBuf::from("-") });
        } else {
            stdin_given = true;
            finder.inputs.push(Input::Ready(Source::Stdin));
        }
    }
    finder.inputs
}

/// What tells whether two names lead to the same file.
#[cfg(unix)]
pub(super) type Identity = (u64, u64);
#[cfg(not(unix))]
pub(super) type Identity = PathBuf;

#[cfg(unix)]
pub(super) fn identity(_: &Path, metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
pub(super) fn identity(path: &Path, _: &Metadata) -> Identity {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

struct Finder {
    inputs: Vec<Input>,
    /// Files and directories met, with their first names. It is asked, never walked.
    met: HashMap<Identity, PathBuf>,
}

impl Finder {
    fn named(&mut self, path: PathBuf) {
        match fs::metadata(&path) {
            Err(error) => self.fail(path, error),
            Ok(metadata) if metadata.is_dir() => self.walk(&path),
            Ok(metadata) => {
                if self.is_new(&path, &metadata) {
                    self.inputs.push(Input::Ready(Source::Path(path)));
                }
            }
        }
    }

    fn walk(&mut self, directory: &Path) {
        let mut walk = WalkDir::new(directory).follow_links(true).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            match entry {
                // Links can lead to a directory by many ways, too many to go them all.
                Ok(entry) if entry.file_type().is_dir() => {
                    if !self.enter(&entry) {
                        walk.skip_current_dir();
                    }
                }
                Ok(entry) => self.walked(entry),
                Err(error) => {
                    let path = error.path().unwrap_or(directory).to_owned();
                    self.fail(path, error.into());
                }
            }
        }
    }

    /// Whether a directory is to be walked.
    fn enter(&mut self, entry: &DirEntry) -> bool {
        let path = entry.path();
        match entry.metadata() {
            Err(error) => {
                self.fail(path.to_owned(), error.into());
                false
            }
            Ok(metadata) => {
                let new = self.is_new(path, &metadata);
                // One that cannot be read says so as the walk's next entry.
                if new && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()) {
                    self.skip(path.to_owned(), Skip::EmptyDirectory);
                }
                new
            }
        }
    }

    fn walked(&mut self, entry: DirEntry) {
        if !entry.file_type().is_file() {
            // Opening a pipe would wait for its other end.
            let what = special(entry.file_type());
            return self.skip(entry.into_path(), Skip::NotAFile(what));
        }
        match entry.metadata() {
            Err(error) => self.fail(entry.into_path(), error.into()),
            Ok(metadata) => {
                if self.is_new(entry.path(), &metadata) {
                    self.sniff(entry.into_path());
                }
            }
        }
    }

    /// Looks at the first bytes of a walked file.
    fn sniff(&mut self, path: PathBuf) {
        let mut start = Vec::with_capacity(SNIFF_LEN);
        let len = u64::try_from(SNIFF_LEN).unwrap_or(u64::MAX);
        match File::open(&path).and_then(|file| file.take(len).read_to_end(&mut start)) {
            Err(error) => self.fail(path, error),
            Ok(_) => match recognise(&start) {
                Content::Pcap(_) | Content::Pcapng => self.inputs.push(Input::Ready(Source::Path(path))),
                Content::Compressed(_) => self.decompress(path),
                Content::Other(kind) => self.skip(path, Skip::NotACapture(kind)),
            },
        }
    }

    /// Looks at the first decompressed bytes of a walked file. If they cannot be had, for want of memory too,
    /// reading it will tell why.
    fn decompress(&mut self, path: PathBuf) {
        let source = Source::Path(path);
        match CaptureFile::open(&source, InputId::default(), ReadOptions::default()) {
            Err(CaptureError {
                path,
                kind: kind @ (CaptureErrorKind::NotACapture { .. } | CaptureErrorKind::Unsupported(_)),
                ..
            }) if !matches!(kind, CaptureErrorKind::Unsupported(Unsupported::DecompressionMemory(_))) => {
                self.skip(path, Skip::NotACapture(kind));
            }
            _ => self.inputs.push(Input::Ready(source)),
        }
    }

    /// Whether a file or directory has not been met before; if it has, that is told.
    fn is_new(&mut self, path: &Path, metadata: &Metadata) -> bool {
        let identity = identity(path, metadata);
        if let Some(first) = self.met.get(&identity) {
            let first = first.clone();
            self.skip(path.to_owned(), Skip::Repeated { first });
            return false;
        }
        self.met.insert(identity, path.to_owned());
        true
    }

    fn skip(&mut self, path: PathBuf, reason: Skip) {
        self.inputs.push(Input::Skipped { path, reason });
    }

    fn fail(&mut self, path: PathBuf, error: io::Error) {
        self.inputs.push(Input::Failed(CaptureError { path, place: None, kind: error.into() }));
    }
}

fn special(file_type: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file_type.is_fifo() {
            return "a pipe";
        }
        if file_type.is_socket() {
            return "a socket";
        }
    }
    if file_type.is_symlink() { "a link" } else { "a device" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Compression;
    use crate::capture::samples::{Pcap, compress, zstd_with_window};

    /// A directory with these captures and other files in it.
    fn directory(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        directory
    }

    /// The inputs as lines, with paths below the directory.
    fn listed(directory: &Path, words: &[&str]) -> Vec<String> {
        let words = words.iter().map(|word| match *word {
            "-" => OsString::from("-"),
            word => directory.join(word).into_os_string(),
        });
        let prefix = format!("{}/", directory.display());
        list(words)
            .into_iter()
            .map(|input| {
                let line = match input {
                    Input::Ready(source) => format!("read {}", source.name().display()),
                    Input::Skipped { path, reason } => format!("skip {}: {reason}", path.display()),
                    Input::Failed(error) => format!("fail {error}"),
                };
                line.replace(&prefix, "")
            })
            .collect()
    }

    #[test]
    fn a_directory_is_walked_in_the_order_of_names_and_tells_of_every_file() {
        let capture = Pcap::default().bytes();
        let directory = directory(&[
            ("d/b.pcap", &capture),
            ("d/a/z", &capture),
            ("d/notes.txt", b"hello, world"),
            ("d/c.gz", &compress(Compression::Gzip, &capture)),
            ("d/c.tgz", &compress(Compression::Gzip, b"hello, world")),
            ("d/cut.zst", &compress(Compression::Zstd, &capture)[..9]),
            ("d/large.zst", &zstd_with_window(28, &capture)),
            ("d/empty", b""),
        ]);
        fs::create_dir(directory.path().join("d/x")).unwrap();
        assert_eq!(
            listed(directory.path(), &["d"]),
            [
                "read d/a/z",
                "read d/b.pcap",
                "read d/c.gz",
                "skip d/c.tgz: not a capture (starts with \"hello, w\")",
                "read d/cut.zst",
                "skip d/empty: not a capture (it is empty)",
                "read d/large.zst",
                "skip d/notes.txt: not a capture (starts with \"hello, w\")",
                "skip d/x: an empty directory",
            ]
        );
    }

    #[test]
    fn h22_a_missing_file_is_told_and_the_others_are_read() {
        let directory = directory(&[("a", b"")]);
        let lines = listed(directory.path(), &["missing", "a"]);
        assert!(lines[0].starts_with("fail missing: cannot be read: No such file"), "{lines:?}");
        assert_eq!(lines[1], "read a");
    }

    #[cfg(unix)]
    #[test]
    fn g6_the_same_file_is_read_once_by_whatever_name() {
        use std::os::unix::fs::symlink;
        let capture = Pcap::default().bytes();
        let directory = directory(&[("d/a", &capture)]);
        let path = directory.path();
        fs::hard_link(path.join("d/a"), path.join("d/hard")).unwrap();
        symlink(path.join("d/a"), path.join("soft")).unwrap();
        assert_eq!(
            listed(path, &["d/a", "soft", "d", "-", "-"]),
            [
                "read d/a",
                "skip soft: the same as d/a, which is read once",
                "skip d/a: the same as d/a, which is read once",
                "skip d/hard: the same as d/a, which is read once",
                "read -",
                "skip -: the same as -, which is read once",
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_between_directories_are_not_walked_in_circles() {
        use std::os::unix::fs::symlink;
        let directory = directory(&[("d/a/1", &Pcap::default().bytes()), ("d/b/2", &Pcap::default().bytes())]);
        let path = directory.path();
        symlink(path.join("d/b"), path.join("d/a/b")).unwrap();
        symlink(path.join("d"), path.join("d/b/up")).unwrap();
        symlink(path.join("nowhere"), path.join("d/c")).unwrap();
        let lines = listed(path, &["d"]);
        assert_eq!(lines[..2], ["read d/a/1", "read d/a/b/2"]);
        assert!(lines[2].starts_with("fail d/a/b/up: cannot be read:"), "{lines:?}");
        assert_eq!(lines[3], "skip d/b: the same as d/a/b, which is read once");
        assert!(lines[4].starts_with("fail d/c: cannot be read:"), "{lines:?}");
        assert_eq!(lines.len(), 5);
    }

    #[cfg(unix)]
    #[test]
    fn h21_h22_a_named_pipe_is_read_and_a_walked_socket_is_told() {
        use std::os::unix::net::UnixListener;
        let directory = directory(&[]);
        let path = directory.path();
        fs::create_dir(path.join("d")).unwrap();
        let _socket = UnixListener::bind(path.join("d/s")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path.join("d/p")).status().unwrap().success());
        assert_eq!(listed(path, &["d/p"]), ["read d/p"]);
        assert_eq!(
            listed(path, &["d"]),
            ["skip d/p: a pipe; name it to read from it", "skip d/s: a socket; name it to read from it"]
        );
    }
}
