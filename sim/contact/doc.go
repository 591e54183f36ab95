// Package contact holds who met whom: a [Log] lists the contacts of hosts in
// the order in which they begin and end. It reads the logs of other simulators
// and of field studies, and floods a message over them, which is the most that
// any way of handing on can reach.
package contact
