//! Who votes, and who only learns.

use super::{Group, Scope, Verb};
use crate::cluster::command::reader::{Parsed, Reader};
use crate::cluster::command::who::Clients;
use crate::cluster::command::{Command, Deed};

/// One verb about members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberAct {
    /// These are to vote too.
    Add,
    /// These are members no more.
    Remove,
    /// These are to vote, and nobody else.
    Become,
    /// These copy the log, and have no vote.
    Learn,
}

impl MemberAct {
    /// How it is written.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Add => "member add",
            Self::Remove => "member remove",
            Self::Become => "members",
            Self::Learn => "learner",
        }
    }
}

pub(super) static ROWS: [Verb; 3] = [
    Verb {
        name: "member",
        group: Group::Members,
        scope: Scope::Act,
        usage: &["member add WHO...", "member remove WHO..."],
        summary: "gives servers a vote, or takes them out",
        help: "\
Who is added first copies the log as a learner; once it has caught up (a round of copying took less than the \
shortest election timeout, dissertation §4.2.1), it gets its vote. What is to come stands in the entry, so a \
new leader goes on with it. Where a server has not answered for five election timeouts, or has not caught up \
in ten rounds, the leader gives the change up.

A server that is removed gets no more messages. It stays in the lab, and `member add` takes it in again. A leader that \
is removed steps down once that is committed (§4.2.2 there).",
        options: &[],
        examples: &["member add S6", "member remove S2", "member add S6 S7", "member remove leader"],
        parse: member,
    },
    Verb {
        name: "members",
        group: Group::Members,
        scope: Scope::Act,
        usage: &["members WHO..."],
        summary: "makes these servers those who vote, and no others",
        help: "\
Any servers may take the place of any others at once: majorities of the old and of the new voters decide \
together, until all new ones know of it (joint consensus, dissertation §4.3). Learners remain learners.",
        options: &[],
        examples: &["members S1 S2 S6", "members S4 S5 S6"],
        parse: |reader| members(reader, MemberAct::Become),
    },
    Verb {
        name: "learner",
        group: Group::Members,
        scope: Scope::Act,
        usage: &["learner WHO..."],
        summary: "lets servers copy the log without a vote",
        help: "\
A learner counts for no majority, and does not stand for election (dissertation §4.2.1). `member add` gives \
it a vote; a voter that becomes a learner loses its own.",
        options: &[],
        examples: &["learner S6", "learner S4 S5"],
        parse: |reader| members(reader, MemberAct::Learn),
    },
];

fn member(reader: &mut Reader<'_>) -> Parsed<Command> {
    if reader.keyword("add") {
        members(reader, MemberAct::Add)
    } else if reader.keyword("remove") {
        members(reader, MemberAct::Remove)
    } else {
        reader.fail()
    }
}

fn members(reader: &mut Reader<'_>, act: MemberAct) -> Parsed<Command> {
    Some(Deed::Members(act, reader.who_list(Clients::Refused, &[])?).into())
}
