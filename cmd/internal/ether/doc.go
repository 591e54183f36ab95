// Package ether is an Ethernet segment in user space: a [Segment] joins the
// network namespaces of one machine through tap devices and loses, delays,
// repeats and slows frames as its links say. It stands in for radio and for bad
// cable in tests of the real program, where the kernel's netem is not at hand.
package ether
