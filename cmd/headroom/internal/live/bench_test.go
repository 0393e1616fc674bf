package live

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// load is a second of a run at 2,000 requests and 500 journeys a second, with
// the server's log and the samples of the usual probes.
func load(second int) headroom.Records {
	var rs headroom.Records
	for i := range 500 {
		at := float64(second) + float64(i)/500
		rs.Journeys = append(rs.Journeys, headroom.Journey{Arrival: uint64(second*500 + i + 1), Site: "hub", Process: "order", Scheduled: at - 0.7, Start: at - 0.7, End: at, Outcome: headroom.OK})
		for n := range 4 {
			rs.Requests = append(rs.Requests, headroom.Request{Arrival: uint64(second*500 + i + 1), N: n + 1, Site: "hub", Process: "order", Step: "create", Protocol: "jsonrpc", Start: at - 0.2, End: at, Outcome: headroom.OK, Status: 200, Bytes: 500})
			rs.Server = append(rs.Server, headroom.ServerRequest{End: at, PID: 17, Database: "hub", Arrival: uint64(second*500 + i + 1), N: n + 1, Path: "/web/dataset/call_kw/sale.order/create", Status: 200, Queries: 20, Tries: 1})
		}
	}
	for i := range 100 {
		rs.Samples = append(rs.Samples, headroom.Sample{T: float64(second), Probe: "process", Subject: fmt.Sprint("web", i%5), Metric: "cpu_seconds", Value: float64(second)})
	}
	return rs
}

// BenchmarkView is the CPU that the live view costs at 2,000 requests a second:
// following the bundle, and a status each second. Its writer's is left out.
func BenchmarkView(b *testing.B) {
	in := info(1e6, headroom.StopRule{Measure: "response", Percentile: 95, AtMost: 10, Over: 60})
	bundle, part := record(b, in)
	v := &View{options: Options{Open: Bundle(bundle.Dir())}}
	v.board = NewBoard(in, schedule(orders(500, 300)...))
	defer v.board.Close()
	var spent time.Duration
	looks := 0
	for b.Loop() {
		for range 100 {
			looks++
			if err := part.Record(load(looks)); err != nil {
				b.Fatal(err)
			}
			if err := part.Flush(); err != nil {
				b.Fatal(err)
			}
			before := cpu(b)
			s := v.look(looks)
			spent += cpu(b) - before
			if s.Blind != "" || looks > 40 && s.Requests < 1500 {
				b.Fatalf("%+v", s)
			}
		}
	}
	b.ReportMetric(100*spent.Seconds()/float64(looks), "%core")
	b.ReportMetric(1000*spent.Seconds()/float64(looks), "ms/look")
	b.ReportMetric(0, "ns/op")
}

// cpu is what this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
