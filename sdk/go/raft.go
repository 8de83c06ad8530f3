// A small Raft after Figure 2 of the paper, as a guest of raftlab: a place to start from.
//
// The disk holds term, vote and log; the lab keeps it over crashes and shows it on the screen. A message leaves
// once all that was written before it is on disk. So: first save, then send.
package main

import (
	"encoding/json"
	"math/bits"
)

const (
	electionTimer  = 0
	heartbeatTimer = 1
)

// Message is all that servers say to each other.
type Message struct {
	Kind                         Kind
	Term, Index, LogTerm, Commit int
	Entries                      []LogEntry `json:",omitempty"`
}

// LogEntry is an entry on its way.
type LogEntry struct {
	Term int
	Op   []byte
}

// Raft is a server.
type Raft struct {
	me, servers    int
	role           Role
	leader, commit int
	votes          uint64
	next, matched  []int
}

func init() {
	New = func(me, servers int) Guest {
		rf := &Raft{me: me, servers: servers, leader: Nobody}
		rf.next, rf.matched = make([]int, servers), make([]int, servers)
		setElectionTimer()
		rf.report()
		return rf
	}
}

func setElectionTimer() {
	SetTimer(electionTimer, 300000+int(Random()%300000)) // 300 to 600 ms (5.2)
}

func send(to int, m Message) {
	m.Term = HardTerm()
	kind := m.Kind
	if kind == Append && len(m.Entries) == 0 {
		kind = Heartbeat
	}
	bytes, _ := json.Marshal(m)
	Send(to, kind, m.Term, bytes)
}

func (rf *Raft) report() { Report(rf.role, rf.leader, rf.commit) }

func (rf *Raft) isMajority(set uint64) bool { return bits.OnesCount64(set) > rf.servers/2 }

func (rf *Raft) becomeFollower(term, leader int) {
	if term > HardTerm() {
		SaveHard(term, Nobody)
	}
	if rf.role == Leader {
		CancelTimer(heartbeatTimer)
	}
	if rf.role != Follower {
		setElectionTimer()
	}
	rf.role, rf.leader = Follower, leader
}

// Sends a follower what it lacks, or a heartbeat (5.3).
func (rf *Raft) replicate(to int) {
	m := Message{Kind: Append, Index: rf.next[to] - 1, Commit: rf.commit}
	m.LogTerm = EntryTerm(m.Index)
	for i := rf.next[to]; i <= LogLength() && len(m.Entries) < 100; i++ {
		m.Entries = append(m.Entries, LogEntry{EntryTerm(i), Entry(i)})
	}
	send(to, m)
}

func (rf *Raft) replicateToAll() {
	for i := range rf.servers {
		if i != rf.me {
			rf.replicate(i)
		}
	}
	SetTimer(heartbeatTimer, 100000)
}

func (rf *Raft) countCommit() {
	for n := LogLength(); n > rf.commit; n-- {
		if EntryTerm(n) != HardTerm() {
			return // only entries of its own term are counted (5.4.2)
		}
		have := uint64(1) << rf.me
		for i, matched := range rf.matched {
			if i != rf.me && matched >= n {
				have |= 1 << i
			}
		}
		if rf.isMajority(have) {
			rf.commit = n
			return
		}
	}
}

func (rf *Raft) countVotes() {
	Votes(rf.votes)
	if rf.role != Candidate || !rf.isMajority(rf.votes) {
		return
	}
	rf.role, rf.leader = Leader, rf.me
	CancelTimer(electionTimer)
	for i := range rf.servers {
		rf.next[i], rf.matched[i] = LogLength()+1, 0
	}
	rf.replicateToAll()
}

// OnCampaign: it becomes a candidate (5.2).
func (rf *Raft) OnCampaign() {
	if rf.role == Leader {
		return
	}
	rf.role, rf.leader = Candidate, Nobody
	SaveHard(HardTerm()+1, rf.me)
	rf.votes = 1 << rf.me
	rf.report()
	m := Message{Kind: Vote, Index: LogLength(), LogTerm: EntryTerm(LogLength())}
	for i := range rf.servers {
		if i != rf.me {
			send(i, m)
		}
	}
	setElectionTimer()
	rf.countVotes()
	rf.report()
}

func (rf *Raft) onVote(from int, m Message) {
	// Whose log is older must not win: it may lack what is committed (5.4.1).
	last := LogLength()
	fresh := m.LogTerm > EntryTerm(last) || (m.LogTerm == EntryTerm(last) && m.Index >= last)
	free := HardVote() == Nobody || HardVote() == from
	if m.Term == HardTerm() && free && fresh {
		SaveHard(HardTerm(), from)
		setElectionTimer()
		send(from, Message{Kind: VoteGranted})
	} else {
		send(from, Message{Kind: VoteRefused})
	}
}

func (rf *Raft) onAppend(from int, m Message) {
	if m.Term < HardTerm() {
		send(from, Message{Kind: AppendRefused, Index: LogLength()})
		return
	}
	rf.becomeFollower(m.Term, from)
	setElectionTimer()
	if m.Index > LogLength() || (m.Index > 0 && EntryTerm(m.Index) != m.LogTerm) {
		// The leader goes back behind the whole term that is in the way (5.3, end).
		back := LogLength()
		if m.Index <= back {
			other := EntryTerm(m.Index)
			for back = m.Index; back > 0 && EntryTerm(back) == other; back-- {
			}
		}
		send(from, Message{Kind: AppendRefused, Index: back})
		return
	}
	index := m.Index
	for _, entry := range m.Entries {
		index++
		// An entry that contradicts the leader's goes, with all behind it (5.3).
		if index <= LogLength() && EntryTerm(index) != entry.Term {
			Truncate(index - 1)
		}
		if index > LogLength() {
			AppendEntry(entry.Term, entry.Op)
		}
	}
	// Only what is known to be as the leader has it (Figure 2, AppendEntries 5).
	rf.commit = max(rf.commit, min(m.Commit, index))
	send(from, Message{Kind: Appended, Index: index})
}

func (rf *Raft) onAppended(from int, m Message) {
	if rf.role != Leader || m.Term != HardTerm() {
		return
	}
	if m.Kind == AppendRefused {
		rf.next[from] = max(min(m.Index+1, rf.next[from]-1), rf.matched[from]+1)
		rf.replicate(from)
	} else if m.Index > rf.matched[from] {
		rf.matched[from], rf.next[from] = m.Index, m.Index+1
		rf.countCommit()
		if rf.next[from] <= LogLength() {
			rf.replicate(from)
		}
	}
	Progress(from, rf.next[from], rf.matched[from])
}

// OnMessage: a message from another server.
func (rf *Raft) OnMessage(from int, bytes []byte) {
	var m Message
	if json.Unmarshal(bytes, &m) != nil {
		return
	}
	if m.Term > HardTerm() {
		rf.becomeFollower(m.Term, Nobody) // a newer term (5.1)
	}
	switch m.Kind {
	case Vote:
		rf.onVote(from, m)
	case Append:
		rf.onAppend(from, m)
	case Appended, AppendRefused:
		rf.onAppended(from, m)
	case VoteGranted:
		if m.Term == HardTerm() && rf.role == Candidate {
			rf.votes |= 1 << from
			rf.countVotes()
		}
	}
	rf.report()
}

// OnTimer: a timer has run out.
func (rf *Raft) OnTimer(timer int) {
	switch {
	case timer == electionTimer:
		rf.OnCampaign()
	case timer == heartbeatTimer && rf.role == Leader:
		rf.replicateToAll()
	}
}

// OnPropose: a client's operation.
func (rf *Raft) OnPropose(id int, operation []byte) {
	if rf.role != Leader {
		Refused(id, rf.leader)
		return
	}
	AppendEntry(HardTerm(), operation)
	Accepted(id, LogLength(), HardTerm())
	rf.replicateToAll()
	rf.countCommit()
	rf.report()
}
