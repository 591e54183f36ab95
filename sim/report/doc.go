// Package report turns results of a scenario into one HTML page that needs
// nothing else: pictures with their numbers beside them, and words for what was
// not reached and why.
package report
