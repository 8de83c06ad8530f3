//! The state of the cluster in sentences, the most important first.

use crate::cluster::Cluster;
use crate::cluster::client::Client;
use crate::cluster::command::Fault;
use crate::cluster::raft::{RaftOption, Role, brief};
use crate::cluster::server::{Power, Server};
use crate::cluster::situation::{Situation, Standing, Stuck};
use crate::cluster::time::Span;
use crate::cluster::types::{Node, ServerId, ServerSet};
use crate::ui::reading;
use crate::ui::text::{Short, listed};

/// A client that waits longer than this is worth a word.
const LONG_WAIT: Span = Span::from_millis(200);
/// The most clients that are named.
const NAMED_MAX: usize = 3;

/// The state in sentences, the most important first.
pub fn sentences(cluster: &Cluster) -> Vec<String> {
    let mut sentences = Vec::new();
    match cluster.newest_leader() {
        Some(leader) => leads(cluster, leader, &mut sentences),
        None => sentences.push(leaderless(cluster)),
    }
    if cluster.is_by_hand() {
        sentences.push("Manual mode: nothing moves until you deliver it.".to_owned());
    }
    sentences.extend(chaos(cluster));
    sentences.extend(members(cluster));
    groups(cluster, &mut sentences);
    old_leaders(cluster, &mut sentences);
    power(cluster, &mut sentences);
    candidates(cluster, &mut sentences);
    waiting(cluster, &mut sentences);
    sentences
}

/// "Members change from S1-3 to S1-4: majorities of both decide together."
fn members(cluster: &Cluster) -> Option<String> {
    if cluster.all_vote() {
        return None;
    }
    let all = cluster.configuration();
    let learns = |them: ServerSet| if them.len() == 1 { "learns" } else { "learn" };
    Some(match (all.old(), all.next(), all.learners()) {
        (Some(old), _, _) => format!(
            "Members change from {} to {}: majorities of both decide together.",
            brief(old),
            brief(all.new_voters())
        ),
        (None, Some(next), _) => {
            let fresh = next.without(all.voters());
            format!("{} {} before voting.", named(fresh), learns(fresh))
        }
        (None, None, ServerSet::EMPTY) => format!("Those who vote are {}.", brief(all.voters())),
        (None, None, learners) => format!(
            "Those who vote are {}; {} {}.",
            brief(all.voters()),
            brief(learners),
            learns(learners)
        ),
    })
}

/// "Chaos: crashes, cuts and 3 more kinds of faults."
fn chaos(cluster: &Cluster) -> Option<String> {
    let faults: Vec<&str> = cluster.chaos()?.faults().map(Fault::name).collect();
    let named = faults[..faults.len().min(NAMED_MAX)].join(", ");
    Some(match faults.len() - faults.len().min(NAMED_MAX) {
        0 => format!("Chaos: {named}."),
        1 => format!("Chaos: {named} and one more kind of fault."),
        more => format!("Chaos: {named} and {more} more kinds of faults."),
    })
}

/// "S2 leads term 4 with S1 and S3."
fn leads(cluster: &Cluster, leader: &Server, sentences: &mut Vec<String>) {
    let followers: ServerSet = cluster
        .servers()
        .iter()
        .filter(|server| follows(cluster, server, leader))
        .map(|server| server.id)
        .collect();
    let linked: ServerSet = cluster
        .servers()
        .iter()
        .filter(|server| server.is_running() && reading::linked(cluster, leader.id, server.id))
        .map(|server| server.id)
        .collect();
    let (id, term) = (leader.id, leader.raft.term());
    let reach = linked.union(ServerSet::only(id));
    let (reached, servers) = cluster.configuration_of(leader).voting(reach);
    let lacking = if !leader.raft.counts_by().has_quorum(reach) {
        format!(": {reached} of {servers}, no majority")
    } else {
        String::new()
    };
    let told = cluster
        .packets()
        .iter()
        .any(|packet| packet.from == Node::Server(id) && matches!(packet.to, Node::Server(_)));
    let yet = if told { " yet" } else { "" };
    // Who heard of it and is cut off since follows it no more.
    let heard = |server: &Server| server.id != id && server.raft.leader() == Some(id);
    let obeys = match cluster.servers().iter().any(heard) {
        true => "follows it",
        false => "has heard from it",
    };
    sentences.push(if !followers.is_empty() {
        format!("{id} leads term {term} with {}{lacking}.", named(followers))
    } else if reach.len() > 1 {
        format!("{id} leads term {term}; no other server {obeys}{yet}{lacking}.")
    } else {
        format!("{id} leads term {term}, alone{lacking}.")
    });
    if let Some(transfer) = leader.raft.transfer() {
        sentences.push(format!("It hands over to {}, and takes no requests.", transfer.to));
    }
}

/// A server that is no member obeys nobody's configuration, whom it last heard or not.
fn follows(cluster: &Cluster, server: &Server, leader: &Server) -> bool {
    server.id != leader.id
        && cluster.configuration_of(leader).members().contains(server.id)
        && server.is_running()
        && server.raft.term() == leader.raft.term()
        && server.raft.leader() == Some(leader.id)
        && reading::linked(cluster, leader.id, server.id)
}

fn leaderless(cluster: &Cluster) -> String {
    let running = cluster.servers().iter().filter(|server| server.is_running());
    let (running, all) = (running.map(|server| server.id).collect(), cluster.configuration());
    if !all.has_quorum(running) {
        let (more, (running, servers)) = (all.lacks(running), cluster.voting(running));
        let are = if more == 1 { "is" } else { "are" };
        return format!("No leader: {running} of {servers} servers run, {more} more {are} needed.");
    }
    let standing = newest_candidates(cluster).count();
    match standing {
        0 => format!("No leader. {}", calm(cluster)),
        1 => "No leader yet: an election.".to_owned(),
        _ => format!("No leader yet: {standing} candidates share the votes."),
    }
}

/// What comes next where nobody asks for votes.
fn calm(cluster: &Cluster) -> String {
    let running = || cluster.servers().iter().filter(|server| server.is_running());
    let asking: ServerSet = running()
        .filter(|server| server.raft.role() == Role::PreCandidate)
        .map(|server| server.id)
        .collect();
    let asks_first = |server: &Server| server.raft.rules().options.has(RaftOption::PreVote);
    let what = match (running().any(asks_first), running().all(asks_first)) {
        _ if asking.len() == 1 => return format!("{asking} asks who would vote for it."),
        _ if !asking.is_empty() => return format!("{asking} ask who would vote for them."),
        (false, _) => "becomes a candidate",
        (true, true) => "asks who would vote for it",
        (true, false) => "becomes a candidate, or first asks who would vote for it",
    };
    format!("A server whose timer runs out without a heartbeat {what}.")
}

fn is_candidate(server: &Server) -> bool {
    server.is_running() && server.raft.role() == Role::Candidate
}

/// The candidates of the newest term that has any.
fn newest_candidates(cluster: &Cluster) -> impl Iterator<Item = &Server> {
    let candidates = cluster.servers().iter().filter(|server| is_candidate(server));
    let newest = candidates.clone().map(|server| server.raft.term()).max();
    candidates.filter(move |server| Some(server.raft.term()) == newest)
}

/// "S4 and S5 are cut off: 2 of 5, no majority."
fn groups(cluster: &Cluster, sentences: &mut Vec<String>) {
    let situation = Situation::of(cluster);
    let rooms = &situation.rooms;
    if rooms.len() < 2 {
        sentences.extend(one_way(cluster));
        return;
    }
    let home = cluster
        .newest_leader()
        .and_then(|leader| rooms.iter().find(|room| room.members.contains(leader.id)))
        .or_else(|| rooms.iter().find(|room| room.vote.is_majority()));
    let mut cut_off = ServerSet::EMPTY;
    for room in rooms.iter().filter(|room| Some(*room) != home) {
        let (members, alone) = (room.members, room.members.len() == 1);
        let parted = home.and_then(|home| one_way_words(cluster, members, home.members));
        if alone && parted.is_none() {
            cut_off = cut_off.union(members);
            continue;
        }
        let parted = parted.unwrap_or_else(|| "are cut off".to_owned());
        let votes = match room.vote.is_majority() {
            // One of several is no majority, and needs no words.
            false if alone => String::new(),
            is_majority => {
                let majority = if is_majority { "a majority" } else { "no majority" };
                let up = if room.up == members { "" } else { " up" };
                let (count, servers) = room.configuration.voting(room.up);
                format!(": {count}{up} of {servers}, {majority}")
            }
        };
        sentences.push(format!("{} {parted}{votes}.", named(members)));
    }
    match cut_off.len() {
        0 => {}
        1 => sentences.push(format!("{} is cut off.", named(cut_off))),
        _ => sentences.push(format!("{} are cut off, each alone.", named(cut_off))),
    }
}

/// "hear S1 and cannot answer", where servers of two rooms hear each other one way only.
fn one_way_words(cluster: &Cluster, room: ServerSet, home: ServerSet) -> Option<String> {
    let reaches = |from, to| cluster.reaches(Node::Server(from), Node::Server(to));
    let heard: ServerSet =
        home.iter().filter(|from| room.iter().any(|to| reaches(*from, to))).collect();
    let hearing: ServerSet =
        home.iter().filter(|to| room.iter().any(|from| reaches(from, *to))).collect();
    let alone = room.len() == 1;
    match (heard.is_empty(), hearing.is_empty()) {
        (false, true) => {
            let hear = if alone { "hears" } else { "hear" };
            Some(format!("{hear} {} and cannot answer", named(heard)))
        }
        (true, false) => {
            let (are, hear) = if alone { ("is", "hears") } else { ("are", "hear") };
            Some(format!("{are} heard by {}, and {hear} nothing from there", named(hearing)))
        }
        (true, true) | (false, false) => None,
    }
}

/// Cuts that part no server from all others: "What S1 sends does not reach S2."
fn one_way(cluster: &Cluster) -> Option<String> {
    let ids = || cluster.servers().iter().map(|server| server.id);
    let hears = |from, to| cluster.reaches(Node::Server(from), Node::Server(to));
    let cuts: Vec<(ServerId, ServerId)> = ids()
        .flat_map(|from| ids().map(move |to| (from, to)))
        .filter(|(from, to)| !hears(*from, *to))
        .collect();
    match cuts.as_slice() {
        [] => None,
        [(from, to)] => Some(format!("What {from} sends does not reach {to}.")),
        [(from, to), (back, forth)] if (from, to) == (forth, back) => {
            Some(format!("{from} and {to} do not hear each other."))
        }
        many => {
            Some(match many.iter().filter(|(from, to)| !many.contains(&(*to, *from))).count() {
                0 => format!("{} pairs of servers do not hear each other.", many.len() / 2),
                one_way if one_way == many.len() => format!("{one_way} links are cut one way."),
                one_way => {
                    let both = (many.len() - one_way) / 2;
                    format!("{both} links are cut both ways, {one_way} one way.")
                }
            })
        }
    }
}

/// "S4 still believes that it leads."
fn old_leaders(cluster: &Cluster, sentences: &mut Vec<String>) {
    let situation = Situation::of(cluster);
    let leader = cluster.newest_leader();
    let named = leader.map(|leader| leader.id);
    for server in cluster.servers() {
        let (id, term) = (server.id, server.raft.term());
        let leads = server.is_running() && server.raft.is_leader();
        if leads && named != Some(id) && leader.is_some_and(|leader| leader.raft.term() == term) {
            sentences.push(format!("{id} leads term {term} too."));
            continue;
        }
        let words = match situation.standing(id) {
            Standing::Stuck(Stuck::Deaf) => "is heard, and hears too few: it cannot commit",
            Standing::Stuck(Stuck::Alone | Stuck::Outdated) if named != Some(id) => {
                "still believes that it leads"
            }
            Standing::Stuck(Stuck::Alone | Stuck::Outdated)
            | Standing::Leader
            | Standing::Leads
            | Standing::PreCandidate
            | Standing::Candidate
            | Standing::Follower
            | Standing::Learner
            | Standing::Outside
            | Standing::Asleep
            | Standing::Down => continue,
        };
        sentences.push(format!("{id} {words}."));
    }
}

/// "S1 is down. S3 sleeps."
fn power(cluster: &Cluster, sentences: &mut Vec<String>) {
    let with = |power: Power| -> ServerSet {
        let servers = cluster.servers().iter();
        servers.filter(|server| server.power == power).map(|server| server.id).collect()
    };
    let (down, asleep) = (with(Power::Down), with(Power::Asleep));
    match down.len() {
        0 => {}
        1 => sentences.push(format!("{down} is down.")),
        _ => sentences.push(format!("{} are down.", named(down))),
    }
    match asleep.len() {
        0 => {}
        1 => sentences.push(format!("{asleep} sleeps.")),
        _ => sentences.push(format!("{} sleep.", named(asleep))),
    }
}

/// "S3 is a candidate in term 5: it has 2 of 3 votes."
fn candidates(cluster: &Cluster, sentences: &mut Vec<String>) {
    for candidate in cluster.servers().iter().filter(|server| is_candidate(server)).take(3) {
        let (id, term) = (candidate.id, candidate.raft.term());
        let needed = candidate.raft.counts_by().enough_with(candidate.raft.votes());
        let votes = candidate.raft.votes().len();
        sentences.push(format!(
            "{id} is a candidate in term {term}: it has {votes} of the {needed} votes it needs."
        ));
    }
}

/// "Client b waits for S4."
fn waiting(cluster: &Cluster, sentences: &mut Vec<String>) {
    // Those who wait for the same, and as vainly.
    let mut groups: Vec<(Option<ServerId>, &str, Vec<&Client>)> = Vec::new();
    for client in cluster.clients().iter().filter(|client| client.job.is_some()) {
        let server = client.call().and_then(|call| call.asking);
        let server = server.and_then(|(server, _)| cluster.server(server));
        let why = server.and_then(|server| in_vain(cluster, client, server)).unwrap_or_default();
        // Its answer is on the way: it waits for nobody's decision any more.
        if why.is_empty() && cluster.hears(client).is_some() {
            continue;
        }
        let id = server.map(|server| server.id);
        match groups.iter_mut().find(|group| (group.0, group.1) == (id, why)) {
            Some(group) => group.2.push(client),
            None => groups.push((id, why, vec![client])),
        }
    }
    groups.retain(|(_, _, clients)| clients.iter().any(|client| waits_long(cluster, client)));
    let count: usize = groups.iter().map(|(_, _, clients)| clients.len()).sum();
    if count > NAMED_MAX {
        sentences.push(format!("{count} clients wait."));
        return;
    }
    for (server, why, clients) in groups {
        let names: Vec<String> =
            clients.iter().map(|client| Short(&client.name, 12).to_string()).collect();
        let who = match names.as_slice() {
            [name] => format!("Client {name} waits"),
            names => format!("Clients {} wait", listed(names)),
        };
        sentences.push(match server {
            Some(server) => format!("{who} for {server}{why}."),
            None => format!("{who}."),
        });
    }
}

/// Why a client waits in vain for the server that it asked.
fn in_vain(cluster: &Cluster, client: &Client, server: &Server) -> Option<&'static str> {
    let (one, two) = (Node::Client(client.id), Node::Server(server.id));
    match server.power {
        Power::Down => Some(", which is down"),
        Power::Asleep => Some(", which is asleep"),
        Power::Up if !cluster.reaches(one, two) => Some(", which it cannot reach"),
        Power::Up if !cluster.reaches(two, one) => Some(", whose answers cannot arrive"),
        Power::Up => {
            let standing = Situation::of(cluster).standing(server.id);
            matches!(standing, Standing::Stuck(_)).then_some(", a stuck leader")
        }
    }
}

fn waits_long(cluster: &Cluster, client: &Client) -> bool {
    client.job.as_ref().is_some_and(|job| cluster.now().since(job.since) > LONG_WAIT)
}

/// The servers by name; of many, how many there are.
fn named(servers: ServerSet) -> String {
    if servers.len() > 6 {
        return format!("{} servers", servers.len());
    }
    listed(&servers.iter().map(|server: ServerId| server.to_string()).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::command::parse_line;
    use crate::cluster::config::Config;

    fn told(cluster: &mut Cluster, lines: &[&str], millis: u64) -> Vec<String> {
        for line in lines {
            cluster.apply(&parse_line(line).expect("a command")).expect("it can be done");
        }
        cluster.run_until(cluster.now() + Span::from_millis(millis));
        sentences(cluster)
    }

    #[test]
    fn a_calm_cluster_is_told_in_one_sentence() {
        let mut cluster = Cluster::new(Config { servers: 3, ..Config::default() });
        let calm = "A server whose timer runs out without a heartbeat becomes a candidate.";
        assert_eq!(told(&mut cluster, &[], 0), [format!("No leader. {calm}")]);
        assert_eq!(told(&mut cluster, &["timeout S1"], 200), ["S1 leads term 1 with S2 and S3."]);
    }

    /// A vote of an earlier term, counted by a flaw, makes a second leader of term 2.
    #[test]
    fn a_rival_of_the_same_term_is_no_stale_leader() {
        let mut cluster = Cluster::new(Config { servers: 3, ..Config::default() });
        let flaw = ["flaw count-stale-votes on", "hold vote-reply S2 S3 -> S1", "timeout S1"];
        told(&mut cluster, &flaw, 40);
        let two = ["cut S1 -> S2 S3", "cut S2 -> S1", "timeout S1", "timeout S2"];
        told(&mut cluster, &two, 60);
        let sentences = told(&mut cluster, &["release vote-reply S3 -> S1"], 10);
        let both = cluster.servers().iter().filter(|server| server.raft.is_leader());
        assert_eq!(both.map(|server| server.raft.term().0).collect::<Vec<_>>(), [2, 2]);
        assert!(sentences.iter().any(|it| it.ends_with(" leads term 2 too.")), "{sentences:?}");
        assert!(!sentences.iter().any(|it| it.contains("believes")), "{sentences:?}");
    }

    #[test]
    fn those_who_wait_for_the_same_are_told_together() {
        let mut cluster = Cluster::new(Config::default());
        told(&mut cluster, &["timeout S1"], 200);
        let puts = ["partition S1 S2 | rest", "put x 1 @0 client=b only=S1"];
        told(&mut cluster, &puts, 150);
        let more = ["put x 2 @0 client=c only=S1", "put x 3 @0 client=d only=S1"];
        let told = told(&mut cluster, &more, 100);
        let wait = "Clients b, c and d wait for S1, a stuck leader.";
        assert!(told.iter().any(|sentence| sentence == wait), "{told:?}");
    }

    #[test]
    fn who_is_missing_and_who_waits_in_vain() {
        let mut cluster = Cluster::new(Config::default());
        told(&mut cluster, &["timeout S1"], 200);
        assert_eq!(
            told(&mut cluster, &["partition S1 S2 | rest", "put x 1 @0 client=b only=S1"], 10),
            [
                "S1 leads term 1 with S2: 2 of 5, no majority.",
                "S3, S4 and S5 are cut off: 3 of 5, a majority."
            ]
        );
        let later = told(&mut cluster, &["timeout S3"], 300);
        assert_eq!(later[0], "S3 leads term 2 with S4 and S5.");
        assert_eq!(later[1], "S1 and S2 are cut off: 2 of 5, no majority.");
        assert_eq!(later[2], "S1 still believes that it leads.");
        assert_eq!(later[3], "Client b waits for S1, a stuck leader.");
        let down = told(&mut cluster, &["crash S1"], 0);
        assert!(down.contains(&"Client b waits for S1, which is down.".to_owned()), "{down:?}");
        told(&mut cluster, &["heal", "restart S1"], 1_500);
        let one_way = told(&mut cluster, &["cut S1 -> S2"], 0);
        assert_eq!(one_way[1], "What S1 sends does not reach S2.");
    }

    /// A server that hears and is not heard is not cut off.
    #[test]
    fn a_server_parted_one_way_is_told_which_way() {
        let mut cluster = Cluster::new(Config::default());
        told(&mut cluster, &["timeout S4"], 200);
        let mute = told(&mut cluster, &["cut S1 -> all", "cut S1 -> S2"], 0);
        assert_eq!(mute[1], "S1 hears S2, S3, S4 and S5 and cannot answer.", "{mute:?}");
        let some = told(&mut cluster, &["cut S2 S3 -> S1"], 0);
        assert_eq!(some[1], "S1 hears S4 and S5 and cannot answer.", "{some:?}");
        let neither = told(&mut cluster, &["cut S4 S5 -> S1"], 0);
        assert_eq!(neither[1], "S1 is cut off.", "{neither:?}");
        let deaf = told(&mut cluster, &["heal", "cut all -> S1"], 0);
        assert_eq!(
            deaf[1], "S1 is heard by S2, S3, S4 and S5, and hears nothing from there.",
            "{deaf:?}"
        );
    }

    #[test]
    fn candidates_of_one_term_share_its_votes_and_others_do_not() {
        let mut cluster = Cluster::new(Config { servers: 3, ..Config::default() });
        let both = told(&mut cluster, &["timeout S1 S2"], 0);
        assert_eq!(both[0], "No leader yet: 2 candidates share the votes.");
        let newer = told(&mut cluster, &["timeout S2"], 0);
        assert_eq!(newer[0], "No leader yet: an election.");
    }

    #[test]
    fn chaos_is_told_while_it_reigns() {
        let mut cluster = Cluster::new(Config::default());
        let mut apply = |line: &str| {
            let command = parse_line(line).expect("a command");
            cluster.apply(&command).expect("it can be carried out");
            sentences(&cluster).join(" ")
        };
        assert!(apply("chaos cuts crashes").contains("Chaos: crashes, cuts."));
        assert!(!apply("chaos stop").contains("Chaos"));
        let many = apply("chaos cuts crashes delays halves losses");
        assert!(
            many.contains("Chaos: crashes, cuts, halves and 2 more kinds of faults."),
            "{many}"
        );
    }
}
