//! How the values of options are written.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::num::IntErrorKind;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use ratatui::layout::Size;

use crate::app::hunt::plan::OptionWord;
use crate::app::shell::hunt::SHARES_MAX;
use crate::app::shell::terminal::SIZE_MAX;
use crate::cluster::command::{Pace, meant};
use crate::cluster::flaw::{FLAWS, Flaw};
use crate::cluster::network::Network;
use crate::ui::layout;

pub fn network(text: &str) -> Result<Network, String> {
    Network::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Network::ALL.map(Network::name).to_vec();
        format!("expected one of {}{}", names.join(", "), meant(text, names.iter().copied()))
    })
}

const PORT: u16 = 8080;

/// "0.0.0.0:8080": where to listen; without a port at this one, that a firewall can be told.
pub fn audience(text: &str) -> Result<SocketAddr, String> {
    let whole = || text.parse::<SocketAddr>().ok();
    let alone = || text.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, PORT));
    whole().or_else(alone).ok_or_else(|| {
        "expected an address of this machine and a port: 0.0.0.0:8080 for all who reach it, \
         127.0.0.1:8080 for this machine alone"
            .to_owned()
    })
}

pub fn flaw(text: &str) -> Result<Flaw, String> {
    let names = || FLAWS.iter().map(|about| about.flaw.name());
    Flaw::from_name(text).ok_or_else(|| match meant(text, names()) {
        meant if meant.is_empty() => "there is no such flaw; `raftlab flaws` lists them".into(),
        meant => format!("there is no such flaw{meant}"),
    })
}

/// A whole number within these bounds.
pub fn number<T>(bounds: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Clone,
{
    move |text| {
        text.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(|| {
            format!("expected a whole number from {} to {}", bounds.start(), bounds.end())
        })
    }
}

/// A seed.
pub fn seed(text: &str) -> Result<u64, String> {
    number(0..=u64::MAX)(text)
}

/// What `--option` can say.
pub fn option_help() -> String {
    let (raft, more): (Vec<OptionWord>, Vec<OptionWord>) =
        OptionWord::all().partition(|word| matches!(word, OptionWord::One(_)));
    let raft: Vec<String> = raft.into_iter().map(OptionWord::said).collect();
    let more: Vec<String> =
        more.into_iter().map(|word| format!("{}: {}", word.said(), word.does())).collect();
    format!(
        "All servers keep this option of Raft ({}), or the runs have what else it names: {}. May be said \
         more than once",
        raft.join(", "),
        more.join("; ")
    )
}

pub fn shard(text: &str) -> Result<(u64, u64), String> {
    const EXPECTED: &str = "expected a share and their number as in 3/8";
    let (share, of) = text.split_once('/').ok_or(EXPECTED)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| EXPECTED);
    match (number(share)?, number(of)?) {
        (share, of) if share >= 1 && share <= of && of <= SHARES_MAX => Ok((share, of)),
        (_, of) if of > SHARES_MAX => Err(format!("expected {SHARES_MAX} shares at most")),
        (share, of) => Err(format!("there is no share {share} of {of}: they count from 1")),
    }
}

/// "60s", "0.5m", "1h": a length of time in the room.
pub fn limit(text: &str) -> Result<Duration, String> {
    const EXPECTED: &str = "expected a length of time such as 500ms, 60s, 5m or 1h, 1000h at most";
    let units = [("ms", 1.0), ("s", 1e3), ("m", 60e3), ("h", 3_600e3)];
    let of = |(unit, millis): (&str, f64)| {
        let number = text.strip_suffix(unit)?.parse::<f64>().ok()?;
        Some((number * millis).round()).filter(|millis| (1.0..=3_600e6).contains(millis))
    };
    let millis = units.into_iter().find_map(of).ok_or(EXPECTED)?;
    Ok(Duration::from_millis(millis as u64))
}

pub fn pace(text: &str) -> Result<Pace, String> {
    let expected = || {
        let word = text.rsplit('-').next().unwrap_or_default();
        let meant = meant(word, ["auto", "real", "slower", "faster"]);
        format!("expected auto, real, or a number and a word such as 40-slower{meant}")
    };
    let times = |number: &str| match number.parse() {
        Ok(times @ 1..=1_000) => Ok(times),
        Ok(_) | Err(_) => Err("expected a number from 1 to 1000 before the word".to_owned()),
    };
    match text.split_once('-') {
        None if text == "auto" => Ok(Pace::Auto),
        None if text == "real" => Ok(Pace::Real),
        Some((number, "slower")) => times(number).map(Pace::Slower),
        Some((number, "faster")) => times(number).map(Pace::Faster),
        _ => Err(expected()),
    }
}

pub fn seeds(text: &str) -> Result<std::ops::Range<u64>, String> {
    let number = |text: &str| {
        text.parse::<u64>().map_err(|error| match error.kind() {
            IntErrorKind::PosOverflow => format!("{text} is too large: {} is the most", u64::MAX),
            _ => "expected two numbers as in 1..101, the seeds 1 to 100".to_owned(),
        })
    };
    let (first, end) = text.split_once("..").unwrap_or((text, ""));
    let (first, end) = (number(first)?, number(end)?);
    if first < end {
        Ok(first..end)
    } else {
        Err(format!("there is no seed from {first} up to, but not including, {end}"))
    }
}

/// "4.855s", "4.855" or "700ms": a length of time in the room.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1_000.0),
        None => (text.strip_suffix('s').unwrap_or(text), 1_000_000.0),
    };
    let micros = number.parse::<f64>().ok().map(|number| (number * unit).round());
    micros
        .filter(|micros| (0.0..=86_400_000_000.0).contains(micros))
        .map(|micros| Duration::from_micros(micros as u64))
        .ok_or_else(|| "expected a time such as 4.855s or 700ms, a day at most".into())
}

/// "120x40": a terminal in which there is room for the lab.
pub fn size(text: &str) -> Result<Size, String> {
    let (least, most) = (layout::MIN, SIZE_MAX);
    let expected = || {
        format!(
            "expected columns and rows such as 120x40, from {}x{} to {}x{}",
            least.width, least.height, most.width, most.height
        )
    };
    let (width, height) = text.split_once('x').ok_or_else(expected)?;
    let number = |text: &str, bounds: RangeInclusive<u16>| {
        text.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(expected)
    };
    Ok(Size {
        width: number(width, least.width..=most.width)?,
        height: number(height, least.height..=most.height)?,
    })
}
