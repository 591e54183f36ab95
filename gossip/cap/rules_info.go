package cap

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// info checks one info block.
func (r *report) info(p path, a *Alert, i *Info) {
	if strings.EqualFold(i.Language, "de-LS") {
		r.tell(p.child("language", 0), "language-region", "LS is the region Lesotho; Leichte Sprache is de-simple")
	}
	r.times(p, a, i)
	if n := utf8.RuneCountInString(i.Headline); n > 160 {
		r.tell(p.child("headline", 0), "headline-length", "%d characters; 160 are a useful target", n)
	}
	if i.Web != "" && !isAbsolute(i.Web) {
		r.tell(p.child("web", 0), "web-relative", "%q should be a full URI with its scheme", excerpt(i.Web))
	}
	for _, t := range []struct{ name, value string }{
		{"event", i.Event}, {"audience", i.Audience}, {"senderName", i.SenderName}, {"headline", i.Headline},
		{"description", i.Description}, {"instruction", i.Instruction}, {"contact", i.Contact},
	} {
		if hasMarkup(t.value) {
			r.tell(p.child(t.name, 0), "text-markup", "the text contains HTML, which recipients show as it stands")
		}
	}
	r.named(p, "eventCode", i.EventCode)
	r.named(p, "parameter", i.Parameter)
	if a.Status == Actual && isTest(i) {
		r.tell(p, "test-actual", "the event says test, but status is Actual")
	}
	if (a.MsgType == MsgCancel || slices.Contains(i.ResponseType, AllClear)) && isAlarmWord(i.Headline) {
		r.tell(p.child("headline", 0), "allclear-headline", "an all-clear must not be headed %q", excerpt(i.Headline))
	}
	for k := range i.Resource {
		r.resource(p.child("resource", k+1), &i.Resource[k])
	}
	for k := range i.Area {
		r.area(p.child("area", k+1), a.Version, &i.Area[k])
	}
}

// times checks the order of the four times of an info block.
func (r *report) times(p path, a *Alert, i *Info) {
	r.time(p.child("effective", 0), a.Version, i.Effective)
	r.time(p.child("onset", 0), a.Version, i.Onset)
	r.time(p.child("expires", 0), a.Version, i.Expires)
	sent, sentOK := a.Sent.Unix()
	effective, effectiveOK := i.Effective.Unix()
	onset, onsetOK := i.Onset.Unix()
	expires, expiresOK := i.Expires.Unix()
	if !expiresOK {
		if i.Expires == "" {
			r.tell(p, "expires-missing", "without expires each recipient decides how long the message holds")
		}
	} else if sentOK {
		if expires <= sent || effectiveOK && expires <= effective {
			r.tell(p.child("expires", 0), "expires-order", "expires is not after sent and effective")
		}
		if expires-sent > int64(maxYears*366*24*time.Hour/time.Second) {
			r.tell(p.child("expires", 0), "expires-far", "expires is more than %d year after sent", maxYears)
		}
	}
	if onsetOK && expiresOK && onset >= expires {
		r.tell(p.child("onset", 0), "onset-order", "onset is not before expires")
	}
	if sentOK && effectiveOK && effective < sent {
		r.tell(p.child("effective", 0), "effective-order", "effective is before sent")
	}
}

func (r *report) named(p path, name string, list []NamedValue) {
	for k, v := range list {
		if v.ValueName == "" {
			r.tell(p.child(name, k+1), "empty-value", "the value %q has no name", excerpt(v.Value))
		}
	}
}

// languages looks for a text that stands unchanged in two languages.
func (r *report) languages(a *Alert) {
	seen := map[string]string{}
	for k := range a.Info {
		i := &a.Info[k]
		lang, _, _ := strings.Cut(strings.ToLower(i.Lang()), "-")
		for _, t := range []struct{ name, value string }{{"headline", i.Headline}, {"description", i.Description}} {
			if t.value == "" {
				continue
			}
			first, ok := seen[t.name+t.value]
			if !ok {
				seen[t.name+t.value] = lang
			} else if first != lang {
				r.tell(path{}.child("info", k+1).child(t.name, 0), "language-text",
					"the same text also stands for language %q", excerpt(first))
			}
		}
	}
}

// resource checks an attachment; its content only if it is embedded.
func (r *report) resource(p path, res *Resource) {
	if res.MimeType != "" && !isMIME(res.MimeType) {
		r.tell(p.child("mimeType", 0), "mimetype-form", "%q should be type/subtype", excerpt(res.MimeType))
	}
	if strings.HasPrefix(res.Size, "-") {
		r.tell(p.child("size", 0), "size-negative", "a size in bytes is not negative")
	}
	if res.URI != "" && !isAbsolute(res.URI) && res.DerefURI == "" {
		r.tell(p.child("uri", 0), "uri-relative", "a relative URI names embedded content, but there is none")
	}
	digest, err := hex.DecodeString(res.Digest)
	if res.Digest != "" && (err != nil || len(digest) != sha1.Size) {
		r.tell(p.child("digest", 0), "digest-form", "want the SHA-1 of the content as 40 hexadecimal digits")
	}
	if res.DerefURI == "" {
		return
	}
	content, err := res.Content()
	if err != nil {
		r.tell(p.child("derefUri", 0), "derefuri-base64", "the content is not base64")
		return
	}
	if n, ok := parseCount(res.Size); ok && n != len(content) {
		r.tell(p.child("size", 0), "size-mismatch", "size says %d bytes, the content has %d", n, len(content))
	}
	if sum := sha1.Sum(content); len(digest) == sha1.Size && !slices.Equal(sum[:], digest) {
		r.tell(p.child("digest", 0), "digest-mismatch", "the digest is not that of the embedded content")
	}
}

// Content decodes DerefURI.
func (r *Resource) Content() ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.ReplaceAll(r.DerefURI, " ", ""))
}

// parseCount reads a size of at most nine digits.
func parseCount(s string) (n int, ok bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

func isMIME(s string) bool {
	s, _, _ = strings.Cut(s, ";")
	kind, sub, ok := strings.Cut(trim(s), "/")
	return ok && kind != "" && sub != "" && !strings.ContainsAny(kind+sub, xmlSpace+"/")
}

// isAbsolute tells whether a URI has a scheme.
func isAbsolute(uri string) bool {
	scheme, rest, ok := strings.Cut(uri, ":")
	return ok && rest != "" && isScheme(scheme)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// TestEventCode is the BBK's event code of a Probealarm, which MoWaS sends
// with status Actual.
const TestEventCode = "BBK-EVC-078"

// isTest recognises drills that do not say so in status. It looks at the code
// and at the event and headline, not at descriptions, which may mention tests.
func isTest(i *Info) bool {
	if slices.ContainsFunc(i.EventCode, func(v NamedValue) bool { return v.Value == TestEventCode }) {
		return true
	}
	s := strings.ToLower(i.Event + " " + i.Headline)
	return slices.ContainsFunc(testWords, func(w string) bool { return strings.Contains(s, w) })
}

var testWords = []string{"probealarm", "probewarnung", "testwarnung", "testalarm", "test message", "test alert"}

// isAlarmWord recognises headlines that consist of nothing but "warning".
func isAlarmWord(s string) bool { return slices.Contains(alarmWords, strings.ToLower(trim(s))) }

var alarmWords = []string{"warnung", "alarm", "alert", "warning", "avertissement", "alerte", "advertencia",
	"alerta", "ostrzeżenie", "предупреждение", "uyarı", "تحذير", "allarme", "avviso"}
