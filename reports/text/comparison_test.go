package text

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

func TestComparison(t *testing.T) {
	for name, c := range map[string]headroom.RunComparison{
		"comparison": example.Comparison(), "comparison-refused": example.Incomparable(), "comparison-hostile": example.HostileComparison(), "comparison-empty": {},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Comparison(&b, c); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
			printable(t, b.String())
			for _, line := range strings.Split(b.String(), "\n") {
				if n := utf8.RuneCountInString(line); n > 160 {
					t.Errorf("%d characters wide: %s", n, line)
				}
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for name, r := range map[string]headroom.RunReport{"check": example.Checked(), "check-hostile": example.HostileCheck(), "check-empty": {}} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Check(&b, r); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
			printable(t, b.String())
		})
	}
}

func TestFullDiskIsToldOfComparisons(t *testing.T) {
	if err := Comparison(broken{}, example.Comparison()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Comparison: %v", err)
	}
	if err := Check(broken{}, example.Checked()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Check: %v", err)
	}
}
