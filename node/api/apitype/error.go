package apitype

// Code says what went wrong, for programs.
type Code string

// The codes, with the HTTP status that carries each.
const (
	CodeBadRequest  Code = "bad-request"  // 400: the request itself is malformed
	CodeForbidden   Code = "forbidden"    // 403: a browser's request, a wrong host or token
	CodeNotFound    Code = "not-found"    // 404: no such object or endpoint
	CodeConflict    Code = "conflict"     // 409: against the present state, as a second answer to a draft
	CodeGone        Code = "gone"         // 410: these events are no longer kept; see oldest
	CodeTooLarge    Code = "too-large"    // 413: above the size limit of the request
	CodeRefused     Code = "refused"      // 422: an envelope or object that the device judged and refused; see reason
	CodeBusy        Code = "busy"         // 503: try again in a moment
	CodeStopping    Code = "stopping"     // 503: the device is being stopped
	CodeStorageFull Code = "storage-full" // 507: the disk is full; an envelope was sent on and waits in memory, all else was not taken
	CodeInternal    Code = "internal"     // 500: a fault of the device; its log says more
)

// Error is the body of every failed request, and the last line of an event
// stream that the device ends. It is also the error that a backend returns so
// that the API gives its code; any other error becomes CodeInternal.
type Error struct {
	Schema  Schema `json:"schema"`
	Code    Code   `json:"code"`
	Message string `json:"message"`          // what and where, for people
	Hint    string `json:"hint,omitempty"`   // what to do about it
	Reason  string `json:"reason,omitempty"` // with "refused": the reason of identity/TRUST.md's table
	Oldest  uint64 `json:"oldest,omitempty"` // with "gone": the oldest event still kept
}

func (e *Error) Error() string {
	text := e.Message
	if e.Reason != "" {
		text = e.Reason + ": " + text
	}
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// Is matches another Error that has nothing but the same code, such as ErrNotFound.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && *t == Error{Code: e.Code}
}

// Errors to compare with [errors.Is], and to return where there is no more to say.
var (
	ErrNotFound = &Error{Code: CodeNotFound}
	ErrConflict = &Error{Code: CodeConflict}
	ErrGone     = &Error{Code: CodeGone}
	ErrRefused  = &Error{Code: CodeRefused}
	ErrBusy     = &Error{Code: CodeBusy}
)
