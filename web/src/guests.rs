//! Rafts of others on the page: modules that came with it, or that were opened there. Only the page's
//! second module can host them (feature `guests`, `build.sh`): whoever needs none does not load it.

use raftlab::cluster::command::Script;
#[cfg(feature = "guests")]
use raftlab::cluster::{Limits, guest::Program};

/// The modules, by the names of their files.
#[derive(Default)]
pub struct Guests(#[cfg(feature = "guests")] Vec<(String, Vec<u8>)>);

impl Guests {
    /// One more: a line with its name, and its bytes.
    ///
    /// # Errors
    /// When it is none that can be a server.
    #[cfg(feature = "guests")]
    pub fn bring(&mut self, told: &[u8]) -> Result<(), String> {
        let mut parts = told.splitn(2, |byte| *byte == b'\n');
        let mut part = || parts.next().unwrap_or_default();
        let (name, bytes) = (String::from_utf8_lossy(part()).into_owned(), part());
        Program::load(bytes, Limits::default()).map_err(|why| format!("{name}: {why}"))?;
        // The file may have been built anew.
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, bytes.to_vec()));
        Ok(())
    }

    /// Gives the servers of a script the Raft that it names.
    ///
    /// # Errors
    /// When that is not here.
    pub fn attach(&self, script: &mut Script) -> Result<(), String> {
        let Some(raft) = &script.config.raft else { return Ok(()) };
        let name = raft.file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        #[cfg(feature = "guests")]
        for (_, bytes) in self.0.iter().filter(|(it, _)| *it == name || raft.hash.is_some()) {
            let program =
                Program::load(bytes, raft.limits).map_err(|why| format!("{name}: {why}"))?;
            // What was recorded goes on with the very same alone, whatever its file is called now.
            if raft.hash.is_none_or(|hash| hash == program.hash()) {
                return script.host(program).map_err(|why| format!("{name}: {why}"));
            }
        }
        let same = if raft.hash.is_some() { ", the same as then" } else { "" };
        Err(format!("Its servers run a Raft of their own, {name}. Open that file here, too{same}."))
    }
}
