//! How a server looks on the map. Shape, letter and fill say what it is; its hue says in which
//! term it believes to be.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::places::Form;
use crate::cluster::Cluster;
use crate::cluster::server::Server;
use crate::cluster::types::{ServerId, Term};
use crate::ui::canvas::Canvas;
use crate::ui::reading::{Standing, linked};
use crate::ui::theme::Theme;

/// The box around it: top left, top right, bottom left, bottom right, across, down.
const fn sides(standing: Standing) -> Option<[char; 6]> {
    match standing {
        Standing::Leader | Standing::OldLeader => Some(['╔', '╗', '╚', '╝', '═', '║']),
        Standing::Candidate | Standing::Follower | Standing::Asleep => {
            Some(['┌', '┐', '└', '┘', '─', '│'])
        }
        Standing::Down => None,
    }
}

/// What a pill begins and ends with.
const fn brackets(standing: Standing) -> (char, char) {
    match standing {
        Standing::Leader | Standing::OldLeader => ('<', '>'),
        Standing::Candidate | Standing::Follower | Standing::Asleep => ('[', ']'),
        Standing::Down => (' ', ' '),
    }
}

/// A server with everything that its looks depend on.
pub struct Face<'a> {
    server: &'a Server,
    cluster: &'a Cluster,
    standing: Standing,
    selected: bool,
}

impl<'a> Face<'a> {
    pub fn new(server: &'a Server, cluster: &'a Cluster, selected: Option<ServerId>) -> Self {
        let standing = Standing::of(cluster, server);
        Self { server, cluster, standing, selected: selected == Some(server.id) }
    }

    /// Draws it over whatever is there.
    pub fn draw(&self, canvas: &mut Canvas<'_>, place: Rect, form: Form) {
        canvas.clear(place);
        match form {
            Form::Box => self.boxed(canvas, place),
            Form::Pill | Form::Grid => self.pill(canvas, place),
            Form::Small => self.small(canvas, place),
        }
    }

    /// What its outline is drawn in.
    fn outline(&self, theme: Theme) -> Style {
        match self.standing {
            Standing::Leader => theme.filled(self.server.raft.term),
            Standing::OldLeader => theme.edge(self.server.raft.term),
            Standing::Candidate | Standing::Follower => theme.plain(),
            Standing::Down | Standing::Asleep => theme.dim(),
        }
    }

    /// What is written inside. An old leader has its hue on the outline only.
    fn letters(&self, theme: Theme) -> Style {
        match self.standing {
            Standing::Leader => theme.filled(self.server.raft.term),
            Standing::OldLeader | Standing::Candidate | Standing::Follower => theme.plain(),
            Standing::Down | Standing::Asleep => theme.dim(),
        }
    }

    /// The name stands out when it is selected.
    fn name(&self, theme: Theme) -> Style {
        if self.selected {
            let lift = Modifier::BOLD | Modifier::UNDERLINED;
            self.letters(theme).remove_modifier(Modifier::DIM).add_modifier(lift)
        } else {
            self.letters(theme)
        }
    }

    fn term_style(&self, theme: Theme) -> Style {
        match self.standing {
            Standing::Leader => theme.filled(self.server.raft.term),
            Standing::OldLeader | Standing::Candidate | Standing::Follower => {
                theme.number(self.server.raft.term)
            }
            Standing::Down | Standing::Asleep => theme.dim(),
        }
    }

    fn boxed(&self, canvas: &mut Canvas<'_>, place: Rect) {
        let theme = canvas.theme();
        if let Some(sides) = sides(self.standing) {
            self.frame(canvas, place, sides);
        }
        let inside = Rect { x: place.x + 1, y: place.y + 1, width: place.width - 2, height: 1 };
        let term = short_term(self.server.raft.term);
        let before = if self.selected { '►' } else { ' ' };
        let mut pen = canvas.pen(inside, 0);
        pen.style(self.letters(theme)).put(before).put(self.standing.mark()).put(' ');
        pen.style(self.name(theme)).put(self.server.id);
        let column = (inside.width - 1).saturating_sub(term.len() as u16);
        let mut pen = canvas.pen(inside, 0);
        pen.column(column).style(self.term_style(theme)).put(term);
        let below = Rect { x: place.x + 2, y: place.y + 2, width: place.width - 4, height: 1 };
        match self.standing {
            Standing::Candidate => self.votes(canvas, below),
            Standing::Asleep => self.inbox(canvas, below),
            Standing::Leader | Standing::OldLeader | Standing::Follower | Standing::Down => {}
        }
    }

    fn frame(&self, canvas: &mut Canvas<'_>, place: Rect, sides: [char; 6]) {
        let (outline, letters) = (self.outline(canvas.theme()), self.letters(canvas.theme()));
        let [top_left, top_right, bottom_left, bottom_right, across, down] = sides;
        let rows = [
            (top_left, across, top_right, outline),
            (down, ' ', down, letters),
            (bottom_left, across, bottom_right, outline),
        ];
        for (row, (left, middle, right, inside)) in (0..).zip(rows) {
            let mut pen = canvas.pen(place, row);
            pen.style(outline).put(left).style(inside);
            for _ in 2..place.width {
                pen.put(middle);
            }
            pen.style(outline).put(right);
        }
    }

    /// How many packets wait until a sleeping server wakes.
    fn inbox(&self, canvas: &mut Canvas<'_>, row: Rect) {
        let count = self.server.inbox.len();
        if count > 0 {
            let words = format!(" {count} wait ");
            let dim = canvas.theme().dim();
            canvas.pen(row, 0).style(dim).put(words);
        }
    }

    /// A candidate's votes by place: held, asked for, refused, or cut off. Only if all fit.
    fn votes(&self, canvas: &mut Canvas<'_>, row: Rect) {
        let count = self.cluster.servers().len();
        if count + 2 > usize::from(row.width) {
            return;
        }
        let raft = &self.server.raft;
        let style = canvas.theme().bold();
        let mut pen = canvas.pen(row, 0);
        pen.style(style).put(' ');
        for other in self.cluster.servers() {
            pen.put(match other.id {
                id if id == self.server.id || raft.votes.contains(id) => '+',
                id if raft.refusals.contains(id) => '-',
                id if !linked(self.cluster, self.server.id, id) => '╳',
                _ => '·',
            });
        }
        pen.put(' ');
    }

    fn pill(&self, canvas: &mut Canvas<'_>, place: Rect) {
        let theme = canvas.theme();
        let (left, right) = brackets(self.standing);
        let term = short_term(self.server.raft.term);
        let name = self.server.id.to_string();
        // A long term takes the blank before it.
        let gap = usize::from(name.len() + term.len() + 5 <= usize::from(place.width));
        let between = if self.selected { '►' } else { ' ' };
        let mut pen = canvas.pen(place, 0);
        pen.style(self.outline(theme)).put(left);
        pen.style(self.letters(theme)).put(self.standing.mark()).put(between);
        pen.style(self.name(theme)).put(name).style(self.letters(theme)).put(&" "[..gap]);
        pen.style(self.term_style(theme)).put(term);
        pen.style(self.outline(theme)).put(right);
    }

    fn small(&self, canvas: &mut Canvas<'_>, place: Rect) {
        let theme = canvas.theme();
        let term = short_term(self.server.raft.term);
        let name = self.server.id.to_string();
        let gap = usize::from(name.len() + term.len() + 2 <= usize::from(place.width));
        let mut pen = canvas.pen(place, 0);
        pen.style(self.letters(theme)).put(self.standing.mark());
        pen.style(self.name(theme)).put(name).style(self.letters(theme)).put(&" "[..gap]);
        pen.style(self.term_style(theme)).put(term);
    }
}

/// "t4"; from 1000 on in thousands, "t12k", and so on: at most five columns.
fn short_term(term: Term) -> String {
    const UNITS: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
    let mut number = term.0;
    let mut unit = 0;
    while number >= 1_000 {
        number /= 1_000;
        unit += 1;
    }
    format!("t{number}{}", UNITS[unit])
}
