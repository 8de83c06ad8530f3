//! Unpacks the lab's module, which travels as LZMA: a quarter smaller than what browsers unpack by
//! themselves, so that a faster module has room in a page of the same size.

use std::cell::RefCell;

use lzma_rust2::{LzmaReader, Read};

/// The most memory that unpacking may take, in kB: eight megabytes of what came before, and some.
const MEMORY: u32 = 32 * 1024;
/// The largest module that is unpacked.
const BYTES_MAX: usize = 64 * 1024 * 1024;

thread_local! {
    static HELD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Where so many packed bytes are to be written.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    HELD.with_borrow_mut(|held| {
        held.clear();
        held.resize(bytes, 0);
        held.as_mut_ptr()
    })
}

/// Unpacks them. How many bytes they were; 0 if they are not whole.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn unpack() -> usize {
    HELD.with_borrow_mut(|held| {
        *held = bytes(held).unwrap_or_default();
        held.len()
    })
}

/// Where these bytes stand.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn unpacked() -> *const u8 {
    HELD.with_borrow(|held| held.as_ptr())
}

fn bytes(packed: &[u8]) -> Option<Vec<u8>> {
    let mut reader = LzmaReader::new_mem_limit(packed, MEMORY, None).ok()?;
    let mut bytes = Vec::with_capacity(5 * packed.len());
    let mut piece = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut piece).ok()? {
            0 => return Some(bytes),
            count if bytes.len() + count > BYTES_MAX => return None,
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
}
