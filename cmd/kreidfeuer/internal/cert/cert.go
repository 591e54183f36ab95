// Package cert holds the commands about certificates: request, grant, sign, show, revoke,
// import.
package cert

import (
	"encoding/pem"
	"fmt"
	"maps"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// request is what somebody who wants a certificate sends to the unit above.
// Nothing of it is proven; whoever grants it compares the key with its holder.
type request struct {
	_         struct{} `cbor:",toarray"`
	Version   uint64
	Kind      identity.Kind
	Authority string
	Person    string
	Key       identity.PublicKey
	Name      string
	Function  string
	Number    string
}

func (r *request) headers() map[string]string {
	h := map[string]string{"Authority": r.Authority, "Key": r.Key.String(), "Name": r.Name}
	if r.Person != "" {
		h["Person"] = r.Person
	}
	return h
}

func (r *request) subject() identity.Subject {
	return identity.Subject{Kind: r.Kind, Authority: r.Authority, Person: r.Person, Key: r.Key,
		Name: r.Name, Function: r.Function, Number: r.Number}
}

func parseRequest(data []byte) (*request, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != armor.RequestType {
		return nil, fmt.Errorf("no -----BEGIN %s----- in it", armor.RequestType)
	}
	var r request
	if err := wire.Unmarshal(block.Bytes, &r); err != nil {
		return nil, err
	}
	if r.Version != 1 {
		return nil, fmt.Errorf("request of version %d, this program reads 1", r.Version)
	}
	if len(block.Headers) > 0 && !maps.Equal(block.Headers, r.headers()) {
		return nil, armor.ErrChanged
	}
	return &r, nil
}

// Request is "cert request".
func Request(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "request",
		Usage: "make a key and the request for its certificate",
		Description: "The request goes to the unit above, the key file stays here together with\n" +
			"KEYFILE.state, which says what the key has signed last. Tell the unit above the key by\n" +
			"telephone: nothing else proves that the request is yours.\n\n" +
			"A unit's key gives signs of life and, where one signature is enough, certificates; its\n" +
			"officers, with --person, sign warnings.\n\n" +
			"Examples:\n" +
			"  kreidfeuer cert request --authority rp/07131/lst --name \"Leitstelle Ahrweiler\" --function Leitstelle\n" +
			"  kreidfeuer cert request --authority rp/07131/lst --person weber --name \"Anna Weber\" --function S2",
		Flags: append(keyfile.NewKeyFlags(),
			&cli.StringFlag{Name: "authority", Usage: "the unit's `PATH`, given by the unit above: rp/07131/lst"},
			&cli.StringFlag{Name: "person", Usage: "the officer's `LABEL`, unique in the unit: weber"},
			&cli.StringFlag{Name: "name", Usage: "display `NAME`: \"Leitstelle Ahrweiler\", \"Anna Weber\""},
			&cli.StringFlag{Name: "function", Usage: "`FUNCTION`: Leitstelle, S2"},
			&cli.StringFlag{Name: "number", Usage: "`NUMBER` of the function, where there are several"},
			&cli.BoolFlag{Name: "gateway", Usage: "the person is a machine that imports foreign warnings"},
			&cli.StringFlag{Name: "key", Usage: "make the key `FILE`", DefaultText: "the last label, .key"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the request to `FILE`", DefaultText: "the last label, .request.pem"},
		),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			return requestCert(e, c)
		},
	}, exit.OK, exit.Usage, exit.System, exit.Aborted)
}

func requestCert(e *shell.Env, c *cli.Context) error {
	r := request{Version: 1, Kind: identity.KindUnit, Authority: c.String("authority"), Person: c.String("person"),
		Name: c.String("name"), Function: c.String("function"), Number: c.String("number")}
	purpose := identity.PurposeUnit
	if r.Person != "" {
		r.Kind, purpose = identity.KindPerson, identity.PurposePerson
	}
	if c.Bool("gateway") {
		r.Kind = identity.KindGateway
	}
	if err := r.check(); err != nil {
		return err
	}
	label := lastLabel(r.Authority, r.Person)
	keyPath, out := c.String("key"), c.String("out")
	if keyPath == "" {
		keyPath = label + ".key"
	}
	if out == "" {
		out = label + ".request.pem"
	}
	key, err := keyfile.Make(e, c, keyfile.PassphrasesOf(e, c), keyPath, purpose, r.Name)
	if err != nil {
		return err
	}
	r.Key = key.Public()
	b, err := wire.Marshal(&r)
	if err != nil {
		return err
	}
	if err := e.WriteOutput(out, pem.EncodeToMemory(&pem.Block{Type: armor.RequestType, Headers: r.headers(), Bytes: b})); err != nil {
		return err
	}
	e.Notef("key      %s (and %s)\nrequest  %s\nTell the unit above this key by telephone:", keyPath, keyfile.StatePath(keyPath), shell.InputName(out))
	if out != "-" {
		e.Printf("%s\n", r.Key)
	}
	return nil
}

func (r *request) check() error {
	switch {
	case r.Authority == "":
		return exit.Errorf(exit.Usage, "which unit?").Hintf("--authority PATH, as in rp/07131/lst")
	case r.Name == "":
		return exit.Errorf(exit.Usage, "the certificate needs a name to display").Hintf("--name NAME")
	case r.Kind == identity.KindGateway && r.Person == "":
		return exit.Errorf(exit.Usage, "a gateway needs a label").Hintf("--person nina-import")
	}
	if err := wire.CheckAuthority(r.Authority); err != nil {
		return exit.Errorf(exit.Usage, "--authority: %w", err)
	}
	if r.Person != "" {
		if err := wire.CheckLabel(r.Person); err != nil {
			return exit.Errorf(exit.Usage, "--person: %w", err)
		}
	}
	return nil
}

func lastLabel(authority, person string) string {
	if person != "" {
		return person
	}
	for i := len(authority) - 1; i >= 0; i-- {
		if authority[i] == '/' {
			return authority[i+1:]
		}
	}
	return authority
}
