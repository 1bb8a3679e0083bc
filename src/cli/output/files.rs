//! Files that are there whole or not at all.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use tempfile::NamedTempFile;

/// What names of files begin with that are not complete yet.
pub(super) const UNFINISHED: &str = ".msncensus-";

/// Makes the directory. One with something in it is only taken if `force` says so.
pub(super) fn create(path: &Path, force: bool) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("{}: cannot be made", path.display()))?;
    let mut entries = fs::read_dir(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    if !force && entries.next().is_some() {
        bail!("{}: is not empty (--force writes into it all the same)", path.display());
    }
    Ok(())
}

/// A file without a name that lasts.
pub(super) fn temporary(directory: &Path) -> Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(directory)
        .with_context(|| format!("{}: cannot write there", directory.display()))
}

/// Gives a complete file its name.
pub(super) fn put_in_place(file: NamedTempFile, path: &Path) -> Result<()> {
    file.persist(path).with_context(|| format!("{}: cannot be put in place", path.display()))?;
    Ok(())
}

/// Gives a complete file its name, unless something else has it.
pub(super) fn put_beside_others(file: NamedTempFile, path: &Path) -> Result<()> {
    file.persist_noclobber(path).with_context(|| format!("{}: cannot be put in place", path.display()))?;
    Ok(())
}

/// The directory that a file is in: that of `found.pcapng` is the present one.
pub(super) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the new names last through a power loss.
pub(super) fn sync(directory: &Path) -> Result<()> {
    fs::File::open(directory)
        .and_then(|file| file.sync_all())
        .with_context(|| format!("{}: cannot be synced", directory.display()))
}
