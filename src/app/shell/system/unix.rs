//! Linux, macOS and their like.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{
    DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown,
};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, getsid, kill_current_process_group, kill_process};
use rustix::time::{ClockId, clock_gettime};

use super::{FileId, Readers};
use crate::app::shell::environment::Environment;

/// The bits of a mode that a file hands down.
const MODE: u32 = 0o7777;
/// The mode of a new file, of which the umask takes away.
const NEW: u32 = 0o666;
/// The mode of a file for nobody else, and of such a folder.
const OWN: u32 = 0o600;
const OWN_FOLDER: u32 = 0o700;

/// Which file this is; `None` for a device of characters, such as a terminal.
///
/// # Errors
/// When the system does not say.
pub fn file_id(file: &File) -> io::Result<Option<FileId>> {
    Ok(id(&file.metadata()?))
}

/// The same of what a name leads to.
///
/// # Errors
/// When there is nothing, or it can't be looked at.
pub fn file_id_at(path: &Path) -> io::Result<Option<FileId>> {
    Ok(id(&fs::metadata(path)?))
}

fn id(about: &Metadata) -> Option<FileId> {
    (!about.file_type().is_char_device()).then(|| (about.dev(), about.ino()))
}

/// Whether whoever opens this would wait for somebody at its other end.
pub fn is_pipe(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo())
}

/// Whether this name is a device wherever it stands. There are none: a device is a file here.
pub const fn is_device(_: &Path) -> bool {
    false
}

/// Standard input as a file.
///
/// # Errors
/// When it is closed.
pub fn standard_input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// Standard output as a file.
///
/// # Errors
/// When it is closed.
pub fn standard_output() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// The terminal itself, when standard input is something else.
///
/// # Errors
/// When there is none.
pub fn terminal() -> io::Result<File> {
    // There, a poll of /dev/tty answers at once and falsely; under its own name it is waited for.
    #[cfg(target_os = "macos")]
    if let Ok(name) = rustix::termios::ttyname(io::stdout(), Vec::new()) {
        use std::os::unix::ffi::OsStrExt;
        return File::open(std::ffi::OsStr::from_bytes(name.as_bytes()));
    }
    File::open("/dev/tty")
}

/// Makes a folder, and those above it, into which nobody else may look.
///
/// # Errors
/// When it can't be made.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(OWN_FOLDER).create(folder)
}

/// Shuts others out of a folder that was made by other means.
///
/// # Errors
/// When it is not ours.
pub fn make_private(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(OWN_FOLDER))
}

/// How a file is opened that nobody else may read.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(OWN);
    options
}

/// Says of a draft that will be made who may read it.
pub fn let_read(draft: &mut tempfile::Builder<'_, '_>, readers: Readers) {
    let mode = match readers {
        Readers::AsUsual => NEW,
        Readers::Owner => OWN,
    };
    draft.permissions(Permissions::from_mode(mode));
}

/// Hands owner, group and mode of a file down to the draft that is to take its place. Whether it
/// may take it: not that of a file with other names, nor where they can't be handed down.
///
/// # Errors
/// When the system does not say whose they are.
pub fn inherit(draft: &File, old: &File) -> io::Result<bool> {
    let (new, old) = (draft.metadata()?, old.metadata()?);
    let (owner, group) = (old.uid(), old.gid());
    Ok(old.nlink() == 1
        && ((new.uid(), new.gid()) == (owner, group)
            || fchown(draft, Some(owner), Some(group)).is_ok())
        && draft.set_permissions(Permissions::from_mode(old.mode() & MODE)).is_ok())
}

/// How long a core has been at the work of this thread.
pub fn core_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Stops this process until somebody continues it.
///
/// # Errors
/// When it can't be stopped.
pub fn stop() -> io::Result<()> {
    Ok(kill_process(getpid(), Signal::STOP)?)
}

/// Stops the whole job, as Ctrl-z does where the terminal itself handles it: a `cargo run` around
/// the lab has to stop too, or the shell would go on waiting for it. Does nothing, and says so, when
/// there is no shell that could continue the lab: a terminal has been opened just for it.
///
/// # Errors
/// When the job can't be stopped.
pub fn stop_job() -> io::Result<bool> {
    if getsid(None)? == getpid() {
        return Ok(false);
    }
    kill_current_process_group(Signal::TSTP)?;
    Ok(true)
}

/// Writes to standard output what it takes at once.
pub fn write_without_waiting(bytes: &[u8]) {
    let stdout = io::stdout();
    let mut ready = [PollFd::new(&stdout, PollFlags::OUT)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    if poll(&mut ready, Some(&now)).is_ok_and(|count| count > 0) {
        let _ = rustix::io::write(&stdout, bytes);
    }
}

/// Whether the terminal obeys escape sequences.
pub const fn obeys_escapes() -> bool {
    true
}

/// What is known of the terminal beside what the environment says: nothing.
pub const fn known(told: Environment) -> Environment {
    told
}
