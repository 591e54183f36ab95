package issue

import (
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/officer"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Publish is "alert publish".
func Publish(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "publish",
		Usage:     "send a warning that was signed into a file",
		ArgsUsage: "FILE",
		Description: "The file is what issue or approve have written with --out, signed by all officers that\n" +
			"it needs. Whoever sends it signs nothing: every device verifies who issued it.\n\n" +
			"Example:\n  kreidfeuer alert publish complete.pem",
		Flags: []cli.Flag{trust.Flag()},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the signed warning's file"); err != nil {
				return err
			}
			return publishAlert(e, c, c.Args().First())
		},
	}, exit.OK, exit.No, exit.Usage, exit.Daemon, exit.Trust, exit.Data, exit.System)
}

func publishAlert(e *shell.Env, c *cli.Context, name string) error {
	o, err := armor.Read(e, name, wire.TypeAlert)
	if err != nil {
		return err
	}
	pool, err := trust.Open(e, c)
	if err != nil {
		return err
	}
	if _, err := pool.AddChain(o); err != nil {
		return trust.Failure(err)
	}
	done, err := officer.JudgeAlert(pool, o)
	if err != nil {
		return trust.Failure(err)
	}
	if done.Missing > 0 {
		return exit.Errorf(exit.Trust, "%s lacks signatures: it has %d of %d", shell.InputName(name), done.Verified.Level, int(done.Verified.Level)+done.Missing).Hintf("kreidfeuer alert approve %s", name)
	}
	dev, err := device.Client(e, c)
	if err != nil {
		return err
	}
	defer dev.Close()
	submitted, err := dev.Submit(c.Context, o.EncodeFull())
	if err != nil {
		return device.Error(err)
	}
	return officer.PrintSubmitted(e, done, &submitted)
}
