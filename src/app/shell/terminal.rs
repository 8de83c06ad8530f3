//! The terminal while the lab has it: raw mode, the alternate screen, the mouse, bracketed paste
//! and a hidden cursor. Whatever ends the lab (leaving, an error, a panic, a signal, a terminal
//! that is gone), all of it is undone before anything else is printed.
//!
//! [`Screen`] undoes it when it is dropped. A panic is the exception: its report is printed by the
//! panic hook, before anything is dropped, so the hook restores the terminal first and the drop
//! that follows leaves it alone.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::mem::ManuallyDrop;

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Rect, Size};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use super::system;

/// Whether the lab listens to the mouse, or leaves it to the terminal's own selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    Captured,
    Left,
}

/// Who has the terminal now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Lab,
    /// The shell, while the lab is suspended.
    Shell,
}

/// The terminal, taken over for as long as this value lives.
pub struct Screen {
    /// Never dropped: its drop speaks to the terminal, and where that is gone it reports so on
    /// standard error, which is gone too.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
    mouse: Mouse,
    holder: Holder,
    /// How much of the terminal is drawn on.
    size: Size,
}

/// The largest area that is drawn. A terminal may say that it has 65,535 rows of as many columns,
/// and blanks for all of them would fill the memory.
pub const SIZE_MAX: Size = Size { width: 500, height: 200 };

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it can't be written to or switched; whatever was switched is switched back.
    pub fn enter(mouse: Mouse) -> io::Result<Self> {
        restore_before_panic_reports();
        let backend = CrosstermBackend::new(BufWriter::new(io::stdout()));
        let viewport = Viewport::Fixed(Rect::ZERO);
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
        // From here on an error drops `screen`, which restores the terminal.
        let terminal = ManuallyDrop::new(terminal);
        let mut screen = Self { terminal, mouse, holder: Holder::Lab, size: Size::ZERO };
        take(mouse)?;
        screen.fit()?;
        Ok(screen)
    }

    /// Draws a frame, or nothing while the shell has the terminal. The terminal shows it all at
    /// once, if it knows how to.
    ///
    /// # Errors
    /// When the terminal can't be written to: it is gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        match self.holder {
            Holder::Shell => Ok(()),
            Holder::Lab => {
                self.fit()?;
                queue!(io::stdout(), BeginSynchronizedUpdate)?;
                self.terminal.draw(render)?;
                execute!(io::stdout(), EndSynchronizedUpdate)
            }
        }
    }

    /// Takes as much of the terminal as there is now, and says how much that is.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn fit(&mut self) -> io::Result<Size> {
        let Size { width, height } = self.terminal.size()?;
        let size = Size::new(width.min(SIZE_MAX.width), height.min(SIZE_MAX.height));
        if size != self.size {
            self.size = size;
            self.clear()?;
        }
        Ok(size)
    }

    /// Draws everything anew at the next frame, whatever the terminal may show now.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn clear(&mut self) -> io::Result<()> {
        queue!(io::stdout(), Clear(ClearType::All))?;
        // Not `Terminal::clear`: it asks the terminal where the cursor is, and the answer would
        // have to come through the reader of keys.
        self.terminal.resize(self.size.into())
    }

    /// Gives the terminal back to the shell and stops this process until somebody continues it.
    ///
    /// # Errors
    /// When the process can't be stopped.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.give_back();
        system::stop()
    }

    /// Takes the terminal again, after [`Screen::suspend`] or after a stop that nobody announced.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn resume(&mut self) -> io::Result<()> {
        self.give_back();
        take(self.mouse)?;
        self.holder = Holder::Lab;
        self.clear()
    }

    /// Puts `text` on the clipboard of the person at the terminal (OSC 52), where the terminal
    /// lets programs do that.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout();
        write!(out, "\x1b]52;c;{}\x07", base64(text.as_bytes()))?;
        out.flush()
    }

    fn give_back(&mut self) {
        if self.holder == Holder::Lab {
            restore();
            self.holder = Holder::Shell;
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.give_back();
        }
    }
}

/// Whether a person sits at both ends: keys come from a terminal, and one shows what is drawn.
pub fn is_there(keyboard: &File) -> bool {
    keyboard.is_terminal() && io::stdout().is_terminal()
}

fn take(mouse: Mouse) -> io::Result<()> {
    enable_raw_mode()?;
    let mut out = io::stdout();
    // A terminal without a second screen still shows what stood there before.
    queue!(out, EnterAlternateScreen, Clear(ClearType::All))?;
    queue!(out, EnableBracketedPaste, cursor::Hide)?;
    match mouse {
        Mouse::Captured => queue!(out, EnableMouseCapture)?,
        Mouse::Left => {}
    }
    out.flush()
}

/// Undoes [`take`]. Errors are of no use here: a terminal that can't be written to is gone.
fn restore() {
    let _ = leave(&mut io::stdout());
    let _ = disable_raw_mode();
}

fn leave(out: &mut impl Write) -> io::Result<()> {
    execute!(
        out,
        EndSynchronizedUpdate,
        ResetColor,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    )
}

/// Undoes [`take`] as far as it goes without waiting: for a terminal that reads nothing any more,
/// while another thread may be writing to it.
pub fn abandon() {
    let mut out = Vec::new();
    let _ = leave(&mut out);
    system::write_without_waiting(&out);
    let _ = disable_raw_mode();
}

fn restore_before_panic_reports() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        report(panic);
    }));
}

/// Base 64 of RFC 4648, with padding: what OSC 52 wants.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = bits >> (18 - 6 * place) & 63;
            text.push(if place <= chunk.len() { DIGITS[digit as usize] as char } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_agrees_with_the_rfc() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, coded) in vectors {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
