package attack

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/headroom-erp/headroom"
)

// Visitors of the shop look at the list and at products, as their seeds say.
func TestShop(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[r.URL.Path]++
		mu.Unlock()
		if r.Method != http.MethodGet || r.URL.Query().Get("hr") == "" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		fmt.Fprint(w, "<html>shop</html>")
	})
	m := plan(shop, every(ms, 300)...)
	m.arrivals[1].Kind = headroom.Scheduled // as open
	n := newNotes()
	e := begin(t, m, server.URL, n, nil)
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	n.check(t, m)
	// 300 visits: a third sees the list, the rest one of three pages, each rank
	// of five counted modulo three. Bounds are four standard errors.
	for path, want := range map[string]float64{"/shop": 100, "/shop/a-1": 80, "/shop/b-2": 80, "/shop/c-3": 40} {
		if got := float64(seen[path]); got < want-33 || got > want+33 {
			t.Errorf("%s was opened %v times, want about %v", path, got, want)
		}
	}
	if len(seen) != 4 {
		t.Errorf("opened %v", seen)
	}
	steps := map[string]int{}
	for _, q := range n.requests {
		steps[q.Step]++
	}
	if len(steps) != 2 || steps[stepList] != seen["/shop"] {
		t.Errorf("steps %v", steps)
	}
	if q := n.requests[2]; q.Process != "browsing" || q.Outcome != headroom.OK || n.journeys[2].Kind != headroom.Scheduled {
		t.Errorf("%+v", q)
	}
}

func TestAShopWithoutAPage(t *testing.T) {
	m, n := plan(shop, 0), newNotes()
	e := begin(t, m, serve(t, func(http.ResponseWriter, *http.Request) {}).URL, n, nil)
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	if q := n.requests[2]; q.Outcome != headroom.BusinessError || q.Error != "HTTP 200 without a page of the shop" {
		t.Errorf("%+v", q)
	}
}

// Two sites on two stacks.
func TestEachDatabaseHasItsURL(t *testing.T) {
	var mu sync.Mutex
	came := map[string]int{}
	count := func(name string) string {
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			came[name+" "+r.Header.Get("X-Odoo-Database")]++
			mu.Unlock()
			fmt.Fprint(w, "page")
		}).URL
	}
	m := plan(portal, every(2*ms, 20)...)
	m.header.Sites = append(m.header.Sites, headroom.ScheduledSite{Name: "dock", Database: "dock_db"})
	for i := range m.arrivals {
		if i%4 == 1 {
			m.arrivals[i].Site = 1
		}
	}
	n := newNotes()
	s := seeded()
	s.Sites["dock"] = s.Sites["hub"]
	e := begin(t, m, count("a"), n, func(o *Options) {
		o.Seeded, o.URLs = s, map[string]string{"hub_db": o.URLs["hub_db"], "dock_db": count("b")}
	})
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(came) != 2 || came["a hub_db"] != 10 || came["b dock_db"] != 10 {
		t.Errorf("came %v", came)
	}
	if _, ok := n.journeys[2]; !ok || len(n.journeys) != 20 {
		t.Errorf("%d journeys", len(n.journeys))
	}
}
