package node

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// page cuts a page out of a list whose items have distinct names; the cursor is
// the name of the last item given.
func page[T any](all []T, p apitype.Page, name func(T) string) (items []T, next string) {
	from := 0
	if p.Cursor != "" {
		from = slices.IndexFunc(all, func(v T) bool { return name(v) == p.Cursor }) + 1
	}
	limit := p.Limit
	if limit <= 0 {
		limit = apitype.DefaultLimit
	}
	to := min(from+limit, len(all))
	items = append([]T{}, all[from:to]...)
	if to < len(all) && len(items) > 0 {
		next = name(items[len(items)-1])
	}
	return items, next
}
