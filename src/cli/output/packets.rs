//! Where packets are saved.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};
use tempfile::NamedTempFile;

use super::files::{directory_of, temporary};

/// Where to save packets.
#[derive(Debug)]
pub(crate) struct PacketsFile {
    pub(crate) path: PathBuf,
    pub(crate) force: bool,
}

impl PacketsFile {
    /// A temporary file beside the one that is to be, which may only be there already if it is a file and may go.
    pub(super) fn prepare(&self) -> Result<NamedTempFile> {
        let Self { path, force } = self;
        match fs::symlink_metadata(path) {
            Ok(_) if path.is_dir() => bail!("{}: is a directory: name a file for the packets", path.display()),
            Ok(_) if !force => bail!("{}: is there already (--force writes over it)", path.display()),
            Ok(there) if !there.is_file() => bail!("{}: is no regular file, and is not replaced", path.display()),
            // Whatever is wrong shows when the temporary file is made.
            Ok(_) | Err(_) => temporary(directory_of(path)),
        }
    }
}
