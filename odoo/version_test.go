package odoo

import (
	"maps"
	"slices"
	"testing"
)

// What scripts meet in each version; the sources are at Dialect.
func TestFacts(t *testing.T) {
	fields := []string{"done_field", "reserved_field", "moves_field", "account_type_field", "receivable"}
	for major, want := range map[int][]any{
		14: {"quantity_done", "reserved_availability", "move_lines", "account_id.internal_type", "receivable", false, true, false},
		15: {"quantity_done", "reserved_availability", "move_lines", "account_id.internal_type", "receivable", false, true, false},
		16: {"quantity_done", "reserved_availability", "move_ids", "account_id.account_type", "asset_receivable", false, true, false},
		17: {"quantity", "quantity", "move_ids", "account_id.account_type", "asset_receivable", true, true, false},
		18: {"quantity", "quantity", "move_ids", "account_id.account_type", "asset_receivable", true, true, false},
		19: {"quantity", "quantity", "move_ids", "account_id.account_type", "asset_receivable", true, false, true},
	} {
		v := Version{Major: major, Text: "x"}
		facts := v.Facts()
		var got []any
		for _, name := range append(fields, "picked", "valuation_layers", "json2") {
			got = append(got, facts[name])
		}
		if !slices.Equal(got, want) || facts["major"] != int64(major) || facts["text"] != "x" {
			t.Errorf("%d: %v, want %v", major, got, want)
		}
		asks := facts["validation"].(map[string]any)
		if !maps.Equal(asks, map[string]any{"skip_backorder": true, "skip_immediate": true, "skip_sms": true}) {
			t.Errorf("%d: validation %v", major, asks)
		}
	}
}
