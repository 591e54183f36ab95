// Package airtime decides what a radio sends and when, on a channel that many
// share and that the law gives to each for a small part of the time.
//
// A [Modem] knows how long a frame is on the air. A [Schedule] holds the messages
// of one radio and says which frame goes next: the most severe first, repeated in
// growing intervals as long as it is in force, silent where enough others have
// said it (Trickle, RFC 6206), after listening, and within the duty cycle. What proves
// messages, their certificates, is said in the time that warnings leave.
//
// The package is pure: the caller tells the time, sends the frames and reports
// what was heard.
package airtime
