// Package row puts what a device knows, alerts, certificates and roots, into the
// rows of the control API's listings. It is pure and decides nothing.
package row
