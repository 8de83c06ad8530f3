//! The regions of the screen that can have the focus.

use crate::cluster::types::first;
use strum::{EnumCount, VariantArray};

/// A region of the screen that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumCount, VariantArray)]
pub enum Pane {
    Map,
    Clients,
    Values,
    InFlight,
    #[default]
    Servers,
    Events,
    Script,
    Diagram,
    Links,
    Inspector,
    Quorum,
    Client,
    Timeline,
}

/// What one walks over in a pane: what the arrow keys select, and what `Enter` opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    Servers,
    /// Servers from top to bottom, and the entries of the selected one from side to side.
    Logs,
    Clients,
    Keys,
    Packets,
    Events,
    /// Rows to read, about a server; from side to side, another server.
    OfServer,
    /// The same about a client.
    OfClient,
    /// Ways from one to another: rows of senders, columns of receivers.
    Links,
    /// Events from top to bottom, and columns from side to side.
    Diagram,
    /// Of the script.
    Lines,
    /// Time itself, from left to right.
    Time,
}

impl Pane {
    /// In the order in which `Tab` walks them, which is that of their declaration.
    pub const EVERY: [Self; Self::COUNT] = first(Self::VARIANTS);

    /// Its title, its word at the prompt, and what it lists.
    const fn row(self) -> (&'static str, &'static str, Lists) {
        match self {
            Self::Map => ("Map", "map", Lists::Servers),
            Self::Clients => ("Clients", "clients", Lists::Clients),
            Self::Values => ("Keys and values", "values", Lists::Keys),
            Self::InFlight => ("In flight", "packets", Lists::Packets),
            Self::Servers => ("Servers and logs", "logs", Lists::Logs),
            Self::Events => ("Events", "events", Lists::Events),
            Self::Script => ("Script", "script", Lists::Lines),
            Self::Diagram => ("Events in space and time", "diagram", Lists::Diagram),
            Self::Links => ("Links", "links", Lists::Links),
            Self::Inspector => ("Server", "server", Lists::OfServer),
            Self::Quorum => ("Quorum", "quorum", Lists::OfServer),
            Self::Client => ("Client", "client", Lists::OfClient),
            Self::Timeline => ("Timeline", "timeline", Lists::Time),
        }
    }

    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// What `:show` calls it.
    pub const fn word(self) -> &'static str {
        self.row().1
    }

    pub const fn lists(self) -> Lists {
        self.row().2
    }
}
