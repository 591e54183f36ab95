package region

import (
	"slices"
	"strings"
)

// Lengths of a regional key, in digits.
const (
	landLen     = 2
	districtLen = 5
	keyLen      = 12
	agsLen      = 8 // Amtlicher Gemeindeschlüssel: without the Verband
)

// prefixLens are the lengths at which a regional key may end.
var prefixLens = []int{9, districtLen, 3, landLen, 0}

// Normalize returns the shortest prefix that means the same as the regional
// key: "071310000000" becomes "07131", twelve zeros become "" (Germany). It
// accepts keys of 12 digits and prefixes of 2, 3, 5 and 9; false for anything
// else.
func Normalize(key string) (string, bool) {
	for _, c := range []byte(key) {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	if len(key) != keyLen && !slices.Contains(prefixLens, len(key)) {
		return "", false
	}
	for _, n := range prefixLens {
		if n > len(key) {
			continue
		}
		if strings.Trim(key[n:], "0") != "" {
			break
		}
		key = key[:n]
	}
	return key, true
}

// Contains reports whether the place of one regional key lies in that of
// another, or is the same. Both may be full keys or prefixes; false if one of
// them is neither.
func Contains(outer, inner string) bool {
	o, ok := Normalize(outer)
	i, ok2 := Normalize(inner)
	return ok && ok2 && strings.HasPrefix(i, o)
}

// ByKey finds the region that has exactly this regional key.
func ByKey(key string) (Region, bool) {
	key, ok := Normalize(key)
	if !ok {
		return Region{}, false
	}
	r, ok := byKey()[key]
	return r, ok
}

// Enclosing finds the smallest region of the table that contains the place of
// a regional key: for a municipality its district. False if the text is no key
// or no Land begins like it.
func Enclosing(key string) (Region, bool) {
	key, ok := Normalize(key)
	if !ok {
		return Region{}, false
	}
	if key == "" {
		return byKey()[""], true
	}
	for _, n := range []int{districtLen, landLen} {
		if len(key) >= n {
			if r, ok := byKey()[key[:n]]; ok {
				return r, true
			}
		}
	}
	return Region{}, false
}

// Name says in words which place a regional key means: "Landkreis Ahrweiler";
// for a place that the table does not hold, the region around it and the key:
// "Landkreis Ahrweiler (071310007007)". A text that is no key is returned as it
// stands.
func Name(key string) string {
	r, ok := Enclosing(key)
	if !ok {
		return key
	}
	if k, _ := Normalize(key); k != r.Key {
		return r.String() + " (" + key + ")"
	}
	return r.String()
}
