// Package node is one running device: a [Node] joins host, trust pool, router,
// store and discovery, keeps the lifecycle of the alerts, numbers what happens,
// and answers the control API. It decides nothing that a pure package decides.
//
// What a person has to be told becomes an [apitype.Event]. Events are written in
// the same batch as the envelopes they speak of, so that whoever resumes with
// "since" misses nothing. When the disk is full, people are told all the same:
// events follow in memory under the numbers they will have, and envelopes are
// shown, sent on and written when there is room.
package node
