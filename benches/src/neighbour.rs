//! A neighbour that wants the caches: a second process, which reads and writes all over more memory than
//! any cache holds. On a laptop in a lecture a browser is one.
//!
//! A program that touches many bytes for each message loses more beside it than one that touches few. So what is
//! measured with `--busy` has this neighbour beside all sides of a contest, ours and the peers'.

use std::io::Read;
use std::process::{Child, Command, Stdio};

/// More than the caches of any processor of today, and little for its memory: 256 MB.
const WORDS: usize = 1 << 25;
/// The word by which a bench target knows that it is the neighbour.
const WORD: &str = "--neighbour";

/// The process. It ends with this.
pub struct Neighbour(Child);

impl Neighbour {
    /// Starts it.
    ///
    /// # Panics
    /// If this program can't be started again: then nothing can be measured beside it.
    pub fn start() -> Self {
        let own = std::env::current_exe().expect("a program that runs has a file");
        let child =
            Command::new(own).arg(WORD).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("a bench that runs can be run again");
        // A byte comes when its memory is there.
        let ready = child.stdout.as_mut().map(|out| out.read_exact(&mut [0]));
        assert!(matches!(ready, Some(Ok(()))), "the neighbour ended before it began");
        Self(child)
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs as the neighbour if this process was started as one, until the process that started it is gone.
pub fn be_one_if_asked() {
    if std::env::args().nth(1).as_deref() != Some(WORD) {
        return;
    }
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let mut memory = vec![1_u64; WORDS];
    println!();
    let mut place = 1_u64;
    loop {
        // A generator of Marsaglia's, so no cache can guess where the next read goes.
        place ^= place << 13;
        place ^= place >> 7;
        place ^= place << 17;
        let word = &mut memory[place as usize % WORDS];
        *word = word.wrapping_add(place);
    }
}
