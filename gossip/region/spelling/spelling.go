// Package spelling measures how far a misspelt word is from a known one, so that a
// program can ask "did you mean ...?".
package spelling

// Distance counts the insertions, deletions, replacements and swaps of neighbours that
// turn a into b, in bytes (optimal string alignment, which moves no byte twice). It
// takes time in the product of their lengths: bound what comes from others.
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
