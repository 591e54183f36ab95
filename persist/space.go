package persist

func isNoSpace(err error) bool { return false }
