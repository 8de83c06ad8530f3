//! The program: error reports first, then everything else.

use std::process::ExitCode;

fn main() -> ExitCode {
    match color_eyre::install() {
        Ok(()) => raftlab::app::main(),
        Err(report) => {
            eprintln!("raftlab: {report:?}");
            ExitCode::from(2)
        }
    }
}
