package up

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carry"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/web"
)

// publicAddr is where the public page is served unless --public-at names another:
// beside the control API's port, on all addresses.
const publicAddr = ":7133"

// publicFlags belong to up.
func publicFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "public", Usage: "serve a page with the warnings to everybody on the local network, on port 7133"},
		&cli.StringFlag{Name: "public-at", Usage: "serve it at `ADDR`, such as 192.0.2.7:80 or :80", DefaultText: publicAddr},
		&cli.BoolFlag{Name: "captive", Usage: "make phones that join this Wi-Fi open the page by themselves; needs port 80 and the Wi-Fi's DNS"},
		&cli.StringFlag{Name: "app", Usage: "offer the program's files in `DIR` on the page", DefaultText: "this program itself"},
	}
}

const publicHelp = "With --public whoever is on the same Wi-Fi or LAN sees the warnings in a browser, with\n" +
	"nothing installed: http://ADDRESS:7133/. The page is read-only and shows neither places\n" +
	"nor neighbours. It is http, not https: there are no names, hence no certificates, where\n" +
	"there is no internet; nobody can verify a warning by this page, and it says so. It also\n" +
	"hands on the program itself (--app DIR for all platforms, as make dist makes them).\n" +
	"With --captive the addresses that phones ask for to find out whether a Wi-Fi has\n" +
	"internet lead to the page. That wants --public-at :80 and a DNS that answers every name\n" +
	"with this box's address, and phones will say that the Wi-Fi wants a sign-in.\n\n"

// checkPublic refuses what would only show when it is needed.
func (u *upper) checkPublic() error {
	if u.c.IsSet("public-at") {
		host, port, err := net.SplitHostPort(u.c.String("public-at"))
		if err == nil && host != "" {
			_, err = netip.ParseAddr(host)
		}
		if err == nil && port == "" {
			err = errors.New("the port is missing")
		}
		if err == nil {
			_, err = net.LookupPort("tcp", port)
		}
		if err != nil {
			return exit.Errorf(exit.Usage, "--public-at %q: %w", u.c.String("public-at"), err).Hintf("as in :7133 or 192.0.2.7:80")
		}
	}
	for _, name := range []string{"captive", "app"} {
		if u.c.IsSet(name) && !u.isPublic() {
			return exit.Errorf(exit.Usage, "--%s is of no use without --public", name)
		}
	}
	if dir := u.c.String("app"); dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return exit.Errorf(exit.Usage, "--app %q is no folder", dir).Hintf("make dist fills one")
		}
	}
	return nil
}

func (u *upper) isPublic() bool { return u.c.Bool("public") || u.c.IsSet("public-at") }

// listenPublic opens the public page's port; nil if there is to be no page.
func (u *upper) listenPublic() (net.Listener, error) {
	if !u.isPublic() {
		return nil, nil
	}
	at := publicAddr
	if u.c.IsSet("public-at") {
		at = u.c.String("public-at")
	}
	l, err := net.Listen("tcp", at)
	switch {
	case errors.Is(err, syscall.EACCES):
		return nil, exit.Errorf(exit.System, "public page: %w", err).Hintf("ports below 1024 need a privilege: setcap cap_net_bind_service=+ep kreidfeuer, or another port")
	case err != nil:
		return nil, exit.Errorf(exit.System, "public page: %w", err).Hintf("another program may use the port; --public-at names another")
	}
	return l, nil
}

// servePublic serves the public page until ctx ends.
func (u *upper) servePublic(ctx context.Context, n *node.Node, l net.Listener) error {
	server := web.New(web.Config{Backend: n.Control(), Frames: inbox.Frames, Captive: u.c.Bool("captive"), Zone: u.Now().Location(),
		Log: u.log.With("part", "public page")})
	for _, at := range pageAddresses(l.Addr()) {
		if !u.JSON {
			u.Printf("page      %s  for everybody on this network (http: not verified by their devices)\n", at)
		}
	}
	done := make(chan struct{})
	go func() { // some 100 MB/s on a small box: not before the page
		defer close(done)
		apps, err := u.openApps()
		if err != nil {
			u.log.Error("offer the program's files", "err", err)
			return
		}
		server.SetApps(apps)
	}()
	if err := server.Run(ctx, l); err != nil {
		u.log.Error("the public page has ended; the device goes on", "err", err)
	}
	<-done
	return nil
}

func (u *upper) openApps() (*web.Apps, error) {
	if dir := u.c.String("app"); dir != "" {
		return web.OpenApps(dir)
	}
	return carry.OwnApp()
}

// pageAddresses are the addresses at which others reach a listener, those that
// are easy to type first.
func pageAddresses(a net.Addr) []string {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return nil
	}
	ips := []netip.Addr{at.Addr().Unmap()}
	if at.Addr().IsUnspecified() {
		ips = nil
		all, _ := net.InterfaceAddrs()
		for _, one := range all {
			if p, err := netip.ParsePrefix(one.String()); err == nil && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
				ips = append(ips, p.Addr().Unmap())
			}
		}
		if len(ips) == 0 {
			ips = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
		}
	}
	slices.SortFunc(ips, func(a, b netip.Addr) int { return a.Compare(b) }) // IPv4 sorts first
	var urls []string
	for _, ip := range ips {
		url := fmt.Sprintf("http://%s/", netip.AddrPortFrom(ip, at.Port()))
		urls = append(urls, strings.Replace(url, ":80/", "/", 1))
	}
	return urls
}
