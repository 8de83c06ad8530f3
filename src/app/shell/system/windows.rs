//! Windows. A profile's folders are its owner's by themselves, so nothing has to be shut; there is no
//! job control; and some names are devices in every folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::windows::io::AsHandle;
use std::path::Path;
use std::time::Duration;

use winapi_util::file;

use super::{FileId, Readers};
use crate::app::shell::environment::Environment;

/// The devices that a name means in every folder, whatever its ending.
const DEVICES: [&str; 6] = ["AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"];
/// How long the last words to a terminal may take.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Which file this is; `None` for a device of characters, such as a console.
///
/// # Errors
/// When the system does not say.
pub fn file_id(file: &File) -> io::Result<Option<FileId>> {
    if file::typ(file)?.is_char() {
        return Ok(None);
    }
    // A pipe has no number on any volume, and is no other's file.
    Ok(file::information(file).ok().map(|about| (about.volume_serial_number(), about.file_index())))
}

/// The same of what a name leads to.
///
/// # Errors
/// When there is nothing, or it can't be looked at.
pub fn file_id_at(path: &Path) -> io::Result<Option<FileId>> {
    file_id(&File::open(path)?)
}

/// Whether whoever opens this would wait for somebody at its other end.
pub fn is_pipe(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.to_ascii_lowercase().starts_with(r"\\.\pipe\"))
}

/// Whether this name is a device wherever it stands.
pub fn is_device(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.is_some_and(|stem| DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)))
}

/// Standard input as a file.
///
/// # Errors
/// When it is closed.
pub fn standard_input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_handle().try_clone_to_owned()?))
}

/// Standard output as a file.
///
/// # Errors
/// When it is closed.
pub fn standard_output() -> io::Result<File> {
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

/// The console itself, when standard input is something else.
///
/// # Errors
/// When there is none.
pub fn terminal() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("CONIN$")
}

/// Makes a folder, and those above it.
///
/// # Errors
/// When it can't be made.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Shuts others out of a folder: those of a profile already are.
///
/// # Errors
/// Never.
pub fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// How a file is opened that nobody else may read.
pub fn private() -> OpenOptions {
    OpenOptions::new()
}

/// Says of a draft that will be made who may read it: as its folder says.
pub fn let_read(_: &mut tempfile::Builder<'_, '_>, _: Readers) {}

/// Whether a draft may take the place of a file: not that of one with other names.
///
/// # Errors
/// When the system does not say.
pub fn inherit(_: &File, old: &File) -> io::Result<bool> {
    Ok(file::information(old)?.number_of_links() == 1)
}

/// How long a core has been at the work of this thread.
pub fn core_time() -> Duration {
    cpu_time::ThreadTime::try_now().map_or(Duration::ZERO, |time| time.as_duration())
}

/// Stops this process until somebody continues it: nobody could.
///
/// # Errors
/// Never.
pub fn stop() -> io::Result<()> {
    Ok(())
}

/// Stops the whole job: there are no jobs, and nothing is done.
///
/// # Errors
/// Never.
pub fn stop_job() -> io::Result<bool> {
    Ok(false)
}

/// Writes to standard output what it takes soon.
pub fn write_without_waiting(bytes: &[u8]) {
    let bytes = bytes.to_owned();
    let last = std::thread::spawn(move || {
        let mut out = io::stdout();
        let _ = out.write_all(&bytes).and_then(|()| out.flush());
    });
    let begun = std::time::Instant::now();
    while !last.is_finished() && begun.elapsed() < LAST_WORDS {
        std::thread::sleep(LAST_WORDS / 10);
    }
}

/// Whether the console obeys escape sequences. It is asked to.
pub fn obeys_escapes() -> bool {
    crossterm::ansi_support::supports_ansi()
}

/// What is known of the console beside what the environment says. Nothing sets TERM or a locale here:
/// every console that obeys escapes has all colours, and Windows Terminal has all signs.
pub fn known(mut told: Environment) -> Environment {
    if told.term.is_none() && obeys_escapes() {
        told.term = Some("xterm-direct".to_owned());
    }
    if told.locale.is_none() && std::env::var_os("WT_SESSION").is_some() {
        told.locale = Some("C.UTF-8".to_owned());
    }
    told
}
