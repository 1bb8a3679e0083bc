//! Whether an interface is up, by what Linux tells of it in `/sys/class/net`.
//!
//! libpcap does not say that a link went down, and is late to say that it is gone. The file is opened once, so that
//! nothing need be opened later.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

/// Whether packets can come from an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// They can, as far as is known.
    Up,
    /// None come until it is up again.
    Down,
    /// None will come.
    Gone,
}

/// What is looked at.
pub(super) struct Link {
    /// `None` where the system has no such file: of all interfaces together, and outside Linux.
    operstate: Option<File>,
}

impl Link {
    pub(super) fn of(interface: &str) -> Self {
        let path = Path::new("/sys/class/net").join(interface).join("operstate");
        Self { operstate: File::open(path).ok() }
    }

    pub(super) fn state(&mut self) -> LinkState {
        let Some(file) = &mut self.operstate else { return LinkState::Up };
        let mut word = [0; 32];
        let read = file.rewind().and_then(|()| file.read(&mut word));
        let word = read.ok().and_then(|len| word.get(..len)).map(<[u8]>::trim_ascii);
        match word {
            // The file of an interface that is gone has no contents.
            None | Some(b"") => LinkState::Gone,
            Some(b"down" | b"lowerlayerdown" | b"notpresent") => LinkState::Down,
            Some(_) => LinkState::Up,
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn an_interface_that_nothing_is_known_of_is_taken_to_be_up() {
        assert_eq!(Link::of("any").state(), LinkState::Up);
        assert_eq!(Link::of("lo").state(), LinkState::Up);
    }
}
