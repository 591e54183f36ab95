package apitype

// MessageRequest says how an envelope is to be spelled for paper or radio.
type MessageRequest struct {
	NamePrevious bool // its readers hold what the author wrote before: 28 bytes less
	Parts        bool // with all parts that the device has
	Chain        bool // as it is, with its chain, for readers that have the root alone
}
