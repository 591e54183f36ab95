package shell

// SyncFolder does nothing: Windows has no durable folders to ask for.
func SyncFolder(string) error { return nil }
