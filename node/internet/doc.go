// Package internet finds neighbours where the internet exists: a Kademlia DHT of
// this program's devices alone, relays, and hole punching through routers that
// translate addresses.
//
// It is off unless asked for, and then nothing rests on it: it is one more
// discovery.Source. [Options] prepares the host, [Finder] is the source. Devices
// meet under the name of each trust domain, hashed; who knows a domain's ID can
// see which peer IDs and addresses look for it, as on any link.
package internet
