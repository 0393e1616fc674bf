package scenarios

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

//go:embed scripts/*.js
var scripts embed.FS

// Main is the name of the script that k6 runs.
const Main = "main.js"

// Scripts are the embedded k6 scripts, by file name.
func Scripts() fs.FS {
	sub, err := fs.Sub(scripts, "scripts")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// ownScripts is the script that brings scripts of the user's to Main.
const ownScripts = "own.js"

// WriteScripts puts the scripts into an existing folder. own are the paths of
// scripts of the user's, by the scenario that the schedule names; they stay
// where they are, so that what they import beside them is found.
func WriteScripts(folder string, own map[string]string) error {
	files, err := fs.Glob(Scripts(), "*.js")
	if err != nil {
		return fmt.Errorf("scenarios: %w", err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(Scripts(), name)
		if err != nil {
			return fmt.Errorf("scenarios: %w", err)
		}
		if name == ownScripts && len(own) > 0 {
			if text, err = imports(own); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return &headroom.MeasureError{What: "the scripts cannot be written", Err: err}
		}
	}
	return nil
}

// imports is the text of ownScripts for these scripts.
func imports(own map[string]string) ([]byte, error) {
	var from, names strings.Builder
	for i, scenario := range slices.Sorted(maps.Keys(own)) {
		path, err := filepath.Abs(own[scenario])
		if err != nil {
			return nil, fmt.Errorf("scenarios: %w", err)
		}
		where, err := json.Marshal(path) // a JSON string is a JavaScript one
		if err != nil {
			return nil, fmt.Errorf("scenarios: %w", err)
		}
		name, err := json.Marshal(scenario)
		if err != nil {
			return nil, fmt.Errorf("scenarios: %w", err)
		}
		fmt.Fprintf(&from, "import own%d from %s;\n", i, where)
		fmt.Fprintf(&names, "  %s: own%d,\n", name, i)
	}
	return []byte(from.String() + "\nexport default {\n" + names.String() + "};\n"), nil
}
