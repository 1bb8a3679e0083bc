//! One file beside the tables: that of the packets, and that of the page.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use tempfile::NamedTempFile;

use super::WRITE_LEN;
use super::files::{directory_of, put_beside_others, put_in_place, sync, temporary};

/// A file that is there whole, or not at all.
#[derive(Clone, Debug)]
pub(crate) struct SingleFile {
    pub(crate) path: PathBuf,
    pub(crate) force: bool,
    /// What is in it: `the packets`.
    pub(crate) content: &'static str,
}

impl SingleFile {
    /// A temporary file beside the one that is to be, which may only be there already if it is a file and may go.
    pub(super) fn prepare(&self) -> Result<NamedTempFile> {
        let Self { path, force, content } = self;
        match fs::symlink_metadata(path) {
            Ok(_) if path.is_dir() => bail!("{}: is a directory: name a file for {content}", path.display()),
            Ok(_) if !force => bail!("{}: is there already (--force writes over it)", path.display()),
            Ok(there) if !there.is_file() => bail!("{}: is no regular file, and is not replaced", path.display()),
            // Whatever is wrong shows when the temporary file is made.
            Ok(_) | Err(_) => self.begin(),
        }
    }

    /// Puts what `write` writes in place, over what this run may have put there before.
    pub(super) fn replace(&mut self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let file = self.begin()?;
        let mut buffered = BufWriter::with_capacity(WRITE_LEN, file.as_file());
        write(&mut buffered).and_then(|()| Ok(buffered.flush()?)).with_context(|| self.not_written())?;
        drop(buffered);
        self.finish(file)?;
        // What is there now is this run's own.
        self.force = true;
        Ok(())
    }

    /// Puts the complete `file` in place. What somebody else put there since this run began stays there.
    pub(super) fn finish(&self, file: NamedTempFile) -> Result<()> {
        file.as_file().sync_all().with_context(|| self.not_written())?;
        if self.force {
            put_in_place(file, &self.path)?;
        } else {
            put_beside_others(file, &self.path)?;
        }
        sync(directory_of(&self.path))
    }

    fn begin(&self) -> Result<NamedTempFile> {
        temporary(directory_of(&self.path))
    }

    fn not_written(&self) -> String {
        format!("{}: cannot be written", self.path.display())
    }
}
