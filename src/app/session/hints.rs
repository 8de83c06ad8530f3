//! The keys that make sense now: what the footer shows, most useful first.

use super::{Mode, Session};
use crate::app::keymap::{
    Action, Binding, Jump, Keymap, Link, Look, Normal, Packet, Partition, Presenter, Prompt,
    Question,
};
use crate::cluster::server::Power;
use crate::ui::view::{Hint, Pane, Stage, Stands};

/// The first key of an action and the word for it; `None` for actions without one.
pub(super) fn hint(keys: Keymap, action: Action) -> Option<Hint> {
    let binding = keys.binding_of(action)?;
    Some(Hint::new(binding.key(), binding.short))
}

impl Session {
    /// The rows of the keymap that the footer shows now.
    pub(super) fn hinted(&self) -> Vec<&'static Binding> {
        let actions = match &self.mode {
            Mode::Normal if self.presents() => {
                presenter_hints().chain(self.normal_hints()).collect()
            }
            Mode::Normal => self.normal_hints(),
            Mode::Jump(_) => jump_hints(),
            Mode::Packet => packet_hints(),
            Mode::Partition(_) => partition_hints(),
            Mode::Link(_) => link_hints(),
            Mode::Prompt(_) => prompt_hints(),
            Mode::Reading(reading) => reading.keys().iter().copied().map(Action::Dialog).collect(),
            Mode::Asking(_) => [Question::Yes, Question::No].map(Action::Question).to_vec(),
        };
        let allowed = actions.into_iter().filter(|action| self.is_allowed(*action));
        allowed.filter_map(|action| self.keys.binding_of(action)).collect()
    }

    /// A hint of the footer: beside the selected server's name if it acts on that.
    pub(super) fn footer_hint(&self, binding: &Binding) -> Hint {
        let acts_on_selected = matches!(
            binding.action,
            Action::Normal(
                Normal::Crash
                    | Normal::Restart
                    | Normal::SleepOrWake
                    | Normal::Isolate
                    | Normal::Timeout
                    | Normal::Wipe
                    | Normal::Why
            )
        );
        let acts_on_selected = acts_on_selected && !self.is_stopped_for_good();
        let about = self.view.selection.server.filter(|_| acts_on_selected);
        Hint { about, ..Hint::new(binding.key(), self.hint_word(binding)) }
    }

    /// What the hint says: its row's word, or a closer one.
    fn hint_word(&self, binding: &Binding) -> &'static str {
        if let Action::Normal(key) = binding.action
            && let Some((_, words)) = self.tip(&[key]).filter(|_| self.is_first_tip(key))
        {
            return words;
        }
        match binding.action {
            Action::Normal(Normal::ToggleTime) => match self.halt {
                None if self.is_held() => "go on",
                None => "stop",
                Some(_) if self.may_reveal() => "reveal",
                Some(_) if self.question_stage() == Some(Stage::Asked) => "answer",
                Some(Stands::Beat { .. }) => "next",
                Some(_) => "resume",
            },
            Action::Normal(Normal::PreviousLine) if self.has_departed() => "back to script",
            Action::Normal(Normal::Inspect) if self.view.focus == Pane::Script => "go there",
            Action::Packet(Packet::ByHand) if self.cluster.is_by_hand() => "end by hand",
            Action::Normal(Normal::Isolate) if self.selected_is_cut_off() => "join",
            Action::Normal(Normal::SleepOrWake) => match self.selected_power() {
                Some(Power::Asleep) => "wake",
                Some(Power::Up | Power::Down) | None => "sleep",
            },
            _ => binding.short,
        }
    }

    /// Whether a tip is about this key now: the footer has one at a time.
    fn is_first_tip(&self, key: Normal) -> bool {
        self.hinted.iter().find_map(|binding| match binding.action {
            Action::Normal(other) => self.tip(&[other]).map(|(tip, _)| tip),
            _ => None,
        }) == Some(key)
    }

    /// The footer leaves out what has no room, but keeps the last.
    fn normal_hints(&self) -> Vec<Action> {
        let undo = if self.undone.is_empty() { Normal::Undo } else { Normal::Redo };
        let can = self.timeline.end().deeds > 0 || undo == Normal::Redo;
        let undo = can.then_some(undo);
        if self.is_stopped_for_good() {
            // Nothing that acts could show what comes of it.
            let script = self.cluster.script().map(|_| Normal::PreviousLine);
            let keys = [Normal::Why, Normal::StepBack].into_iter().chain(script).chain(undo);
            return keys.map(Action::Normal).chain(looking_hints()).collect();
        }
        if self.cluster.is_observed() {
            let keys = [
                Normal::ToggleTime,
                Normal::Why,
                Normal::StepShown,
                Normal::StepBack,
                Normal::Slower,
                Normal::Faster,
                Normal::Prompt,
            ];
            return keys.map(Action::Normal).into_iter().chain(looking_hints()).collect();
        }
        let by_hand = self.cluster.is_by_hand();
        // By hand, only the lines of a script can go on.
        let goes_on = !self.rests_by_hand();
        let mut keys = Vec::new();
        if by_hand {
            keys.push(Normal::PacketMode);
        }
        if goes_on {
            keys.push(Normal::ToggleTime);
        }
        // Who has left a lesson by acting may not know the way back.
        let departed = self.cluster.script().is_some() && self.has_departed();
        keys.extend(departed.then_some(Normal::PreviousLine));
        if self.view.focus == Pane::Script && self.view.selection.line.is_some() {
            keys.push(Normal::Inspect);
        }
        keys.extend_from_slice(match self.selected_power() {
            Some(Power::Up) => &[Normal::Crash, Normal::Isolate, Normal::Timeout, Normal::Why],
            Some(Power::Down) => &[Normal::Restart, Normal::Wipe, Normal::Why],
            Some(Power::Asleep) => &[Normal::SleepOrWake, Normal::Crash, Normal::Why],
            None if self.cluster.leader().is_some() => &[Normal::CrashLeader],
            None => &[],
        });
        let power = |power| self.cluster.servers().iter().filter(move |one| one.power == power);
        if power(Power::Down).count() + power(Power::Asleep).count() > 1 {
            keys.push(Normal::RestartAll);
        }
        let cut = self.cluster.groups().len() > 1;
        let parts = self.is_allowed(Action::Normal(Normal::PartitionMode));
        keys.push(match (cut, parts) {
            (true, _) => Normal::Heal,
            (false, true) => Normal::PartitionMode,
            // In a challenge that allows single links alone.
            (false, false) => Normal::LinkMode,
        });
        keys.extend(undo);
        if self.cluster.plays_a_script() {
            keys.extend(goes_on.then_some(Normal::NextLine));
            keys.extend((!departed).then_some(Normal::PreviousLine));
        }
        keys.extend([Normal::Write, Normal::Read]);
        // While lab time stands for good, nothing comes next, and at no pace.
        if goes_on {
            keys.extend([Normal::StepShown, Normal::StepBack, Normal::Slower, Normal::Faster]);
        } else {
            keys.push(Normal::StepBack);
        }
        keys.push(Normal::Prompt);
        // What one has not tried yet comes first, but for what stops and goes on.
        if let Some((tip, _)) = self.tip(&keys) {
            keys.retain(|key| *key != tip);
            keys.insert(usize::from(goes_on), tip);
        }
        keys.into_iter().map(Action::Normal).chain(looking_hints()).collect()
    }

    /// A rule is broken here or an expectation has failed: `w` tells about that.
    fn is_stopped_for_good(&self) -> bool {
        self.cluster.violation().is_some() || self.cluster.failure().is_some()
    }

    fn selected_power(&self) -> Option<Power> {
        let id = self.view.selection.server?;
        self.cluster.server(id).map(|server| server.power)
    }

    fn selected_is_cut_off(&self) -> bool {
        let selected = self.view.selection.server;
        let alone = |id| {
            let groups = self.cluster.groups();
            groups.len() > 1 && groups.iter().any(|group| group.len() == 1 && group.contains(id))
        };
        selected.is_some_and(alone)
    }
}

fn looking_hints() -> impl Iterator<Item = Action> {
    let looks = [Look::NextPane, Look::NextLayout].map(Action::Look);
    let rest = [Normal::Filter, Normal::Leave, Normal::Help].map(Action::Normal);
    looks.into_iter().chain(rest)
}

fn presenter_hints() -> impl Iterator<Item = Action> {
    use Presenter as P;
    [P::Next, P::Previous, P::Black, P::Leave].map(Action::Presenter).into_iter()
}

fn jump_hints() -> Vec<Action> {
    use Jump as J;
    [J::Packet, J::Commit, J::Role, J::Answer, J::Fault, J::Line, J::Broken, J::Bookmark, J::Leave]
        .map(Action::Jump)
        .to_vec()
}

fn packet_hints() -> Vec<Action> {
    use Packet as P;
    let keys = [
        P::Deliver,
        P::Next,
        P::Timer,
        P::ByHand,
        P::Drop,
        P::DeliverAll,
        P::Write,
        P::Duplicate,
        P::Hold,
        P::Delay,
    ];
    let rest = [P::Retry, P::Disks, P::Undo, P::Why, P::Leave];
    keys.into_iter().chain(rest).map(Action::Packet).collect()
}

fn partition_hints() -> Vec<Action> {
    use Partition as P;
    [P::Server, P::Client, P::LeaderAndOne, P::Random, P::Cut, P::Heal, P::Escape]
        .map(Action::Partition)
        .to_vec()
}

fn link_hints() -> Vec<Action> {
    use Link as L;
    [
        L::Server,
        L::All,
        L::Cut,
        L::CutBoth,
        L::Mend,
        L::Loss,
        L::Delay,
        L::Duplicate,
        L::Hold,
        L::Leave,
    ]
    .map(Action::Link)
    .to_vec()
}

fn prompt_hints() -> Vec<Action> {
    use Prompt as P;
    [P::Run, P::Complete, P::Older, P::Search, P::Close].map(Action::Prompt).to_vec()
}
