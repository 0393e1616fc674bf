// Package html renders a report as one self-contained page. It holds its own
// styles, scripts and data, asks nobody for anything, and works from a file
// without a network. It computes nothing but layout and scales.
//
// Whatever comes from a plan or a server is text to it: html/template escapes
// it in the markup, encoding/json in the charts' data, and no chart builds
// markup from a string.
package html

import (
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/headroom-erp/headroom"
)

var (
	//go:embed assets/echarts.common.min.js
	echarts string
	//go:embed assets/boot.js
	boot string
	//go:embed assets/style.css
	style string
	//go:embed assets/page.tmpl
	source string
)

var layout = template.Must(template.New("page").Parse(source))

// Render writes the page.
func Render(w io.Writer, r headroom.Report) error {
	return render(w, r, echarts)
}

func render(w io.Writer, r headroom.Report, library string) error {
	v, err := newView(r)
	if err != nil {
		return err
	}
	return v.write(w, style, library, boot)
}

// write executes the layout with a page's own style and scripts.
func (v view) write(w io.Writer, style, library, boot string) error {
	v.CSS, v.Library, v.Boot = template.CSS(style), template.JS(library), template.JS(boot)
	v.Policy = policy(library, boot)
	if err := layout.Execute(w, v); err != nil {
		return fmt.Errorf("html: %w", err)
	}
	return nil
}

// hash names a script in a Content-Security-Policy.
func hash(script string) string {
	sum := sha256.Sum256([]byte(script))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// policy lets the page's own two scripts run, and nothing else.
func policy(library, boot string) string {
	return fmt.Sprintf("default-src 'none'; script-src '%s' '%s'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
		hash(library), hash(boot))
}
