package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/headroom-erp/headroom"
)

// zeros lists the paths of fields that hold nothing in any item.
func zeros(v reflect.Value, path string, set map[string]bool) {
	if _, ok := set[path]; !ok {
		set[path] = false
	}
	if !v.IsZero() {
		set[path] = true
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			zeros(v.Elem(), path, set)
		}
	case reflect.Slice:
		for i := range v.Len() {
			zeros(v.Index(i), path+"[]", set)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("yaml") == "-" {
				continue // no plan says it
			}
			zeros(v.Field(i), path+"."+v.Type().Field(i).Name, set)
		}
	}
}

// TestRichPlanHasEveryKey: otherwise the tests with it would not see a new one.
func TestRichPlanHasEveryKey(t *testing.T) {
	plan, _, err := loadFile(t, "testdata/rich.yaml", options)
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]bool{}
	zeros(reflect.ValueOf(*plan), "", set)
	for path, ok := range set {
		// An iCalendar file becomes closures, and one stack has no further ones;
		// days are given in many places, not each of them in each.
		given := strings.Contains(path, ".When.") || strings.HasSuffix(path, ".ICal") ||
			strings.HasPrefix(path, ".Topologies[].Stacks[].") || path == ".Topologies[].Sites"
		if !ok && !given {
			t.Errorf("no %s in testdata/rich.yaml", path)
		}
	}
}

func TestPositionsOfInlineAndNestedKeys(t *testing.T) {
	_, pos, err := loadFile(t, "testdata/rich.yaml", options)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/rich.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for path, want := range map[string]string{
		"processes[0].open.days":                            "[mon, sat]",
		"processes[0].open.closed":                          "keep",
		"processes[2].shifts[0].dates[0]":                   `"2026-11-27"`,
		"processes[4].runs[0].business_days[1]":             "first 2 of month",
		"processes[4].runs[1].rule":                         "FREQ=",
		"peaks[0].days[0]":                                  "fri",
		"peaks[0].closed":                                   "next",
		"peaks[0].work.order":                               "order: {lines",
		"peaks[0].batches[0].retry.jitter":                  "0.2, timeout",
		"peaks[2].table[1].level":                           "0}]",
		"topologies[0].database.parameters.shared_buffers":  "shared_buffers",
		"topologies[2].stacks[0].pooler.mode":               "session",
		"topologies[2].stacks[0].database.parameters":       "{work_mem",
		"topologies[2].stacks[1].sites[1]":                  "toys]",
		"topologies[2].stacks[1].database":                  "{name: small", // not there: its stack
		"processes[2].shifts[0].When.days":                  "{sites: [hub]",
		"topologies[2].stacks[0].database.parameters.other": "{work_mem",
	} {
		at := pos.Of(path)
		if got := lines[at.Line-1][at.Column-1:]; !strings.HasPrefix(got, want) {
			t.Errorf("%s stands at %d:%d, %q, want %q", path, at.Line, at.Column, got, want)
		}
	}
	for _, path := range []string{"processes[0].open.When", "peaks[0].When", "processes[0].open.dates"} {
		if pos.Has(path) {
			t.Errorf("the file does not have %s", path)
		}
	}
}

func TestResolveNewDefaults(t *testing.T) {
	plan, _, err := loadFile(t, "testdata/rich.yaml", options)
	if err != nil {
		t.Fatal(err)
	}
	for what, ok := range map[string]bool{
		"a pause without an SCV varies like an exponential one": *plan.Processes[3].ThinkSCV == 1,
		"a pause's SCV of 0 stays":                              *plan.Processes[2].ThinkSCV == 0,
		"a process without a pause has no SCV":                  plan.Processes[0].ThinkSCV == nil,
		"a popularity of 0 stays":                               *plan.Processes[0].Popularity == 0,
		"a retry's factor stays":                                plan.Peaks[0].Batches[0].Retry.Factor == 3,
		"a retry without a factor waits twice as long":          plan.Peaks[0].Batches[1].Retry.Factor == 2,
		"a carrier's timeout is 10 s":                           plan.Carrier.Timeout == 10,
		"pooling is by session":                                 plan.Topologies[0].Pooler.Mode == "session",
		"Redis without a limit stays":                           plan.Topologies[0].Redis != nil && plan.Topologies[0].Redis.Memory == 0,
		"no days are all working days":                          reflect.ValueOf(plan.Peaks[1].When).IsZero(),
	} {
		if !ok {
			t.Errorf("not so: %s", what)
		}
	}
	given := headroom.Plan{
		Calendars:  []headroom.Calendar{{Name: "c"}},
		Carrier:    &headroom.Carrier{},
		Peaks:      []headroom.Peak{{Batches: []headroom.Batch{{Retry: &headroom.Retry{}}}}},
		Topologies: []headroom.Topology{{Stacks: []headroom.Topology{{Pooler: &headroom.Pooler{}}}}},
	}
	resolved := Resolve(given)
	if len(resolved.Calendars[0].WorkingDays) != 5 || resolved.Topologies[0].Stacks[0].Pooler.Mode != "session" {
		t.Errorf("got %+v", resolved)
	}
	if given.Calendars[0].WorkingDays != nil || given.Carrier.Timeout != 0 ||
		given.Peaks[0].Batches[0].Retry.Factor != 0 || given.Topologies[0].Stacks[0].Pooler.Mode != "" {
		t.Error("Resolve changed the plan that it was given")
	}
}

const calendarPlan = `headroom: 1
name: p
sites:
  - {name: hub, time_zone: UTC, calendar: c, users: 1}
calendars:
  - name: c
    closures: [{from: "12-24"}]
    ical: %s
processes:
  - {name: order, scenario: order, per_hour: 1}
topologies:
  - {name: small, web: {workers: 1, cores: 1}, shared_host: true}
`

func TestICalBecomesClosures(t *testing.T) {
	folder := fstest.MapFS{
		"own/closures.ics": {Data: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")},
		"shopping.txt":     {Data: []byte("milk\n")},
		"big.ics":          {Data: make([]byte, MaxICal+1)},
		"link.ics":         {Mode: os.ModeNamedPipe},
	}
	try := func(name string, o Options) (*headroom.Plan, Positions, error) {
		return load("p.yaml", strings.NewReader(fmt.Sprintf(calendarPlan, name)), folder, o)
	}
	plan, pos, err := try("own/closures.ics", options)
	if err != nil {
		t.Fatal(err)
	}
	want := []headroom.Closure{{From: "12-24"}, {Name: "inventory", From: "2026-06-26", To: "2026-06-27"}}
	if c := plan.Calendars[0]; !reflect.DeepEqual(c.Closures, want) || c.ICal != "" {
		t.Errorf("got %+v", c)
	}
	// What is wrong with a closure of the file is said where the file is named.
	if got := pos.Where("calendars[0].closures[1].from"); got != "p.yaml:8:11" {
		t.Errorf("the file's closure stands at %s", got)
	}
	noReader := options
	noReader.ReadICal = nil
	if _, _, err := Load("again.yaml", bytes.NewReader(Marshal(*plan)), noReader); err != nil {
		t.Errorf("the resolved plan needs the file: %v", err)
	}
	for _, c := range []struct {
		name, want string
		options    Options
	}{
		{"shopping.txt", `p.yaml:8:11: the iCalendar file "shopping.txt" cannot be used: it does not begin with BEGIN:VCALENDAR; export it as iCalendar`, options},
		{"big.ics", `p.yaml:8:11: the iCalendar file "big.ics" cannot be used: it is larger than 4194304 bytes; export only the calendar of closures`, options},
		{"link.ics", `p.yaml:8:11: the iCalendar file "link.ics" cannot be used: it is not a file`, options},
		{"own", `p.yaml:8:11: the iCalendar file "own" cannot be used: it is not a file`, options},
		{"closures.ics", `p.yaml:8:11: the iCalendar file "closures.ics" cannot be used: there is no such file in the plan's folder; put it beside the plan`, options},
		{"own/closures.ics", `p.yaml:8:11: the iCalendar file "own/closures.ics" cannot be used: nobody here reads such files; write its days under closures`, noReader},
	} {
		plan, _, err := try(c.name, c.options)
		var input *headroom.InputError
		if plan != nil || !errors.As(err, &input) || err.Error() != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
}
