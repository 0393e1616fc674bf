package learn

import (
	"strings"

	"github.com/headroom-erp/headroom/odoo"
)

// xmlrpcDoor stands before the name of a class that came by XML-RPC, as
// gateways do, so that it is told from what people did.
const xmlrpcDoor = "xmlrpc:"

// ClassName is what a request is a request of, without anything of it that is
// personal or a record's: "sale.order.action_confirm" for a call of a model's
// method by web client or JSON-RPC, "xmlrpc:…" for one of a gateway, and a
// shortened path for a page: "/my/orders/*". It is "" for a path that says nothing.
func ClassName(path, method string) string {
	xmlrpc := strings.HasPrefix(path, "/xmlrpc/")
	if method == "" {
		method = methodOf(path)
	}
	if technical(method) && strings.IndexByte(method, '.') > 0 {
		if xmlrpc {
			return xmlrpcDoor + method
		}
		return method
	}
	return pageOf(path)
}

// methodOf finds model and method in the paths that have them.
func methodOf(path string) string {
	rest := ""
	for _, door := range [...]string{"/web/dataset/call_kw/", "/web/dataset/call_button/", "/web/dataset/call/", "/json/2/"} {
		if r, ok := strings.CutPrefix(path, door); ok {
			rest = r
			break
		}
	}
	model, method, ok := strings.Cut(rest, "/")
	if !ok || model == "" || method == "" || strings.IndexByte(method, '/') >= 0 || !technical(model) {
		return ""
	}
	return model + "." + method
}

// technical: a name out of code, as of a model or a method.
func technical(s string) bool {
	if s == "" || len(s) > 100 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.') {
			return false
		}
	}
	return true
}

// known are first parts of Odoo's own paths, whose second part is a word of
// Odoo's too. Of any other path the first part alone is kept.
var known = map[string]bool{
	"web": true, "my": true, "shop": true, "report": true, "mail": true, "bus": true, "longpolling": true, "pos": true, "json": true,
	"stock_barcode": true, "website": true, "web_editor": true, "html_editor": true, "payment": true, "xmlrpc": true, "discuss": true, "hr_attendance": true,
	"calendar": true, "survey": true, "event": true, "im_livechat": true, "web_tour": true, "documents": true, "knowledge": true, "base_setup": true,
}

// pageOf shortens a page's path: the parts that name a kind of page stay, and
// whatever follows, which may be a record, a name or a secret, becomes a star.
func pageOf(path string) string {
	path = strings.Trim(path, "/")
	if path == "" {
		return "/"
	}
	first, rest, more := strings.Cut(path, "/")
	if !word(first) {
		return ""
	}
	if !more {
		return "/" + first
	}
	if first == "web" && strings.HasPrefix(rest, "hook/") {
		return "/web/hook" // the address is a secret
	}
	second, tail, deeper := strings.Cut(rest, "/")
	switch {
	case !known[first] || first == "shop" && !shopPage(second) || !word(second):
		return "/" + first + "/*"
	case !deeper:
		return "/" + first + "/" + second
	case first == "web" && second == "dataset":
		third, _, _ := strings.Cut(tail, "/")
		if word(third) {
			return "/web/dataset/" + third
		}
	}
	return "/" + first + "/" + second + "/*"
}

// shopPage: not a product's.
func shopPage(s string) bool {
	return s == "cart" || s == "checkout" || s == "address" || s == "payment" || s == "confirmation" || s == "category" || s == "page"
}

// word: lower-case letters and underscores, and the digit of "/json/2".
func word(s string) bool {
	if s == "" || len(s) > 30 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c == '_' || c == '2' && len(s) == 1) {
			return false
		}
	}
	return true
}

// waiting: the bus' requests, which wait for news for a minute in a process of
// their own and hold no web worker.
func waiting(name string) bool {
	return strings.HasPrefix(name, "/longpolling") || strings.HasPrefix(name, "/websocket") || name == "/bus/websocket_worker_bundle"
}

const (
	// mostClasses bounds the classes that are told apart, mostPaths the paths
	// whose class is remembered.
	mostClasses = 2000
	mostPaths   = 1 << 16
)

// A namer numbers classes.
type namer struct {
	byPath map[string]int32
	byName map[string]int32
	names  []string
	key    []byte
}

func newNamer() *namer {
	return &namer{byPath: map[string]int32{}, byName: map[string]int32{otherClass: 0}, names: []string{otherClass}}
}

// otherClass is for what cannot be named or would be one class too many.
const otherClass = "other"

// of is the class of a request line.
func (n *namer) of(l *odoo.LogLine) int32 {
	n.key = append(append(append(n.key[:0], l.Path...), '#'), l.Method...)
	if c, ok := n.byPath[string(n.key)]; ok {
		return c
	}
	c := n.named(ClassName(l.Path, l.Method))
	if len(n.byPath) < mostPaths {
		n.byPath[string(n.key)] = c
	}
	return c
}

func (n *namer) named(name string) int32 {
	if c, ok := n.byName[name]; ok {
		return c
	}
	if name == "" || len(n.names) >= mostClasses {
		return 0
	}
	name = strings.Clone(name)
	c := int32(len(n.names))
	n.names = append(n.names, name)
	n.byName[name] = c
	return c
}
