// What a guest of raftlab and the lab say to each other, for Go 1.24 or newer. Written by `raftlab guest new`.
package main

import (
	"fmt"
	"os"
	"unsafe"
)

// Kind says what a message is, for the screen and the checkers.
type Kind int32

const (
	Other Kind = iota
	Vote
	VoteGranted
	VoteRefused
	Append
	Appended
	AppendRefused
	PreVote
	PreVoteGranted
	PreVoteRefused
	Heartbeat
)

// Role is what a server reports that it is.
type Role int32

const (
	Follower Role = iota
	Candidate
	Leader
	PreCandidate
)

// Nobody stands for no server.
const Nobody = -1

// Guest is a server. Only the disk survives a crash: after one, New is called again. Each call acts and
// returns; the lab waits for nothing that a goroutine does later.
type Guest interface {
	OnMessage(from int, message []byte)
	// OnTimer is called when a timer has run out.
	OnTimer(timer int)
	// OnPropose: a client's operation. A leader appends it and calls Accepted, any other server Refused.
	OnPropose(id int, operation []byte)
	// OnCampaign: become a candidate now.
	OnCampaign()
}

// New makes the server when it starts: servers are 0 to servers-1. Set a timer, or nothing will ever happen.
var New func(me, servers int) Guest

var server Guest

// Room for what comes in: the lab writes it there.
var room []byte

//go:wasmexport buffer
func buffer(length int32) unsafe.Pointer {
	room = make([]byte, length+1)
	return unsafe.Pointer(&room[0])
}

//go:wasmexport init
func start(me, servers int32) {
	defer sayPanic()
	server = New(int(me), int(servers))
}

//go:wasmexport on_message
func onMessage(from, length int32) {
	defer sayPanic()
	server.OnMessage(int(from), room[:length])
}

//go:wasmexport on_timer
func onTimer(timer int32) {
	defer sayPanic()
	server.OnTimer(int(timer))
}

//go:wasmexport on_propose
func onPropose(id, length int32) {
	defer sayPanic()
	server.OnPropose(int(id), room[:length])
}

//go:wasmexport on_campaign
func onCampaign() {
	defer sayPanic()
	server.OnCampaign()
}

// The last words of a server that panics, in one line.
func sayPanic() {
	if why := recover(); why != nil {
		Log("panic: %v", why)
		os.Exit(2)
	}
}

func main() {}

//go:wasmimport raftlab send
func labSend(to, kind int32, term int64, data unsafe.Pointer, length int32)

//go:wasmimport raftlab set_timer
func labSetTimer(timer int32, micros int64)

//go:wasmimport raftlab cancel_timer
func labCancelTimer(timer int32)

//go:wasmimport raftlab save_hard
func labSaveHard(term int64, vote int32)

//go:wasmimport raftlab append
func labAppend(term int64, data unsafe.Pointer, length int32)

//go:wasmimport raftlab truncate
func labTruncate(length int64)

//go:wasmimport raftlab hard_term
func labHardTerm() int64

//go:wasmimport raftlab hard_vote
func labHardVote() int32

//go:wasmimport raftlab log_length
func labLogLength() int64

//go:wasmimport raftlab entry_term
func labEntryTerm(index int64) int64

//go:wasmimport raftlab entry_read
func labEntryRead(index int64, data unsafe.Pointer, room int32) int32

//go:wasmimport raftlab save_blob
func labSaveBlob(data unsafe.Pointer, length int32)

//go:wasmimport raftlab blob_read
func labBlobRead(data unsafe.Pointer, room int32) int32

//go:wasmimport raftlab params
func labParams(text unsafe.Pointer, room int32) int32

//go:wasmimport raftlab report
func labReport(role, leader int32, commit int64)

//go:wasmimport raftlab progress
func labProgress(peer int32, next, matched int64)

//go:wasmimport raftlab votes
func labVotes(voters int64)

//go:wasmimport raftlab accepted
func labAccepted(id int32, index, term int64)

//go:wasmimport raftlab refused
func labRefused(id, leader int32)

//go:wasmimport raftlab now
func labNow() int64

//go:wasmimport raftlab random
func labRandom() int64

//go:wasmimport raftlab log
func labLog(text unsafe.Pointer, length int32)

func at(bytes []byte) (unsafe.Pointer, int32) {
	return unsafe.Pointer(unsafe.SliceData(bytes)), int32(len(bytes))
}

// Asks how many bytes there are, and then for all of them.
func read(copyTo func(data unsafe.Pointer, room int32) int32) []byte {
	bytes := make([]byte, max(copyTo(nil, 0), 0))
	copyTo(at(bytes))
	return bytes
}

// Send sends bytes to a server. They leave once all that was written before is on disk.
func Send(to int, kind Kind, term int, message []byte) {
	data, length := at(message)
	labSend(int32(to), int32(kind), int64(term), data, length)
}

// SetTimer: timer 0 is the election timer and 1 the heartbeat; 2 to 255 are free.
func SetTimer(timer int, micros int) { labSetTimer(int32(timer), int64(micros)) }
func CancelTimer(timer int)          { labCancelTimer(int32(timer)) }

// SaveHard writes currentTerm and votedFor to disk.
func SaveHard(term, vote int) { labSaveHard(int64(term), int32(vote)) }
func HardTerm() int           { return int(labHardTerm()) }
func HardVote() int           { return int(labHardVote()) }

// AppendEntry writes an entry behind the last of the log on disk: the bytes of a proposal.
func AppendEntry(term int, entry []byte) {
	data, length := at(entry)
	labAppend(int64(term), data, length)
}

// Truncate keeps so many entries of the log on disk.
func Truncate(length int) { labTruncate(int64(length)) }

// LogLength is how many entries there are; the first is entry 1.
func LogLength() int { return int(labLogLength()) }

// EntryTerm is the term of an entry; 0 where there is none.
func EntryTerm(index int) int { return int(labEntryTerm(int64(index))) }

// Entry is the bytes of an entry.
func Entry(index int) []byte {
	return read(func(data unsafe.Pointer, room int32) int32 { return labEntryRead(int64(index), data, room) })
}

// SaveBlob writes bytes of your own to disk, in the place of those before.
func SaveBlob(bytes []byte) {
	data, length := at(bytes)
	labSaveBlob(data, length)
}

// Blob is what SaveBlob wrote last.
func Blob() []byte {
	return read(func(data unsafe.Pointer, room int32) int32 { return labBlobRead(data, room) })
}

// Params is the text of raft-params= in the head of the script.
func Params() string {
	return string(read(func(data unsafe.Pointer, room int32) int32 { return labParams(data, room) }))
}

// Report tells what is not on disk. Clients are answered up to the commit index.
func Report(role Role, leader, commit int) { labReport(int32(role), int32(leader), int64(commit)) }

// Progress tells nextIndex and matchIndex of a follower.
func Progress(peer, next, matched int) { labProgress(int32(peer), int64(next), int64(matched)) }

// Votes tells who has voted for this candidate: bit 0 is server 0.
func Votes(voters uint64) { labVotes(int64(voters)) }

func Accepted(id, index, term int) { labAccepted(int32(id), int64(index), int64(term)) }
func Refused(id, leader int)       { labRefused(int32(id), int32(leader)) }

// Now is lab time in microseconds.
func Now() int { return int(labNow()) }

// Random is a random number, of this server's own stream.
func Random() uint64 { return uint64(labRandom()) }

// Log writes a line for the list of events.
func Log(format string, values ...any) {
	data, length := at(fmt.Appendf(nil, format, values...))
	labLog(data, length)
}
