package stick

// notSyncable reports whether a folder's file system has no way to sync it:
// folders cannot be synced here at all.
func notSyncable(error) bool { return true }
