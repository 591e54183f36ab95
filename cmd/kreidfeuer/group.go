package main

import (
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/beacon"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/capfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carry"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/cert"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/demo"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/issue"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/peers"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/root"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/stick"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/store"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/up"
)

// commands lists the subcommands in the order of the help text.
func commands(e *shell.Env) []*cli.Command {
	return append([]*cli.Command{
		up.Init(e),
		up.Command(e),
		up.Status(e),
		peers.Command(e),
		demo.Command(e),
		root.Command(e),
		certCommand(e),
		alertCommand(e),
		carryCommand(e),
		store.Command(e),
		capfile.Command(e),
		command.Completion(e),
		command.Man(e),
	}, demo.Hostile(e)...)
}

func alertCommand(e *shell.Env) *cli.Command {
	return &cli.Command{
		Name:  "alert",
		Usage: "issue, approve and end warnings, and look at those that came",
		Subcommands: []*cli.Command{
			issue.Compose(e), issue.Issue(e), issue.Pending(e), issue.Approve(e), issue.Reject(e),
			issue.Update(e), issue.Withdraw(e), issue.AllClear(e), issue.Publish(e),
			inbox.List(e), inbox.Show(e), inbox.Watch(e), inbox.Export(e), inbox.Print(e),
		},
	}
}

func certCommand(e *shell.Env) *cli.Command {
	return &cli.Command{
		Name:  "cert",
		Usage: "request, grant, sign, show, revoke and import certificates, bind devices, give signs of life",
		Subcommands: []*cli.Command{
			cert.Request(e), cert.Grant(e), cert.Sign(e), cert.Show(e), cert.Revoke(e),
			cert.Import(e), beacon.Station(e), beacon.Command(e),
		},
	}
}

func carryCommand(e *shell.Env) *cli.Command {
	return &cli.Command{
		Name:  "carry",
		Usage: "carry warnings by hand: as a file, or through a folder on a stick",
		Description: "A bundle is one file with signed warnings and what proves them. Whoever reads it in\n" +
			"judges each warning as if it had come over the network: nobody along the way has to\n" +
			"be trusted. sync keeps a folder on a stick that many devices share.",
		Subcommands: []*cli.Command{
			carry.Export(e),
			carry.Import(e),
			carry.Inspect(e),
			stick.Sync(e),
			carry.App(e),
		},
	}
}
