module my-raft

go 1.24
