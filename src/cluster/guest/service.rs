//! A service of the guest's own: what clients ask as JSON, and what it answers.

use serde::{Deserialize, Serialize};

use crate::cluster::network::{Reply, WrongLeader};
use crate::cluster::types::{Answer, Outcome, Request, Version};

/// A request, as it crosses the border.
#[derive(Serialize)]
#[serde(rename_all = "lowercase", tag = "type")]
enum Asked<'a> {
    Get { key: &'a str },
    Put { key: &'a str, value: &'a str, version: u64 },
}

/// What a get has found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    value: Box<str>,
    version: u64,
}

/// The version that a put has found, if it is not its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    version: u64,
}

/// The bytes of a request.
pub(super) fn request(request: &Request) -> Vec<u8> {
    let asked = match request {
        Request::Get { key } => Asked::Get { key },
        Request::Put { key, value, version } => Asked::Put { key, value, version: version.0 },
    };
    serde_json::to_vec(&asked).unwrap_or_default()
}

/// What an answer of this status and these bytes means to the client that has asked, or why it can't be.
pub(super) fn answer(request: &Request, status: i32, bytes: &[u8]) -> Result<Reply, String> {
    let is_get = matches!(request, Request::Get { .. });
    let nothing = || Answer { outcome: Outcome::Ok, value: "".into(), version: Version::ZERO };
    let done = match (status, request) {
        (0, Request::Get { .. }) => {
            let Found { value, version } =
                read(bytes, "a get that is done has found {\"value\":\"...\",\"version\":N}")?;
            Answer { outcome: Outcome::Ok, value: (*value).into(), version: Version(version) }
        }
        // Its version is the one that it asked for, and one more.
        (0, Request::Put { version, .. }) => Answer { version: version.next(), ..nothing() },
        (1, _) => Answer { outcome: Outcome::NoKey, ..nothing() },
        (2, _) if is_get => return Err("reply: status 2 (another version) to a get".into()),
        (2, _) => {
            let Other { version } = read(bytes, "a put has found {\"version\":N}")?;
            Answer { outcome: Outcome::Version, version: Version(version), ..nothing() }
        }
        (3, _) => return Ok(Reply::WrongLeader(WrongLeader::NotLeader)),
        (4, _) => return Ok(Reply::WrongLeader(WrongLeader::TimedOut)),
        _ => return Err(format!("reply: there is no status {status}, only 0 to 4")),
    };
    Ok(Reply::Done(done))
}

fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8], wanted: &str) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| {
        format!("reply: {wanted}, and these {} bytes are not that ({error})", bytes.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get() -> Request {
        Request::Get { key: "k".into() }
    }

    fn put() -> Request {
        Request::Put { key: "k\"\n".into(), value: "v".into(), version: Version(2) }
    }

    #[test]
    fn requests_are_json() {
        assert_eq!(request(&get()), br#"{"type":"get","key":"k"}"#);
        assert_eq!(request(&put()), br#"{"type":"put","key":"k\"\n","value":"v","version":2}"#);
    }

    #[test]
    fn an_answer_means_what_its_status_says_and_nonsense_is_named() {
        let done = |outcome, value: &str, version| {
            Reply::Done(Answer { outcome, value: value.into(), version: Version(version) })
        };
        let found = br#"{"value":"1","version":7}"#;
        for (request, status, bytes, reply) in [
            (get(), 0, &found[..], done(Outcome::Ok, "1", 7)),
            (put(), 0, b"", done(Outcome::Ok, "", 3)),
            (get(), 1, b"", done(Outcome::NoKey, "", 0)),
            (put(), 2, br#"{"version":9}"#, done(Outcome::Version, "", 9)),
            (put(), 3, b"", Reply::WrongLeader(WrongLeader::NotLeader)),
            (put(), 4, b"", Reply::WrongLeader(WrongLeader::TimedOut)),
        ] {
            assert_eq!(answer(&request, status, bytes), Ok(reply), "{request} {status}");
        }
        for (request, status, bytes, words) in [
            (get(), 0, &b"1"[..], "these 1 bytes are not that"),
            (get(), 2, b"", "status 2 (another version) to a get"),
            (put(), 2, b"", "a put has found {\"version\":N}, and these 0 bytes are not that"),
            (put(), 9, b"", "there is no status 9"),
        ] {
            let why = answer(&request, status, bytes).expect_err("nonsense");
            assert!(why.contains(words), "{why}");
        }
    }
}
