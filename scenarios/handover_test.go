package scenarios

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

var (
	releases = regexp.MustCompile(`erp\.released\("(delivery|receipt)"`)
	finishes = regexp.MustCompile(`erp\.done\("(delivery|receipt)"`)
	writes   = regexp.MustCompile(`(?s)of byQuantity.*call\("(\w+)", "stock\.move", "write"`)
	claims   = regexp.MustCompile(`(?:claim\(|const type = )erp\.site\(\)\.(\w+)_type`)
)

// kindsOf are the kinds of transfers by the operation type that scripts name.
var kindsOf = map[string]string{"pick": "pick", "out": "ship", "in": "receive", "store": "putaway"}

// What forecasts know of how scenarios pass work on is what the scripts do.
func TestHandoversAreTheScripts(t *testing.T) {
	made := map[string]bool{}
	for _, name := range names {
		text, err := fs.ReadFile(Scripts(), name+".js")
		if err != nil {
			t.Fatal(err)
		}
		h := headroom.HandoverOf(name)
		one := func(r *regexp.Regexp) string {
			m := r.FindStringSubmatch(string(text))
			if m == nil {
				return ""
			}
			return m[1]
		}
		if h.Released != one(releases) || h.Done != one(finishes) || h.Takes != kindsOf[one(claims)] {
			t.Errorf("%s: %+v; its script releases %q, finishes %q, claims %q", name, h, one(releases), one(finishes), one(claims))
		}
		if h.Several != strings.Contains(string(text), "stock.picking.batch") {
			t.Errorf("%s: takes several transfers at once: %v", name, h.Several)
		}
		each := one(writes)
		if strings.Contains(string(text), "finish(") { // transfer.js
			each = "take"
		}
		if h.EachQuantity != each || each != "" && !strings.Contains(string(text), each+",") {
			t.Errorf("%s: %q for each quantity; its script asks for %q", name, h.EachQuantity, each)
		}
		if h.Makes != "" {
			made[h.Makes] = true
		}
	}
	for _, kind := range kindsOf {
		if !made[kind] {
			t.Errorf("no scenario makes a %s possible", kind)
		}
	}
	if (headroom.HandoverOf("mine.js") != headroom.Handover{}) {
		t.Error("nothing is known of a script of the user's")
	}
}
