package analyse

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestDocuments(t *testing.T) {
	of := func(site string, id int64, at float64, done bool, due float64) headroom.DocumentEvent {
		return headroom.DocumentEvent{Site: site, Kind: "delivery", Document: id, T: at, Done: done, Due: due}
	}
	run := complete(10, 90)
	run.documents = []headroom.DocumentEvent{
		of("hub", 1, 5, false, 50), of("hub", 1, 6, false, 50), // a gateway sent it twice
		of("hub", 1, 50, true, 0),                                // on the stroke of the cutoff
		of("hub", 2, 10, false, 50), of("hub", 2, 50.1, true, 0), // just too late
		of("hub", 3, 10, false, 50),                           // never done
		of("hub", 4, 10, false, 500),                          // due after the run
		of("hub", 5, 20, false, 0), of("hub", 5, 30, true, 0), // due at no time
		of("hub", 9, 40, true, 0),    // was open before the run
		of("depot", 1, 10, false, 0), // another database's number 1
	}
	got := evidenceOf(t, run).documents()
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	if d := got[0]; d.Site != "depot" || d.Released != 1 || d.Done != 0 || d.Wait != nil || d.Attainment != nil {
		t.Errorf("depot: %+v", d)
	}
	d := got[1]
	if d.Released != 5 || d.Done != 3 || d.Older != 1 || d.Due != 3 || d.InTime != 1 {
		t.Errorf("hub: %+v", d)
	}
	if math.Abs(*d.Wait-(45+40.1+10)/3) > 1e-9 || *d.Longest != 45 || math.Abs(*d.Attainment-1.0/3) > 1e-9 {
		t.Errorf("hub: waits %g, longest %g, attainment %g", *d.Wait, *d.Longest, *d.Attainment)
	}
}
