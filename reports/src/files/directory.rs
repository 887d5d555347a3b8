//! A folder whose files appear whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The folder could not be made, or nothing can be written into it.
    #[error("can't write into the folder {}: {}", .path.display(), reason(.source))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("can't write {}: {}", .path.display(), reason(.source))]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file is where a folder should be".to_owned()
        }
        _ => error.to_string(),
    }
}

/// The folder of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// Makes the folder, and those above it, unless it exists, and tries whether it takes a file: to be called before
    /// the run, so that an hour of simulation isn't lost to a wrong path.
    ///
    /// # Errors
    /// The folder can't be made or written into.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, FilesError> {
        let path = path.into();
        let probe = path.join(".probe.partial");
        let tried = fs::create_dir_all(&path)
            .and_then(|()| fs::write(&probe, b"probe"))
            .and_then(|()| fs::remove_file(&probe));
        match tried {
            Ok(()) => Ok(RunDirectory { path }),
            Err(source) => {
                // Of a full disk an empty probe may be left.
                let _ = fs::remove_file(&probe);
                Err(FilesError::Folder { path, source })
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the file `name` (which may lie in a folder below: "plots/delay.svg"), replacing one that is there.
    ///
    /// # Errors
    /// It can't be written; then whatever was there before is still there, untouched.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        self.write_with(name, |out| out.write_all(bytes))
    }

    /// The same for what is produced piece by piece.
    ///
    /// # Errors
    /// As [`RunDirectory::write`]; an error of `produce` too.
    pub fn write_with(
        &self,
        name: &str,
        produce: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), FilesError> {
        self.produce(name, produce, false)
    }

    /// Writes a file as [`RunDirectory::write`] does, and waits until the disk has it: after a loss of power too it is
    /// there whole, or not at all.
    ///
    /// # Errors
    /// As [`RunDirectory::write`].
    pub fn write_durably(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        self.produce(name, |out| out.write_all(bytes), true)
    }

    fn produce(
        &self,
        name: &str,
        produce: impl FnOnce(&mut dyn Write) -> io::Result<()>,
        durably: bool,
    ) -> Result<(), FilesError> {
        let path = self.path.join(name);
        let partial = partial(&path);
        let written = write_then_rename(&path, &partial, produce, durably);
        written.map_err(|source| {
            let _ = fs::remove_file(&partial);
            FilesError::File { path, source }
        })
    }
}

fn partial(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.partial"))
}

fn write_then_rename(
    path: &Path,
    partial: &Path,
    produce: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    durably: bool,
) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut out = BufWriter::new(fs::File::create(partial)?);
    produce(&mut out)?;
    // Dropping the buffer would swallow the error of a disk that became full at last.
    out.flush()?;
    if durably {
        out.get_ref().sync_all()?;
    }
    fs::rename(partial, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("plenum-reports-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    #[test]
    fn files_appear_whole_and_replace_older_ones() {
        let path = folder("whole");
        let directory = RunDirectory::create(path.join("a/b")).expect("can be made");
        directory.write("plots/x.svg", b"one").expect("can be written");
        directory.write("plots/x.svg", b"two").expect("can be replaced");
        let plots = directory.path().join("plots");
        assert_eq!(fs::read(plots.join("x.svg")).expect("is there"), b"two");
        assert_eq!(fs::read_dir(&plots).expect("is there").count(), 1, "nothing partial is left");
        fs::remove_dir_all(path).expect("cleans up");
    }

    #[test]
    fn a_failure_leaves_the_old_file() {
        let path = folder("failure");
        let directory = RunDirectory::create(&path).expect("can be made");
        directory.write("metrics.json", b"old").expect("can be written");
        let full = directory.write_with("metrics.json", |out| {
            out.write_all(b"half of it")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        let message = full.expect_err("the disk is full").to_string();
        assert!(message.ends_with("metrics.json: the disk is full"), "{message}");
        assert_eq!(fs::read(path.join("metrics.json")).expect("is there"), b"old");
        assert_eq!(fs::read_dir(&path).expect("is there").count(), 1, "nothing partial is left");
        fs::remove_dir_all(path).expect("cleans up");
    }

    #[test]
    fn a_file_in_the_way_is_told_before_the_run() {
        let path = folder("in-the-way");
        fs::create_dir_all(&path).expect("can be made");
        fs::write(path.join("out"), b"").expect("can be written");
        for name in ["out", "out/below"] {
            let message = RunDirectory::create(path.join(name)).expect_err("a file is there").to_string();
            assert!(message.contains("a file is where a folder should be"), "{message}");
        }
        let nowhere = RunDirectory::create("/proc/plenum").expect_err("nobody writes there").to_string();
        assert!(nowhere.starts_with("can't write into the folder /proc/plenum: "), "{nowhere}");
        fs::remove_dir_all(path).expect("cleans up");
    }
}
