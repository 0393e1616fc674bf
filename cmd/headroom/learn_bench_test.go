package main

import (
	"bufio"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/headroom-erp/headroom/models/learn"
	"github.com/headroom-erp/headroom/odoo"
)

// A day's log of production, as far as a reader is concerned: two databases,
// what people, hand-helds, gateways, shop and portal ask for, files, the bus,
// lost tries, and a day's course.
var dayMix = []struct {
	weight       float64
	path, method string
	queries      int
	sql, other   float64 // seconds, means
}{
	{10, "/web/static/src/img/placeholder.png", "", 0, 0, 0},
	{2, "/websocket", "", 3, 0.001, 0.002},
	{14, "/web/dataset/call_kw/sale.order/web_search_read", "sale.order.web_search_read", 14, 0.021, 0.034},
	{10, "/web/dataset/call_kw/stock.picking/web_read", "stock.picking.web_read", 22, 0.018, 0.030},
	{8, "/web/dataset/call_kw/res.partner/name_search", "res.partner.name_search", 4, 0.006, 0.007},
	{6, "/web/dataset/call_kw/sale.order/onchange", "sale.order.onchange", 31, 0.012, 0.061},
	{6, "/web/action/load", "", 9, 0.003, 0.006},
	{6, "/web/image/product.product/%d/image_128", "", 6, 0.004, 0.005},
	{4, "/json/2/product.product/search_read", "", 4, 0.004, 0.012},
	{8, "/web/dataset/call_kw/product.product/search_read", "product.product.search_read", 5, 0.005, 0.014},
	{3, "/web/dataset/call_kw/sale.order/create", "sale.order.create", 41, 0.022, 0.071},
	{3, "/web/dataset/call_button/sale.order/action_confirm", "sale.order.action_confirm", 95, 0.061, 0.104},
	{4, "/web/dataset/call_kw/stock.picking/search_read", "stock.picking.search_read", 6, 0.004, 0.008},
	{4, "/web/dataset/call_kw/stock.picking/write", "stock.picking.write", 13, 0.008, 0.016},
	{4, "/web/dataset/call_kw/stock.move/search_read", "stock.move.search_read", 5, 0.003, 0.006},
	{5, "/web/dataset/call_kw/stock.move/write", "stock.move.write", 17, 0.010, 0.018},
	{4, "/web/dataset/call_kw/stock.picking/button_validate", "stock.picking.button_validate", 120, 0.060, 0.115},
	{1, "/web/dataset/call_kw/purchase.order/button_confirm", "purchase.order.button_confirm", 80, 0.050, 0.090},
	{1, "/web/dataset/call_kw/account.move/action_post", "account.move.action_post", 60, 0.040, 0.080},
	{2, "/xmlrpc/2/object", "sale.order.action_confirm", 95, 0.061, 0.104},
	{4, "/my/orders/%d?access_token=0c1b6d3a-4a55-49b7-9d11-2a6f1c0e7f01", "", 25, 0.020, 0.060},
	{7, "/shop/product-name-%d", "", 30, 0.025, 0.050},
	{1, "/web/hook/7b2d1f4e-5d34-4c53-9d6c-6a1f0f2f9a10", "", 10, 0.008, 0.012},
}

// writeDay writes lines of one day in the order of their times.
func writeDay(tb testing.TB, path string, lines int) {
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	random := rand.New(rand.NewPCG(1, 2))
	var total float64
	for _, m := range dayMix {
		total += m.weight
	}
	begin := time.Date(2026, 11, 17, 0, 0, 0, 0, time.UTC)
	var buf []byte
	t := 0.0
	mean := 86_400 / float64(lines)
	for n := 0; n < lines; n++ {
		// Night, day, and twice as much before 16:00.
		hour := t / 3600
		level := 0.25
		if hour >= 6 && hour < 20 {
			level = 1.35
		}
		if hour >= 14 && hour < 16 {
			level = 2.2
		}
		t += random.ExpFloat64() * mean / level
		pick := random.Float64() * total
		k := 0
		for pick -= dayMix[0].weight; pick > 0 && k < len(dayMix)-1; pick -= dayMix[k].weight {
			k++
		}
		m := dayMix[k]
		l := odoo.LogLine{Kind: odoo.RequestLine, Time: begin.Add(time.Duration(t * 1e9)), PID: 1000 + random.IntN(33), Level: "INFO", Database: "north", Logger: "werkzeug",
			Client: "10.0.0.7", Verb: "POST", Path: m.path, Method: m.method, Proto: "HTTP/1.1", Status: 200, Size: -1}
		if random.IntN(3) == 0 {
			l.Database = "south"
		}
		if at := len(l.Path); at > 0 {
			l.Path = numbered(l.Path, random.IntN(50_000))
		}
		if m.queries > 0 {
			size := math.Exp(0.5*random.NormFloat64() - 0.125)
			l.Timed, l.Queries, l.SQL, l.Other = true, m.queries, m.sql*size, m.other*size
			if m.queries > 80 && random.IntN(50) == 0 {
				lost := odoo.LogLine{Kind: odoo.ConflictLine, Time: l.Time.Add(-500 * time.Millisecond), PID: l.PID, Level: "INFO", Database: l.Database, Logger: "odoo.service.model",
					Conflict: "SERIALIZATION_FAILURE", Left: 4, Sleep: 0.4}
				buf = append(lost.Append(buf[:0]), '\n')
				w.Write(buf)
				l.Other += 0.5
				n++
			}
		}
		buf = append(l.Append(buf[:0]), '\n')
		w.Write(buf)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
}

func numbered(path string, n int) string {
	for i := 0; i+1 < len(path); i++ {
		if path[i] == '%' && path[i+1] == 'd' {
			return path[:i] + strconv.Itoa(n) + path[i+2:]
		}
	}
	return path
}

// BenchmarkLearnDay: a day of log, 5 million lines, in under 30 s and 500 MB
// on one core.
func BenchmarkLearnDay(b *testing.B) {
	const lines = 5_000_000
	folder := b.TempDir()
	log := filepath.Join(folder, "odoo.log")
	writeDay(b, log, lines)
	info, err := os.Stat(log)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for i := range b.N {
		cmd := exec.Command(binary, "learn", "--odoo-log", log, "--cores", "12", "--database-cores", "6", "--out", filepath.Join(folder, "out"+strconv.Itoa(i)), "--json")
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			b.Fatal(err)
		}
		var r learn.Report
		if err := json.Unmarshal(out, &r); err != nil {
			b.Fatal(err)
		}
		if r.Counts.Lines < lines || r.Counts.Requests < lines*8/10 {
			b.Fatalf("%d lines and %d requests were read of %d", r.Counts.Lines, r.Counts.Requests, lines)
		}
		cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		b.ReportMetric(cpu.Seconds(), "cpu-s")
		b.ReportMetric(lines/cpu.Seconds(), "lines/s")
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			b.ReportMetric(float64(usage.Maxrss)*1024/1e6, "MB")
		}
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB-log")
}
