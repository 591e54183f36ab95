// Package api serves a device's control API: JSON over HTTP on a unix socket or
// on loopback TCP with a token. API.md lists the endpoints; package apitype
// documents the types.
//
// Whoever reaches the socket is the device's user. Browsers are refused, so that
// no web page can act for that user. The API holds no authority keys and signs
// nothing: it takes signed envelopes and judges them like any neighbour's.
package api
