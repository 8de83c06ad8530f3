//! The regions of the screen that can have the focus.

/// A region of the screen that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    Map,
    Clients,
    Values,
    InFlight,
    #[default]
    Servers,
    Events,
    Script,
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
    /// Of the script.
    Lines,
    /// Time itself, from left to right.
    Time,
}

impl Pane {
    /// In the order in which `Tab` walks them, which is that of their declaration.
    pub const EVERY: [Self; 8] = [
        Self::Map,
        Self::Clients,
        Self::Values,
        Self::InFlight,
        Self::Servers,
        Self::Events,
        Self::Script,
        Self::Timeline,
    ];

    /// Its title, and what it lists.
    const fn row(self) -> (&'static str, Lists) {
        match self {
            Self::Map => ("Map", Lists::Servers),
            Self::Clients => ("Clients", Lists::Clients),
            Self::Values => ("Keys and values", Lists::Keys),
            Self::InFlight => ("In flight", Lists::Packets),
            Self::Servers => ("Servers and logs", Lists::Logs),
            Self::Events => ("Events", Lists::Events),
            Self::Script => ("Script", Lists::Lines),
            Self::Timeline => ("Timeline", Lists::Time),
        }
    }

    pub const fn name(self) -> &'static str {
        self.row().0
    }

    pub const fn lists(self) -> Lists {
        self.row().1
    }
}

#[cfg(test)]
mod tests {
    use super::Pane;

    #[test]
    fn every_pane_is_in_the_list_of_all_at_its_own_place() {
        for (place, pane) in Pane::EVERY.into_iter().enumerate() {
            assert_eq!(pane as usize, place, "{pane:?}");
        }
    }
}
