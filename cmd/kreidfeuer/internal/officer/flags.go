package officer

import (
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
)

// Flags say who signs. They belong to every command that signs alerts.
func Flags() []cli.Flag {
	return append(keyfile.Flags(),
		&cli.StringFlag{Name: "key", Usage: "sign with the officer's key in `FILE`"},
		&cli.StringFlag{Name: "cert", Usage: "sign by the certificate `ID|FILE`", DefaultText: "the key's, as this device knows it"},
		trust.Flag(),
	)
}

// SendingFlags say where a signed alert goes and what it may skip.
func SendingFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the signed alert to `FILE`, to be carried; needs no running device"},
		&cli.BoolFlag{Name: "brief", Usage: "everything in the first part, for one radio frame or QR code; no maps and pictures"},
		&cli.BoolFlag{Name: "yes", Usage: "do not ask; for exercises only, a real warning always asks"},
	}
}
