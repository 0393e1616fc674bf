package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// A model whose figures cannot be is refused by file and place, and so is what
// stands behind it.
func TestModelsThatCannotBe(t *testing.T) {
	sound := func() headroom.Model {
		e := headroom.Estimate{Value: 0.1, Low: 0.09, High: 0.11, Level: 0.9, Identified: true}
		return headroom.Model{Headroom: 1, Background: map[string]headroom.Estimate{"app": {}},
			Classes:  []headroom.ClassModel{{Name: "scan.lookup", Demand: map[string]headroom.Estimate{"app": e}, SCV: map[string]float64{"app": 1}}},
			Journeys: []headroom.JourneyModel{{Process: "scan", Steps: []string{"scan.lookup"}, Visits: []float64{1}}}}
	}
	for name, c := range map[string]struct {
		spoil func(m *headroom.Model)
		says  string
	}{
		"nothing": {func(*headroom.Model) {}, ""},
		"demand":  {func(m *headroom.Model) { m.Classes[0].Demand["app"] = headroom.Estimate{Value: -1} }, "classes[0] (scan.lookup).demand.app is -1"},
		"interval": {func(m *headroom.Model) {
			m.Classes[0].Demand["app"] = headroom.Estimate{Value: 1, Low: 1, High: 0.5, Level: 0.9}
		}, "has an interval from 1 to 0.5"},
		"interval below 0": {func(m *headroom.Model) {
			m.Classes[0].Demand["app"] = headroom.Estimate{Value: 0.02, Low: -1, High: 0.03, Level: 0.9}
		}, "classes[0] (scan.lookup).demand.app has an interval from -1 to 0.03"},
		"interval without end": {func(m *headroom.Model) {
			m.Classes[0].Demand["app"] = headroom.Estimate{Value: 0.02, Low: 0.01, High: 1e300, Level: 0.9}
		}, "classes[0] (scan.lookup).demand.app has an interval from 0.01 to 1e+300"},
		"interval elsewhere": {func(m *headroom.Model) {
			m.Classes[0].Demand["app"] = headroom.Estimate{Value: 0.02, Low: 0.05, High: 0.06, Level: 0.9}
		}, "classes[0] (scan.lookup).demand.app is 0.02, outside of its interval from 0.05 to 0.06"},
		"huge": {func(m *headroom.Model) { m.Classes[0].Delay.Value = 1e300 }, "delay is 1e+300"},
		"n": {func(m *headroom.Model) {
			m.Classes[0].Demand["app"] = headroom.Estimate{Value: 0.02, Low: 0.01, High: 0.06, Level: 0.9, N: -1}
		}, "classes[0] (scan.lookup).demand.app has an n of -1"},
		"count":         {func(m *headroom.Model) { m.Classes[0].Count = -1 }, "classes[0] (scan.lookup).count is -1"},
		"visits":        {func(m *headroom.Model) { m.Journeys[0].Visits[0] = -1 }, "journeys[0] (scan).visits[0] is -1"},
		"more visits":   {func(m *headroom.Model) { m.Journeys[0].Visits = []float64{1, 1} }, "journeys[0] (scan).visits has 2 numbers for 1 steps"},
		"utilization":   {func(m *headroom.Model) { m.MeasuredUtilization = map[string]float64{"app": -1} }, "measured_utilization.app is -1"},
		"utilization 2": {func(m *headroom.Model) { m.MeasuredUtilization = map[string]float64{"app": 1e300} }, "measured_utilization.app is 1e+300"},
		"speed":         {func(m *headroom.Model) { m.Speed = &headroom.Estimate{Value: -1} }, "speed is -1"},
		"retries":       {func(m *headroom.Model) { m.Classes[0].RetryShare = &headroom.Estimate{Value: 2} }, "retry_share is 2"},
		// What this program writes of figures that data do not tell.
		"delay unknown": {func(m *headroom.Model) { m.Classes[0].Delay = headroom.Estimate{Level: 0.9} }, ""},
		"nobody seen":   {func(m *headroom.Model) { m.Classes[0].RetryShare = &headroom.Estimate{Level: 0.9, High: 1} }, ""},
		"rounded": {func(m *headroom.Model) {
			m.Classes[0].RetryShare = &headroom.Estimate{Value: 1, Low: 0.9, High: 1 - 1e-16, Level: 0.9, N: 20, Identified: true}
		}, ""},
		"value alone": {func(m *headroom.Model) { m.Classes[0].Demand["app"] = headroom.Estimate{Value: 0.02} }, ""},
		"level": {func(m *headroom.Model) {
			m.Classes[0].Demand["app"] = headroom.Estimate{Value: 1, High: 2, Identified: true}
		}, "level 0"},
		"scv":        {func(m *headroom.Model) { m.Classes[0].SCV["app"] = -3 }, "scv.app is -3"},
		"overhead":   {func(m *headroom.Model) { m.Classes[0].Overhead = -5 }, "overhead is -5"},
		"calls":      {func(m *headroom.Model) { m.Classes[0].DatabaseCalls = -5 }, "database_calls is -5"},
		"delay":      {func(m *headroom.Model) { m.Classes[0].Delay.Value = -1 }, "delay is -1"},
		"twice":      {func(m *headroom.Model) { m.Classes = append(m.Classes, m.Classes[0]) }, "classes[1]"},
		"step":       {func(m *headroom.Model) { m.Journeys[0].Steps[0] = "scan.x" }, `names "scan.x"`},
		"journeys":   {func(m *headroom.Model) { m.Journeys = append(m.Journeys, m.Journeys[0]) }, "journeys[1] (scan) is a second journey"},
		"background": {func(m *headroom.Model) { m.Background["app"] = headroom.Estimate{Value: -1} }, "background.app is -1"},
	} {
		m := sound()
		c.spoil(&m)
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, name, text, c.says)
	}
	text, err := json.Marshal(sound())
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "two", append(text, text...), "goes on behind its end")
	if _, err := readModel(t.TempDir()); headroom.ExitCode(err) != headroom.ExitBadInput {
		t.Errorf("a folder: %v", err)
	}
}

func refused(t *testing.T, name string, text []byte, says string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "model.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readModel(file)
	var bad *headroom.InputError
	switch {
	case says == "" && err != nil:
		t.Errorf("%s: %v", name, err)
	case says != "" && (!errors.As(err, &bad) || bad.Where != file || !strings.Contains(err.Error(), says)):
		t.Errorf("%s: %v, want %q", name, err, says)
	}
}

// A folder in the place of a log is bad input, too.
func TestAFolderIsNoLog(t *testing.T) {
	f := &logFile{path: t.TempDir()}
	defer f.close()
	if _, err := f.begin(time.UTC); headroom.ExitCode(err) != headroom.ExitBadInput || !strings.Contains(err.Error(), f.path+": is a folder") {
		t.Errorf("%v", err)
	}
}
