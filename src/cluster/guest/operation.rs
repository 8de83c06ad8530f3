//! An operation of the lab's service as bytes: what a guest is given to agree on, and what its log holds.

use crate::cluster::types::{Op, OpId, Request, ServerId, Version};

/// The bytes of an operation.
pub(super) fn write(op: &Op) -> Vec<u8> {
    let mut out = vec![op.id.server.number()];
    out.extend(op.id.number.to_le_bytes());
    let text = |text: &str, out: &mut Vec<u8>| {
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text.as_bytes());
    };
    match &op.request {
        Request::Get { key } => {
            out.push(0);
            text(key, &mut out);
        }
        Request::Put { key, value, version } => {
            out.push(1);
            text(key, &mut out);
            text(value, &mut out);
            out.extend(version.0.to_le_bytes());
        }
    }
    out
}

/// The operation of these bytes, if they are one.
pub(super) fn read(mut bytes: &[u8]) -> Option<Op> {
    fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
        let (first, rest) = bytes.split_first_chunk::<N>()?;
        *bytes = rest;
        Some(*first)
    }
    fn text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
        let length = u32::from_le_bytes(take(bytes)?) as usize;
        let (text, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        std::str::from_utf8(text).ok()
    }
    let bytes = &mut bytes;
    let [server] = take(bytes)?;
    let server = ServerId::from_number(server.into())?;
    let number = u64::from_le_bytes(take(bytes)?);
    let request = match take(bytes)? {
        [0] => Request::Get { key: text(bytes)?.into() },
        [1] => {
            let (key, value) = (text(bytes)?.into(), text(bytes)?.into());
            Request::Put { key, value, version: Version(u64::from_le_bytes(take(bytes)?)) }
        }
        _ => return None,
    };
    bytes.is_empty().then(|| Op::new(OpId { server, number }, request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let id = OpId { server: ServerId::from_index(3), number: u64::MAX };
        for request in [
            Request::Get { key: "".into() },
            Request::Put { key: "k".into(), value: "v\u{e9}".into(), version: Version(7) },
        ] {
            let op = Op::new(id, request);
            let bytes = write(&op);
            assert_eq!(read(&bytes), Some(op));
            // Nothing that is cut short or has more is one, and no byte can be spared.
            (0..bytes.len()).for_each(|end| assert_eq!(read(&bytes[..end]), None));
            assert_eq!(read(&[&bytes[..], &[0]].concat()), None);
        }
    }
}
