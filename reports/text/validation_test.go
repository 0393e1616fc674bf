package text

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

func TestValidation(t *testing.T) {
	for name, v := range map[string]headroom.Validation{"validation": example.Validation(), "validation-hostile": example.HostileValidation(), "validation-empty": {}} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Validation(&b, v, "w/validation.html"); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
			printable(t, b.String())
		})
	}
	if err := Validation(broken{}, example.Validation(), ""); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a full disk gave %v", err)
	}
}
