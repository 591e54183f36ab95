package node

import (
	"context"
	"io"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// ImportBundle takes in what a person carried.
func (c Control) ImportBundle(ctx context.Context, in io.Reader) (apitype.Imported, error) {
	v, err := c.Node.ImportBundle(ctx, in)
	return v, apiError(err)
}

// ExportBundle writes what this device holds.
func (c Control) ExportBundle(ctx context.Context, f apitype.BundleFilter, out io.Writer) error {
	return apiError(c.Node.ExportBundle(ctx, f, out))
}

// InspectBundle judges a bundle and takes nothing in.
func (c Control) InspectBundle(ctx context.Context, in io.Reader) (apitype.BundleContent, error) {
	v, err := c.Node.InspectBundle(ctx, in)
	return v, apiError(err)
}
