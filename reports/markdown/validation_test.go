package markdown

import (
	"bytes"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

func TestValidation(t *testing.T) {
	for name, v := range map[string]headroom.Validation{"validation": example.Validation(), "validation-hostile": example.HostileValidation(), "validation-empty": {}} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Validation(&b, v); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
			wellFormed(t, b.String())
		})
	}
	if Validation(broken{}, example.Validation()) == nil {
		t.Error("a full disk was not told of")
	}
}
