//! Files that grow while they are read.
//!
//! It takes a file that is being written, or a directory in which files appear one after another; gives the packets of
//! one file after another, and says [`Next::Idle`] where a file ends for now; keeps one open file, and the name of the
//! one before; and leaves out sleeping, which the caller does after `Idle`, compressed files, and directories in
//! directories.
//!
//! ```text
//! file        a.pcap ─ grows ─ idle ─ grows ─ renamed or cut to nothing ─ a.pcap again, from its start
//! directory   1.pcap ─ grows ─ idle ─ 2.pcap appears ─ rest of 1.pcap ─ 2.pcap ─ grows ─ ...    in the order of names
//! ```
//!
//! Every file is an input of its own, with its own frame numbers: [`Follow`] says [`Next::End`] at its end, and
//! [`Follow::open_next`] goes on. A record that is not there whole is not there yet. A file that is cut to nothing and
//! grows beyond what was read, all between two looks, is not noticed: no name or number tells.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{CaptureError, CaptureErrorKind, Unsupported};
use super::facts::{Facts, Format};
use super::file::{CaptureFile, ReadOptions};
use super::inputs::{Identity, identity};
use super::oddities::Oddity;
use super::order::in_file;
use super::pcap::FILE_HEADER_LEN;
use super::{Next, PacketSource};
use crate::packet::InputId;

/// A file or a directory that is followed.
pub struct Follow {
    path: PathBuf,
    is_directory: bool,
    reading: ReadOptions,
    present: Option<Present>,
    /// What is known while no file is open.
    nothing: Facts,
}

/// The file that is read, or was read last.
struct Present {
    path: PathBuf,
    identity: Identity,
    /// `None` if it could not be read.
    capture: Option<CaptureFile>,
    /// The last answer was that there is nothing for now.
    is_idle: bool,
    /// It was cut, and begins anew.
    is_shrunk: bool,
}

impl Follow {
    /// Begins to follow; what is followed must exist, and standard input cannot be. No file is open before
    /// [`Follow::open_next`].
    pub fn new(path: &Path, reading: ReadOptions) -> Result<Self, CaptureError> {
        let metadata = fs::metadata(path).map_err(|error| failed(path, error.into()))?;
        let is_directory = metadata.is_dir();
        if !is_directory && !metadata.is_file() {
            return Err(failed(path, Unsupported::FollowedPipe.into()));
        }
        let nothing = Facts::new(Format::Pcap);
        Ok(Self { path: path.to_owned(), is_directory, reading, present: None, nothing })
    }

    /// The name of the file that is read; before the first, of what is followed.
    pub fn name(&self) -> &Path {
        self.present.as_ref().map_or(&self.path, |present| &present.path)
    }

    /// Goes on to the next file, whose packets will carry `input`: says whether there is one. To be called before the
    /// first packet, and after [`Next::End`] or an error; where there is none for now, later again. A file that cannot
    /// be read is an error, and the next call goes on behind it.
    pub fn open_next(&mut self, input: InputId) -> Result<bool, CaptureError> {
        let next = if self.is_directory { self.next_in_directory()? } else { self.next_of_name() };
        let Some((path, metadata)) = next else { return Ok(false) };
        let identity = identity(&path, &metadata);
        let opened = open(&path, input, self.reading);
        let (capture, error) = match opened {
            Ok(capture) => (Some(capture), None),
            Err(error) => (None, Some(error)),
        };
        self.present = Some(Present { path, identity, capture, is_idle: false, is_shrunk: false });
        error.map_or(Ok(true), Err)
    }

    /// The file of that name, unless it is the one that was read.
    fn next_of_name(&self) -> Option<(PathBuf, Metadata)> {
        // While a file is exchanged there may be none of that name.
        let metadata = fs::metadata(&self.path).ok().filter(has_header)?;
        let is_new = self
            .present
            .as_ref()
            .is_none_or(|present| present.is_shrunk || present.identity != identity(&self.path, &metadata));
        is_new.then(|| (self.path.clone(), metadata))
    }

    /// The file with the next name. The last one may be about to get its header; any other is what it is.
    fn next_in_directory(&self) -> Result<Option<(PathBuf, Metadata)>, CaptureError> {
        let last = self.present.as_ref().map(|present| present.path.as_path());
        let later = later_files(&self.path, last).map_err(|error| failed(&self.path, error.into()))?;
        let is_last = later.len() == 1;
        let next = later.into_iter().next();
        Ok(next.filter(|(_, metadata)| !is_last || has_header(metadata)))
    }
}

impl PacketSource for Follow {
    fn next(&mut self) -> Result<Next<'_>, CaptureError> {
        let directory = self.is_directory.then_some(self.path.as_path());
        let Some(present) = &mut self.present else { return Ok(Next::End) };
        if present.is_idle {
            present.look(directory);
        }
        let Some(capture) = &mut present.capture else { return Ok(Next::End) };
        let next = capture.next();
        present.is_idle = matches!(next, Ok(Next::Idle));
        next
    }

    fn facts(&mut self) -> &Facts {
        let capture = self.present.as_mut().and_then(|present| present.capture.as_mut());
        capture.map_or(&self.nothing, CaptureFile::facts)
    }
}

impl Present {
    /// Looks whether something has become of the file. Where another one took its place, what was written to this one
    /// in between is still read.
    fn look(&mut self, directory: Option<&Path>) {
        let Some(capture) = &mut self.capture else { return };
        let metadata = fs::metadata(&self.path).ok();
        match metadata {
            Some(metadata) if identity(&self.path, &metadata) != self.identity => {
                capture.complete(Some(Oddity::Replaced));
            }
            Some(metadata) if metadata.len() < capture.bytes_held() => {
                self.is_shrunk = true;
                capture.abandon(Oddity::Shrunk);
            }
            // If its name is gone, a file of that name may come.
            _ => {
                let has_later =
                    |directory| later_files(directory, Some(&self.path)).is_ok_and(|later| !later.is_empty());
                if directory.is_some_and(has_later) {
                    capture.complete(None);
                }
            }
        }
    }
}

/// Opens a file that may grow.
fn open(path: &Path, input: InputId, reading: ReadOptions) -> Result<CaptureFile, CaptureError> {
    let file = File::open(path).map_err(|error| failed(path, error.into()))?;
    CaptureFile::growing(file, path, input, reading)
}

/// Whether a file is long enough to tell what it is. A shorter one has just been begun.
fn has_header(metadata: &Metadata) -> bool {
    metadata.len() >= in_file(FILE_HEADER_LEN)
}

/// The files in a directory whose names come after that one's, in the order of names.
fn later_files(directory: &Path, last: Option<&Path>) -> io::Result<Vec<(PathBuf, Metadata)>> {
    let mut later = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if last.is_some_and(|last| path.as_path() <= last) {
            continue;
        }
        // A file can be gone by now; then it is no file that appeared.
        if let Some(metadata) = fs::metadata(&path).ok().filter(Metadata::is_file) {
            later.push((path, metadata));
        }
    }
    later.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(later)
}

fn failed(path: &Path, kind: CaptureErrorKind) -> CaptureError {
    CaptureError { path: path.to_owned(), place: None, kind }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;
    use crate::capture::order::ByteOrder::Little;
    use crate::capture::samples::{Pcap, Pcapng, compress};
    use crate::capture::{Compression, Damage};

    /// Everything that a source says until it has nothing for now or for ever: packets as text, then how it went on.
    fn said(follow: &mut Follow) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            match follow.next() {
                Ok(Next::Packet(packet)) => {
                    let (stamp, data) = (packet.stamp, String::from_utf8_lossy(packet.data).into_owned());
                    said.push(format!("{}:{} {data}", stamp.input.0, stamp.frame));
                }
                Ok(Next::Idle) => said.push("idle".to_owned()),
                Ok(Next::End) => said.push("end".to_owned()),
                Err(error) => said.push(format!("error: {}", error.kind)),
            }
            if !matches!(said.last(), Some(last) if last.contains(' ') && !last.starts_with("error")) {
                return said;
            }
        }
    }

    fn append(path: &Path, bytes: &[u8]) {
        OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(bytes).unwrap();
    }

    fn pcap(packets: &[&[u8]]) -> Vec<u8> {
        Pcap::default().packets(packets).bytes()
    }

    #[test]
    fn h23_a_record_is_read_once_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        for bytes in [
            pcap(&[b"abc", b"defg"]),
            Pcapng::new(Little)
                .interface(1, 0, &[])
                .block(4, &[1; 30])
                .enhanced(0, 1, 3, b"abc")
                .enhanced(0, 2, 4, b"defg")
                .bytes,
        ] {
            let path = directory.path().join("x");
            fs::write(&path, b"").unwrap();
            let mut follow = Follow::new(&path, ReadOptions::default()).unwrap();
            let (mut heard, mut is_open) = (Vec::new(), false);
            for byte in &bytes {
                append(&path, &[*byte]);
                is_open = is_open || follow.open_next(InputId(7)).unwrap();
                heard.extend(said(&mut follow).into_iter().filter(|word| word != "idle" && word != "end"));
            }
            assert_eq!(heard, ["7:1 abc", "7:2 defg"]);
            assert_eq!(follow.facts().bytes, u64::try_from(bytes.len()).unwrap());
            assert_eq!(follow.facts().oddities.met().count(), 0);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn h23_a_file_that_another_takes_the_place_of_is_read_to_its_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        append(&path, &pcap(&[b"a"]));
        let mut follow = Follow::new(&path, ReadOptions::default()).unwrap();
        assert!(follow.open_next(InputId(0)).unwrap());
        assert_eq!(said(&mut follow), ["0:1 a", "idle"]);
        fs::rename(&path, directory.path().join("x.1")).unwrap();
        assert_eq!(said(&mut follow), ["idle"]);
        append(&directory.path().join("x.1"), &pcap(&[b"b"])[24..]);
        append(&path, &pcap(&[b"c"]));
        assert_eq!(said(&mut follow), ["0:2 b", "end"]);
        assert_eq!(follow.facts().oddities.count(Oddity::Replaced), 1);
        assert!(follow.open_next(InputId(1)).unwrap());
        assert_eq!(said(&mut follow), ["1:1 c", "idle"]);
        assert_eq!(said(&mut follow), ["idle"]);
    }

    /// Follows a new file, whose two packets were read.
    fn read_to_its_end(path: &Path) -> Follow {
        append(path, &pcap(&[b"a", b"b"]));
        let mut follow = Follow::new(path, ReadOptions::default()).unwrap();
        assert!(follow.open_next(InputId(0)).unwrap());
        assert_eq!(said(&mut follow), ["0:1 a", "0:2 b", "idle"]);
        follow
    }

    #[test]
    fn h23_a_file_that_is_cut_to_nothing_is_read_from_its_start() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let mut follow = read_to_its_end(&path);
        OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
        assert_eq!(said(&mut follow), ["end"]);
        assert_eq!(follow.facts().oddities.count(Oddity::Shrunk), 1);
        assert!(!follow.open_next(InputId(1)).unwrap());
        append(&path, &pcap(&[b"c"]));
        assert!(follow.open_next(InputId(1)).unwrap());
        assert_eq!(said(&mut follow), ["1:1 c", "idle"]);
    }

    #[test]
    fn h23_a_file_that_is_cut_to_its_header_is_read_from_its_start() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let mut follow = read_to_its_end(&path);
        OpenOptions::new().write(true).open(&path).unwrap().set_len(24).unwrap();
        assert_eq!(said(&mut follow), ["end"]);
        assert_eq!(follow.facts().oddities.count(Oddity::Shrunk), 1);
        assert!(follow.open_next(InputId(1)).unwrap());
        assert_eq!(said(&mut follow), ["idle"]);
        append(&path, &pcap(&[b"c"])[24..]);
        assert_eq!(said(&mut follow), ["1:1 c", "idle"]);
    }

    #[test]
    fn h23_files_in_a_directory_are_read_in_the_order_of_their_names() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let mut follow = Follow::new(directory.path(), ReadOptions::default()).unwrap();
        assert!(!follow.open_next(InputId(0)).unwrap());
        assert_eq!(said(&mut follow), ["end"]);
        append(&at("1"), &pcap(&[b"a"]));
        assert!(follow.open_next(InputId(0)).unwrap());
        assert_eq!(said(&mut follow), ["0:1 a", "idle"]);
        let rest = &pcap(&[b"bcd"])[24..];
        append(&at("1"), &rest[..18]);
        append(&at("2"), b"a text of some length");
        append(&at("3"), &pcap(&[b"e"])[..10]);
        assert_eq!(said(&mut follow), ["0:2 bc", "error: cut short: 2 of 3 bytes of the packet are there"]);
        assert!(matches!(follow.open_next(InputId(1)).unwrap_err().kind, CaptureErrorKind::NotACapture { .. }));
        assert_eq!(follow.name(), at("2"));
        assert!(!follow.open_next(InputId(2)).unwrap());
        append(&at("3"), &pcap(&[b"e"])[10..]);
        assert!(follow.open_next(InputId(2)).unwrap());
        assert_eq!(said(&mut follow), ["2:1 e", "idle"]);
        assert_eq!(follow.name(), at("3"));
    }

    #[test]
    fn h23_what_cannot_be_followed_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.gz");
        assert!(Follow::new(&path, ReadOptions::default()).is_err());
        append(&path, &compress(Compression::Gzip, &pcap(&[b"abc"])));
        let error = Follow::new(&path, ReadOptions::default()).unwrap().open_next(InputId(0)).unwrap_err();
        assert!(
            error.to_string().ends_with("compressed with gzip: only files that are not compressed can be followed")
        );
        let error = Follow::new(Path::new("/dev/null"), ReadOptions::default()).err().unwrap();
        assert_eq!(error.to_string(), "/dev/null: only files and directories can be followed");
    }

    #[test]
    fn h23_damage_in_a_growing_file_is_searched_as_it_grows() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let packet = [&[2; 12][..], &[8, 0], b"abc def"].concat();
        let record = |file: Pcap| file.record([1_063_540_800, 0, 21, 21], &packet);
        let good = (0..4).fold(Pcap::default(), |file, _| record(file)).bytes();
        append(&path, &[&record(Pcap::default()).bytes(), &[0; 40][..], &good[24..70]].concat());
        let mut follow = Follow::new(&path, ReadOptions { recover: true, hash: false }).unwrap();
        assert!(follow.open_next(InputId(0)).unwrap());
        assert_eq!(said(&mut follow).len(), 2);
        assert_eq!(follow.facts().recovery.times, 0);
        append(&path, &good[70..]);
        assert_eq!(said(&mut follow).len(), 5);
        assert_eq!(follow.facts().recovery.bytes, 40);
        assert_eq!(follow.facts().recovery.skipped[0].damage, Damage::Zeros);
    }
}
