package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// wrongModel is the first figure of a model that cannot be, by its place in the
// file; "" when there is none.
func wrongModel(m headroom.Model) (where, what string) {
	seen := map[string]bool{}
	for i, k := range m.Classes {
		at := fmt.Sprintf("classes[%d] (%s)", i, k.Name)
		if k.Name == "" || seen[k.Name] {
			return at, "has no name, or one that another class has"
		}
		seen[k.Name] = true
		for _, station := range slices.Sorted(maps.Keys(k.Demand)) {
			if what := wrongEstimate(k.Demand[station]); what != "" {
				return at + ".demand." + station, what
			}
		}
		for _, station := range slices.Sorted(maps.Keys(k.SCV)) {
			if v := k.SCV[station]; !(v >= 0 && v <= mostSCV) {
				return at + ".scv." + station, fmt.Sprintf("is %g, and not between 0 and %d", v, mostSCV)
			}
		}
		if what := wrongEstimate(k.Delay); what != "" {
			return at + ".delay", what
		}
		for _, f := range []struct {
			name string
			v    float64
		}{{"overhead", k.Overhead}, {"database_calls", k.DatabaseCalls}} {
			if !(f.v >= 0) || math.IsInf(f.v, 0) {
				return at + "." + f.name, fmt.Sprintf("is %g, and not a number of 0 or more", f.v)
			}
		}
	}
	for i, j := range m.Journeys {
		for _, step := range j.Steps {
			if !seen[step] {
				return fmt.Sprintf("journeys[%d] (%s).steps", i, j.Process), fmt.Sprintf("names %q, of which there is no class", step)
			}
		}
	}
	for _, station := range slices.Sorted(maps.Keys(m.Background)) {
		if what := wrongEstimate(m.Background[station]); what != "" {
			return "background." + station, what
		}
	}
	return "", ""
}

// mostSCV is the largest squared coefficient of variation that a system may have.
const mostSCV = 10_000

// wrongEstimate says what is wrong with a figure that cannot be below 0.
func wrongEstimate(e headroom.Estimate) string {
	switch {
	case !(e.Value >= 0) || math.IsInf(e.Value, 0):
		return fmt.Sprintf("is %g, and not a number of 0 or more", e.Value)
	case e.Low > e.High:
		return fmt.Sprintf("has an interval from %g to %g", e.Low, e.High)
	case e.Identified && !(e.Level > 0 && e.Level < 1):
		return fmt.Sprintf("has an interval of level %g, and not between 0 and 1", e.Level)
	}
	return ""
}
