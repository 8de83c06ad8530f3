//! What a name means, before something is written under it.
//!
//! Links are followed by hand, for two reasons. A link to a file that is not there yet makes that
//! file, as a shell would. And `/dev/stdout` leads to an entry of `/proc/self/fd`, behind which may
//! be a plain file: that is an open descriptor all the same, to be written into and not replaced,
//! or the shell that has opened it would keep a file without a name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::app::shell::system;

/// The most links that lead to a file, as in Linux.
const LINKS_MAX: usize = 40;

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The standard output of this process.
    Standard,
    /// Another open descriptor, or a device that has no place, under a name by which it can be opened.
    Descriptor(PathBuf),
    /// A file, or the place for one. It is no link.
    File(PathBuf),
}

/// Follows a name to its end.
///
/// # Errors
/// When the links go in a circle.
pub(super) fn follow(path: &Path) -> io::Result<Target> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        if system::is_device(&path) {
            return Ok(Target::Descriptor(path));
        }
        if let Some((number, own)) = descriptor(&path) {
            return Ok(match (number, own) {
                (1, true) => Target::Standard,
                _ => Target::Descriptor(path),
            });
        }
        match fs::read_link(&path) {
            // Relative to the folder of the link.
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            // No link, or nothing at all.
            Err(_) => return Ok(Target::File(path)),
        }
    }
    Err(io::Error::other("its links go in a circle"))
}

/// The number of an open descriptor, and whether it is this process's own.
fn descriptor(path: &Path) -> Option<(u32, bool)> {
    let number = path.file_name()?.to_str()?.parse().ok()?;
    let folder = fs::canonicalize(path.parent()?).ok()?;
    let below = folder.strip_prefix("/proc").ok();
    match below.map(|below| below.iter().filter_map(|part| part.to_str()).collect::<Vec<_>>()) {
        Some(parts) if matches!(parts[..], [_, "fd"] | [_, "task", _, "fd"]) => {
            Some((number, parts[0].parse() == Ok(std::process::id())))
        }
        Some(_) => None,
        None => (folder == Path::new("/dev/fd")).then_some((number, true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_lead_to_what_is_there_or_will_be() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        symlink("b", path("a")).unwrap();
        symlink(path("c"), path("b")).unwrap();
        assert_eq!(follow(&path("a")).unwrap(), Target::File(path("c")));
        symlink("d", path("e")).unwrap();
        symlink("e", path("d")).unwrap();
        assert!(follow(&path("d")).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn open_descriptors_are_told_from_files() {
        for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/thread-self/fd/1"] {
            assert_eq!(follow(Path::new(name)).unwrap(), Target::Standard, "{name}");
        }
        for name in ["/dev/stderr", "/dev/fd/7", "/proc/1/fd/1"] {
            let target = follow(Path::new(name)).unwrap();
            assert!(matches!(target, Target::Descriptor(_)), "{name}: {target:?}");
        }
        let null = Path::new("/dev/null");
        assert_eq!(follow(null).unwrap(), Target::File(null.into()));
    }
}
