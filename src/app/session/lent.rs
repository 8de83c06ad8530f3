//! The futures of a question, played by somebody else: in a browser by a Worker, so that the page draws
//! and answers meanwhile. The other has a copy of this session, plays and tells how far it is; which futures
//! they are depends on the state alone, so it is the same answer, whoever finds it.

use std::fmt;

use super::Session;
use super::reroll::Reroll;
use super::work::Work;

/// How many futures were played, and what came of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Futures {
    played: u32,
    /// How many ended early.
    ended: u32,
    /// The seed of the first in which something came true.
    first: Option<u64>,
    /// In how many each of what was asked came true.
    hits: Vec<u32>,
}

/// "PLAYED ENDED FIRST HITS…", with `-` where there is no first.
impl fmt::Display for Futures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.played, self.ended)?;
        match self.first {
            Some(first) => write!(f, "{first}")?,
            None => f.write_str("-")?,
        }
        self.hits.iter().try_for_each(|hits| write!(f, " {hits}"))
    }
}

impl Futures {
    /// What [`Futures`] print.
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let played = words.next()?.parse().ok()?;
        let ended = words.next()?.parse().ok()?;
        let first = match words.next()? {
            "-" => None,
            word => Some(word.parse().ok()?),
        };
        let hits = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
        Some(Self { played, ended, first, hits })
    }
}

impl Session {
    fn reroll_under_way(&mut self) -> Option<&mut Reroll> {
        match &mut self.work {
            Some(Work::Reroll(reroll)) => Some(reroll),
            Some(_) | None => None,
        }
    }

    /// Leaves the futures that are under way to somebody with a copy of this session. False if there are
    /// none, or somebody has them already.
    pub fn lend_futures(&mut self) -> bool {
        self.reroll_under_way().is_some_and(|reroll| !std::mem::replace(&mut reroll.lent, true))
    }

    /// Whether somebody else plays futures for this session.
    pub fn has_lent_futures(&self) -> bool {
        matches!(&self.work, Some(Work::Reroll(reroll)) if reroll.lent)
    }

    /// Plays the rest of them here.
    pub fn take_futures_back(&mut self) {
        if let Some(reroll) = self.reroll_under_way() {
            reroll.lent = false;
        }
    }

    /// In the copy: plays on, and gives how far it is.
    pub fn play_lent(&mut self, mut steps: u32) -> Option<Futures> {
        let reroll = self.reroll_under_way()?;
        reroll.work(&mut steps);
        let Reroll { played, ended, first, .. } = *reroll;
        Some(Futures { played, ended, first, hits: reroll.hits.clone() })
    }

    /// What the other tells.
    pub fn hear_of_futures(&mut self, futures: Futures) {
        let Some(reroll) = self.reroll_under_way() else { return };
        let fits = reroll.lent
            && futures.hits.len() == reroll.hits.len()
            && (reroll.played..=reroll.wanted).contains(&futures.played);
        if fits {
            let Futures { played, ended, first, hits } = futures;
            (reroll.played, reroll.ended, reroll.first) = (played, ended, first);
            reroll.hits = hits;
        }
    }
}
