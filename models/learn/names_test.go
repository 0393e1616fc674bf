package learn

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom/odoo"
)

func TestClassNames(t *testing.T) {
	for _, c := range []struct{ path, method, want string }{
		{"/web/dataset/call_kw/stock.picking/button_validate", "stock.picking.button_validate", "stock.picking.button_validate"},
		{"/web/dataset/call_kw/stock.picking/button_validate", "", "stock.picking.button_validate"}, // to 18
		{"/web/dataset/call_button/sale.order/action_confirm", "", "sale.order.action_confirm"},
		{"/web/dataset/call_button", "sale.order.action_confirm", "sale.order.action_confirm"},
		{"/json/2/product.product/search_read", "", "product.product.search_read"},
		{"/jsonrpc", "product.product.search_count", "product.product.search_count"},
		{"/xmlrpc/2/object", "sale.order.create", "xmlrpc:sale.order.create"},
		{"/xmlrpc/2/object", "", "/xmlrpc/2/*"},
		{"/web/dataset/search_read", "", "/web/dataset/search_read"},
		{"/web/hook/3f0e5c3e-90a1-4d6f-8f0e-1f2f3f4f5f6f", "", "/web/hook"},
		{"/my/orders/17", "", "/my/orders/*"},
		{"/my/orders", "", "/my/orders"},
		{"/shop/blue-chair-of-mr-smith-17", "", "/shop/*"},
		{"/shop/cart", "", "/shop/cart"},
		{"/shop", "", "/shop"},
		{"/", "", "/"},
		{"/report/pdf/sale.report_saleorder/17", "", "/report/pdf/*"},
		{"/partners/john-smith-12", "", "/partners/*"},
		{"/john-smith", "", ""},
		{"/jsmith@example.com", "", ""},
		{"/web/login", "", "/web/login"},
		{"/web/session/authenticate", "", "/web/session/*"},
		{"/web/dataset/call_kw/sale.order/../../secret", "", "/web/dataset/call_kw"},
		{"/web/dataset/call_kw", "sale order; drop", "/web/dataset/call_kw"},
		{strings.Repeat("/x", 200), "", "/x/*"},
	} {
		if got := ClassName(c.path, c.method); got != c.want {
			t.Errorf("%s#%s: %q, want %q", c.path, c.method, got, c.want)
		}
	}
}

// Too many classes become one.
func TestClassesAreBounded(t *testing.T) {
	n := newNamer()
	for i := range 3 * mostClasses {
		l := odoo.LogLine{Path: "/web/dataset/call_kw", Method: "x.m" + strings.Repeat("a", i%90) + string(rune('a'+i%26)) + strings.Repeat("b", i/90)}
		n.of(&l)
	}
	if len(n.names) > mostClasses {
		t.Errorf("%d classes", len(n.names))
	}
}

// The crowd of one station is that of the machine-repair of processor sharing:
// compared with adding up all states one by one.
func TestMeetAgainstAllStates(t *testing.T) {
	for _, cores := range [][2]float64{{1, 1}, {1.5, 0.5}, {4, 2}, {0.3, 8}} {
		s := newSweep(Options{})
		s.cores = cores
		for _, n := range []int{0, 1, 3, 9} {
			for _, x := range []float64{0.1, 0.5, 0.9} {
				var weight, rate [2]float64
				for states := range 1 << n {
					k, p := 0, 1.0
					for i := range n {
						if states>>i&1 == 1 {
							k++
							p *= x
						} else {
							p *= 1 - x
						}
					}
					for st := range 2 {
						at := [2]int{n - k, k}
						at[st]++
						w := p
						for q, c := range at {
							for i := 1; i <= c; i++ {
								w *= float64(i) / math.Min(float64(i), cores[q])
							}
						}
						weight[st] += w
						rate[st] += w * math.Min(1, cores[st]/float64(at[st]))
					}
				}
				got := s.meet(n, x)
				for st := range 2 {
					if r := rate[st] / weight[st]; math.Abs(got.rate[st]/r-1) > 1e-9 {
						t.Errorf("cores %v, %d others of share %g: rate %g, want %g", cores, n, x, got.rate[st], r)
					}
				}
				if a, b := got.weight[0]/got.weight[1], weight[0]/weight[1]; math.Abs(a/b-1) > 1e-9 {
					t.Errorf("cores %v, %d others of share %g: weights %g, want %g", cores, n, x, a, b)
				}
			}
		}
	}
}

// Half a core is a quota: who is alone is not slowed by it, and it is half a core that
// is used.
func TestAQuotaIsNoSlowCore(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 5))
	var at []time.Time
	for t := 0.0; t < 3600; t += 3 + random.ExpFloat64() {
		at = append(at, monday.Add(8*time.Hour+time.Duration(t*1e9)))
	}
	lines := log("sale.order.action_confirm", at) // 20 ms outside of SQL, 10 ms in it
	out := learned(t, Options{AppCores: 0.5, DatabaseCores: 0.25}, lines)
	c := out.Model.Classes[0]
	if app, db := c.Demand["app"].Value, c.Demand["database"].Value; math.Abs(app-0.02) > 1e-9 || math.Abs(db-0.01) > 1e-9 {
		t.Errorf("demands %g and %g s, made with 0.02 and 0.01", app, db)
	}
	whole := learned(t, Options{AppCores: 1, DatabaseCores: 1}, lines).Model.MeasuredUtilization
	if u := out.Model.MeasuredUtilization; !(u["app"] > 0) || math.Abs(u["app"]/whole["app"]-2) > 1e-9 || math.Abs(u["database"]/whole["database"]-4) > 1e-9 {
		t.Errorf("utilization %v, of whole cores %v", u, whole)
	}
}

// How hot rows are is recovered from transactions that lose by whom they meet.
func TestHeatIsRecovered(t *testing.T) {
	for _, want := range []float64{0.02, 0.1, 0.4} {
		random := rand.New(rand.NewPCG(3, 5))
		g := &group{name: "stock_quant"}
		for range 20_000 {
			m := random.IntN(5)
			c := &g.met[m][random.IntN(groups)]
			c.n++
			if random.Float64() < 1-math.Pow(1-want, float64(m)) {
				c.lost++
			}
		}
		e, ok := hotRows([]*group{g}, 1, Options{}.withDefaults())
		if !ok || math.Abs(e.Value*want-1) > 0.05 || e.Low > 1/want || e.High < 1/want {
			t.Errorf("%g: %+v", want, e)
		}
	}
	if _, ok := hotRows([]*group{{}}, 1, Options{}.withDefaults()); ok {
		t.Error("rows without a lost try are hot")
	}
}

// A retried request is one arrival; its sleep is no demand, and it gives none.
func TestRetriesAreTakenOut(t *testing.T) {
	var lines []odoo.LogLine
	for i := range 300 {
		at := monday.Add(8*time.Hour + time.Duration(i)*10*time.Second)
		l := log("sale.order.action_confirm", []time.Time{at})[0]
		l.PID = 100
		if i%3 == 0 && i > 0 {
			lost := odoo.LogLine{Kind: odoo.ConflictLine, Time: at.Add(-2 * time.Second), PID: 100, Level: "INFO", Database: "prod", Logger: "odoo.service.model",
				Conflict: "SERIALIZATION_FAILURE", Left: 4, Sleep: 1.5}
			if i%2 == 0 {
				lost.Left, lost.Retry, lost.Of = -1, 1, 5
			}
			lines = append(lines, lost)
			l.Other += 1.5 + 0.02
		}
		lines = append(lines, l)
	}
	out := learned(t, Options{}, lines)
	c := out.Report.Classes[0]
	if c.Count != 300 || c.Clean != 200 || math.Abs(c.Demand["app"].Value-0.02) > 1e-9 || c.RetryShare == nil || math.Abs(c.RetryShare.Value-0.33) > 1e-9 {
		t.Errorf("%+v", c)
	}
	if out.Report.Conflicts.Lost["serialization"] != 99 || out.Report.Counts.Retried != 99 || out.Report.Counts.Orphans != 0 {
		t.Errorf("%+v, %+v", out.Report.Conflicts, out.Report.Counts)
	}
}

// The same lines give the same bytes.
func TestSameLinesSameBytes(t *testing.T) {
	lines := warehouse(1, 2).lines()
	for i := range lines {
		lines[i].Database = []string{"a", "b", "c"}[i%3]
	}
	o := Options{AppCores: 1.5, DatabaseCores: 1}
	a, err := json.Marshal(learned(t, o, lines))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if b, _ := json.Marshal(learned(t, o, lines)); string(a) != string(b) {
			t.Fatal("another answer to the same lines")
		}
	}
}

// The shape of demands has the mean 1 and does not fall.
func TestQuantilesHaveMeanOne(t *testing.T) {
	seen := 0
	for _, c := range learned(t, Options{AppCores: 1.5, DatabaseCores: 1}, warehouse(1, 2).lines()).Model.Classes {
		for st, q := range c.Quantiles {
			seen++
			var area float64
			for i := 1; i < len(q); i++ {
				area += (q[i] + q[i-1]) / 2 / float64(len(q)-1)
				if q[i] < q[i-1] {
					t.Errorf("%s at %s falls", c.Name, st)
				}
			}
			if math.Abs(area-1) > 1e-9 {
				t.Errorf("%s at %s: mean %g", c.Name, st, area)
			}
		}
	}
	if seen == 0 {
		t.Error("no class has a shape")
	}
}

// Whatever stands in a log: no panic, no figure that is none, and nothing of it
// that is not a name of code.
func FuzzLearn(f *testing.F) {
	const line = `2026-11-21 19:21:11,650 3524 INFO o19 werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:11] "POST /web/dataset/call_kw/stock.picking/button_validate#stock.picking.button_validate HTTP/1.1" 200 - 143 0.080 0.135`
	f.Add(line + "\n" + strings.ReplaceAll(line, "19:21:11", "19:25:11"))
	f.Add(line + "\n2026-11-21 19:21:12,650 3524 INFO o19 odoo.service.model: SERIALIZATION_FAILURE, 4 tries left, try again in 0.7511 sec...\n" + strings.ReplaceAll(line, "19:21:11", "19:21:14"))
	f.Add(strings.ReplaceAll(line, "2026", "9999") + "\n" + line)
	f.Add(strings.ReplaceAll(line, "0.135", "99999") + "\n" + strings.ReplaceAll(line, "2026", "0001") + "\n" + line)
	f.Fuzz(func(t *testing.T, text string) {
		for _, o := range []Options{{Replications: 3}, {AppCores: 0.5, DatabaseCores: 3, Replications: 3}, {AppCores: 2, SharedHost: true, Replications: 3}} {
			a := New(o)
			p := odoo.NewParser(nil)
			for s := range strings.Lines(text) {
				a.Add(0, p.Parse(s))
			}
			out, err := a.Learn()
			if err != nil {
				continue
			}
			if _, err := json.Marshal(out); err != nil {
				t.Fatal(err) // NaN and infinities cannot be written
			}
		}
	})
}

// TestUnlikeItsGroup: a validation that never loses beside confirmations that
// do, and a class that loses to rows that nobody knows, are said.
func TestUnlikeItsGroup(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	var lines []odoo.LogLine
	for i := range 400 { // three every ten seconds: a validation touches its rows when a confirmation has
		at = at.Add(10 * time.Second)
		for pid, method := range []string{"sale.order.action_confirm", "stock.picking.button_validate", "purchase.order.button_confirm"} {
			l := log(method, []time.Time{at.Add(time.Duration(pid) * 900 * time.Millisecond)})[0]
			l.PID, l.SQL, l.Other = 100+pid, 0.5, 0.5
			if i%4 == 0 && pid != 1 {
				lines = append(lines, odoo.LogLine{Kind: odoo.ConflictLine, Time: l.Time.Add(-time.Second), PID: l.PID, Level: "INFO", Database: "prod",
					Logger: "odoo.service.model", Conflict: "SERIALIZATION_FAILURE", Left: 4, Sleep: 0.5})
				l.Other++
			}
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b odoo.LogLine) int { return a.Time.Compare(b.Time) })
	out := learned(t, Options{Replications: 2}, lines)
	for _, want := range []string{"stock.picking.button_validate lost a conflict 0 times of 400", "purchase.confirm lost a conflict 100 times, to rows that are not known"} {
		if !slices.ContainsFunc(out.Report.Warnings, func(w string) bool { return strings.Contains(w, want) }) {
			t.Errorf("no warning that %s: %q", want, out.Report.Warnings)
		}
	}
}
