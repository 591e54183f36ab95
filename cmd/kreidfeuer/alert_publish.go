package main

import (
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func alertPublishCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "publish",
		Usage:     "send a warning that was signed into a file",
		ArgsUsage: "FILE",
		Description: "The file is what issue or approve have written with --out, signed by all officers that\n" +
			"it needs. Whoever sends it signs nothing: every device verifies who issued it.\n\n" +
			"Example:\n  kreidfeuer alert publish complete.pem",
		Flags: []cli.Flag{trustFlag()},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1, "the signed warning's file"); err != nil {
				return err
			}
			return e.publishAlert(c, c.Args().First())
		},
	}, exitOK, exitNo, exitUsage, exitDaemon, exitTrust, exitData, exitSystem)
}

func (e *env) publishAlert(c *cli.Context, name string) error {
	o, err := e.readObject(name, wire.TypeAlert)
	if err != nil {
		return err
	}
	pool, err := e.openTrust(c)
	if err != nil {
		return err
	}
	if _, err := pool.AddChain(o); err != nil {
		return trustFailure(err)
	}
	done, err := judgeAlert(pool, o)
	if err != nil {
		return trustFailure(err)
	}
	if done.missing > 0 {
		return failf(exitTrust, "%s lacks signatures: it has %d of %d", inputName(name), done.verified.Level, int(done.verified.Level)+done.missing).hintf("kreidfeuer alert approve %s", name)
	}
	dev, err := e.device(c)
	if err != nil {
		return err
	}
	defer dev.Close()
	submitted, err := dev.Submit(c.Context, o.EncodeFull())
	if err != nil {
		return deviceError(err)
	}
	return e.printSubmitted(done, &submitted)
}
