package retention

import "github.com/kreidfeuer/kreidfeuer/gossip/wire"

// KeepEnded is how long what has ended is kept, and incidents stay listed, in
// seconds: gossip passes it on for as long.
const KeepEnded = 48 * 3600

// DefaultLimits bound what a device holds beyond what certificates allow their
// authors: a card of 8 GB holds it all twice. The live lane's count for what has
// ended only, since nothing in force gives way.
func DefaultLimits() Limits {
	const mib = 1 << 20
	return Limits{
		Grace: KeepEnded,
		Lane: map[wire.Lane]Quota{
			wire.LaneLive: {Count: 50_000, Bytes: 512 * mib}, wire.LaneDrill: {Count: 20_000, Bytes: 128 * mib},
			wire.LaneMail: {Count: 200_000, Bytes: 1024 * mib},
		},
		Author: map[wire.Lane]Quota{
			wire.LaneLive: {Count: 20_000, Bytes: 128 * mib}, wire.LaneDrill: {Count: 5_000, Bytes: 32 * mib},
			wire.LaneMail: {Count: 20_000, Bytes: 128 * mib},
		},
		Foreign: Quota{Count: 20_000, Bytes: 64 * mib},
		Store:   Quota{Bytes: 2048 * mib},
	}
}

// When a device looks through its store, in seconds: RetainFirst after it has started,
// since those who wait for warnings come first, and then every RetainEvery.
const (
	RetainFirst = 60
	RetainEvery = 600
)
