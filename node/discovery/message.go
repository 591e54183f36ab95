package discovery

import (
	"errors"
	"fmt"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/net/dns/dnsmessage"
)

// The form of libp2p's mDNS specification (libp2p/specs, discovery/mdns.md): a
// PTR question for the service; a PTR answer that names the peer, with a TXT
// record of one "dnsaddr=" string per address.
const (
	// ServiceName is the DNS-SD service type of a device.
	ServiceName = "_kreidfeuer._udp"

	serviceDomain = ServiceName + ".local."
	addressPrefix = "dnsaddr="

	// recordTTL is the lifetime of a record in seconds. Nothing here caches; it
	// is what other software on the link shows.
	recordTTL = 120

	cacheFlush = 1 << 15 // RFC 6762, 10.2
)

// Bounds of one message.
const (
	// maxPacket is the largest mDNS packet (RFC 6762, 17).
	maxPacket = 9000

	// maxAnswer keeps our own below an Ethernet frame, the IPv6 minimum included.
	maxAnswer = 1200

	// maxRecords and maxStrings bound what is read of one message: a record set
	// of a few dozen services, and addresses of one peer.
	maxRecords = 64
	maxStrings = 32
)

// query is our question, with the message ID by which we know it again.
type query struct {
	id     uint16
	packet []byte
}

func newQuery(id uint16) query {
	m := dnsmessage.Message{
		Header: dnsmessage.Header{ID: id},
		Questions: []dnsmessage.Question{{
			Name: dnsmessage.MustNewName(serviceDomain), Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET,
		}},
	}
	packed, err := m.Pack()
	if err != nil {
		panic(err) // the message is constant but for its ID
	}
	return query{id, packed}
}

// newAnswer tells a peer's addresses, as many as fit, the first first.
func newAnswer(id peer.ID, addrs []ma.Multiaddr) ([]byte, error) {
	instance, err := dnsmessage.NewName(id.String() + "." + serviceDomain)
	if err != nil {
		return nil, fmt.Errorf("name peer in mDNS: %w", err)
	}
	var texts []string
	size := 2*len(instance.String()) + 100 // names and headers before compression
	for _, a := range addrs {
		text := addressPrefix + a.String() + "/p2p/" + id.String()
		if size += len(text) + 1; size > maxAnswer {
			break
		}
		texts = append(texts, text)
	}
	m := dnsmessage.Message{
		Header: dnsmessage.Header{Response: true, Authoritative: true},
		Answers: []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(serviceDomain), Class: dnsmessage.ClassINET, TTL: recordTTL},
			Body:   &dnsmessage.PTRResource{PTR: instance},
		}},
		Additionals: []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: instance, Class: dnsmessage.ClassINET | cacheFlush, TTL: recordTTL},
			Body:   &dnsmessage.TXTResource{TXT: texts},
		}},
	}
	packed, err := m.Pack()
	if err != nil {
		return nil, fmt.Errorf("pack mDNS answer: %w", err)
	}
	return packed, nil
}

// message is what concerns us in an mDNS message.
type message struct {
	id    uint16
	asked bool // holds our question
	peers []peer.AddrInfo
}

// parseMessage reads a message from the link. Records of other services are
// skipped; it fails only on what is no DNS message.
func parseMessage(data []byte) (message, error) {
	var p dnsmessage.Parser
	header, err := p.Start(data)
	if err != nil {
		return message{}, err
	}
	m := message{id: header.ID}
	for n := 0; ; n++ {
		q, err := p.Question()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			break
		}
		if err != nil || n >= maxRecords {
			return message{}, errors.Join(err, errTooMany)
		}
		isOurs := strings.EqualFold(q.Name.String(), serviceDomain)
		m.asked = m.asked || !header.Response && isOurs && (q.Type == dnsmessage.TypePTR || q.Type == dnsmessage.TypeALL)
	}
	if header.Response {
		m.peers, err = parsePeers(&p)
	}
	return m, err
}

var errTooMany = fmt.Errorf("more than %d records", maxRecords)

// section reads the records of one section of a message.
type section struct {
	header func() (dnsmessage.ResourceHeader, error)
	skip   func() error
}

func parsePeers(p *dnsmessage.Parser) ([]peer.AddrInfo, error) {
	var peers []peer.AddrInfo
	n := 0
	for _, s := range []section{
		{p.AnswerHeader, p.SkipAnswer}, {p.AuthorityHeader, p.SkipAuthority}, {p.AdditionalHeader, p.SkipAdditional},
	} {
		for ; ; n++ {
			h, err := s.header()
			if errors.Is(err, dnsmessage.ErrSectionDone) {
				break
			}
			if err != nil || n >= maxRecords {
				return nil, errors.Join(err, errTooMany)
			}
			if h.Type != dnsmessage.TypeTXT || !isInstance(h.Name.String()) {
				if err := s.skip(); err != nil {
					return nil, err
				}
				continue
			}
			txt, err := p.TXTResource()
			if err != nil {
				return nil, err
			}
			if info, ok := parseTexts(txt.TXT); ok {
				peers = append(peers, info)
			}
		}
	}
	return peers, nil
}

func isInstance(name string) bool {
	return len(name) > len(serviceDomain)+1 && strings.EqualFold(name[len(name)-len(serviceDomain)-1:], "."+serviceDomain)
}

// parseTexts reads one peer's addresses. One record speaks for one peer; strings
// that are no address of it are skipped.
func parseTexts(texts []string) (peer.AddrInfo, bool) {
	var info peer.AddrInfo
	for _, t := range texts[:min(len(texts), maxStrings)] {
		s, ok := strings.CutPrefix(t, addressPrefix)
		if !ok {
			continue
		}
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			continue
		}
		a, id := peer.SplitAddr(a)
		if id == "" || a == nil || !isDialable(a) || info.ID != "" && info.ID != id {
			continue
		}
		if at, ok := addrOf(a); !ok || !isUsable(at) {
			continue
		}
		info.ID = id
		info.Addrs = append(info.Addrs, a)
	}
	return info, info.ID != ""
}
