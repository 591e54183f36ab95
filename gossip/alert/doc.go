// Package alert judges warnings: a CAP alert inside an envelope.
//
// [Open] reads one and holds header and document against each other; [Check]
// holds it against what its signers may do; [State] follows incidents from
// alert to all-clear, in whatever order their messages arrive; [Target] says
// which places an alert concerns; [Alert.Short] and [Text] put it into words for
// displays of every size.
//
// What people see follows from coded fields: an all-clear is one by msgType and
// responseType, an exercise by its lane, a place by its key. Headlines are never
// believed.
//
// The rules of incidents stand in LIFECYCLE.md.
//
// The package is pure: it knows no clock, file, network or key. Times are
// unsigned seconds UTC.
package alert
