package apitype

import "time"

// Store is what a device says about its store.
type Store struct {
	Schema  Schema      `json:"schema"`
	Backend string      `json:"backend"`
	Kept    bool        `json:"kept"`  // false: all that comes is gone when the device stops
	Lanes   []LaneCount `json:"lanes"` // in_force is 0 here: see Status
	Parts   StoreCount  `json:"parts"`
	Events  EventRange  `json:"events"`
	Disk    Disk        `json:"disk"`
	Folder  int64       `json:"folder"`  // bytes of all files of the store, what compaction would give back included
	Reserve int64       `json:"reserve"` // bytes that exercises and letters leave free; 0: nothing is reserved
	Removed []Removal   `json:"removed"` // since the device was started, by reason
}

// StoreCount counts stored values.
type StoreCount struct {
	Count int   `json:"count"`
	Bytes int64 `json:"bytes"`
}

// Removal is what was removed from the store for one reason.
type Removal struct {
	Reason string    `json:"reason"` // a word, such as "expired" or "over-quota"
	Count  int       `json:"count"`
	Bytes  int64     `json:"bytes"`
	Last   time.Time `json:"last"`
}

// StoreReport is what a check of the store found.
type StoreReport struct {
	Schema    Schema    `json:"schema"`
	Envelopes int       `json:"envelopes"` // whole ones
	Parts     int       `json:"parts"`
	Events    int       `json:"events"`
	Local     int       `json:"local"`    // values of the device's own
	Total     int       `json:"total"`    // of what is wrong
	Problems  []string  `json:"problems"` // the first of them
	Lost      StoreLoss `json:"lost"`     // cannot be read any more
	Repaired  bool      `json:"repaired"` // what was wrong is right again, but for what is lost
}

// StoreLoss counts what cannot be read any more. Neighbours bring envelopes and
// parts again; nobody brings local values.
type StoreLoss struct {
	Envelopes int `json:"envelopes"`
	Parts     int `json:"parts"`
	Events    int `json:"events"`
	Local     int `json:"local"`
}

// Progress is how far a long request has come.
type Progress struct {
	Schema Schema `json:"schema"`
	Done   int    `json:"done"`
	Of     int    `json:"of"` // 0: unknown
}
