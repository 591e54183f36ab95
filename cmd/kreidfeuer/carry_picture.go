package main

import (
	"bytes"

	"github.com/urfave/cli/v2"
)

// isPicture reports whether a file that begins with head is a PNG or JPEG.
func isPicture(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(head, []byte("\xff\xd8\xff"))
}

// readPictures returns the envelopes, in transmitted form, that the frames in
// pictures hold; a text in several frames may be spread over several pictures.
func (e *env) readPictures(_ *cli.Context, names []string) ([][]byte, error) {
	return nil, failf(exitUsage, "%s is a picture, and this program reads no frames from pictures", names[0]).
		hintf("carry import reads bundles and single signed objects")
}
