package web

import (
	"net/http"
	"strconv"
	"strings"
)

// maxAccept bounds the languages read of a request: people speak fewer.
const maxAccept = 16

// languageOf is the language in which a request is answered: what the switch on
// the page chose (l=...), else what the browser prefers (RFC 9110, 12.5.4) among
// those the page speaks. Whoever asks for others only gets English if they name
// any, German if they name none.
func languageOf(r *http.Request) string {
	if l, ok := pageLanguage(r.URL.Query().Get("l")); ok && r.URL.Query().Has("l") {
		return l
	}
	accepted := r.Header.Get("Accept-Language")
	best, quality := "", 0.0
	named := false
	for i, one := range strings.Split(accepted, ",") {
		if i == maxAccept {
			break
		}
		tag, parameters, _ := strings.Cut(one, ";")
		tag = strings.TrimSpace(tag)
		if tag == "" || tag == "*" {
			continue
		}
		q := qualityOf(parameters)
		named = named || q > 0
		if l, ok := pageLanguage(tag); ok && q > quality {
			best, quality = l, q
		}
	}
	switch {
	case best != "":
		return best
	case named:
		return english
	}
	return languages[0]
}

// qualityOf reads ";q=0.5"; 1 if there is none, 0 if it cannot be read.
func qualityOf(parameters string) float64 {
	name, value, ok := strings.Cut(strings.TrimSpace(parameters), "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// acceptsGzip reports whether the client takes gzip.
func acceptsGzip(r *http.Request) bool {
	for i, one := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		if i == maxAccept {
			break
		}
		coding, parameters, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			return qualityOf(parameters) > 0
		}
	}
	return false
}
