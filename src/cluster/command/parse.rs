//! parse
use super::*;
/// x
pub fn parse_line(_line: &str) -> Result<Command, Diagnostic> {
    unimplemented!()
}
pub(super) fn parse_script(_name: &str, _bytes: &[u8]) -> Result<Script, Vec<Diagnostic>> {
    unimplemented!()
}
