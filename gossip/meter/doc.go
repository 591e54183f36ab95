// Package meter measures what each neighbour sends and is given: how much of it is
// heard and answered, and how often it may be wrong before it is cut off. It is pure:
// the time is a parameter, and who must wait for a budget waits elsewhere.
package meter
