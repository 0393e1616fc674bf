package probes

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// states counts what a log says of the scene.
func states(records []logRecord) map[string]int {
	n := map[string]int{}
	for _, r := range records {
		if r.database == scene && r.application != probeName && r.failed() {
			n[r.state]++
		}
	}
	return n
}

// The three logs are of one and the same minute of a real server (15.18), with
// statements of several lines, and with a session of the probe's that ended.
func TestServerLogsOfEveryFormatSayTheSame(t *testing.T) {
	plain, err := stderrGrammar("%m [%p] %q%u@%d %a %e ", "C")
	must(t, err)
	// Without %e the message tells, where it is one of those that are looked for.
	bare, err := stderrGrammar("%m [%p] %q%u@%d %a %%", "en_US.UTF-8")
	must(t, err)
	want := map[string]int{"40001": 1, "55P03": 1, "40P01": 1, "57P01": 1}
	for name, c := range map[string]struct {
		file    string
		grammar *logGrammar
	}{
		"stderr": {"log-15.log", plain}, "csvlog": {"log-15.csv", &logGrammar{parseCSVLog}}, "jsonlog": {"log-15.json", &logGrammar{parseJSONLog}},
	} {
		content, err := os.ReadFile(filepath.Join("testdata", "postgres", c.file))
		must(t, err)
		whole, rest := c.grammar.parse(content)
		if got := states(whole); !maps.Equal(got, want) || len(rest) != 0 {
			t.Errorf("%s: %v and %d bytes left, want %v", name, got, len(rest), want)
		}
		// In whatever pieces it comes.
		for piece := 1; piece < 400; piece += 37 {
			var records []logRecord
			var pending []byte
			for at := 0; at < len(content); at += piece {
				var some []logRecord
				some, pending = c.grammar.parse(append(pending, content[at:min(at+piece, len(content))]...))
				records = append(records, some...)
			}
			if got := states(records); !maps.Equal(got, want) {
				t.Errorf("%s in pieces of %d bytes: %v, want %v", name, piece, got, want)
			}
		}
	}
	line := func(app, message string) string {
		return fmt.Sprintf("2026-11-22 04:10:39.497 UTC [1] u@%s %s %%ERROR:  %s\n", scene, app, message)
	}
	text := line("odoo-1", "could not serialize access due to read/write dependencies among transactions") + line("odoo-1", "relation \"x\" does not exist") +
		line("odoo-2", "canceling statement due to lock timeout") + line("odoo-2", "40P01: deadlock detected") + line(probeName, "deadlock detected") +
		"2026-11-22 04:10:39.497 UTC [1] LOG:  checkpoint starting: time\n\tERROR:  could not serialize access: of a continued line\n"
	records, _ := bare.parse([]byte(text))
	if got := states(records); !maps.Equal(got, map[string]int{"40001": 1, "": 1, "55P03": 1, "40P01": 1}) {
		t.Errorf("without SQLSTATE: %v", got)
	}
}

// A reader that begins in the middle of a record has the quotes the wrong way
// round; from the next record on it must not.
func TestCSVLogIsReadFromTheMiddle(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("testdata", "postgres", "log-15.csv"))
	must(t, err)
	whole, _ := parseCSVLog(content)
	for from := range content {
		some, rest := parseCSVLog(append([]byte(nil), content[from:]...))
		if len(rest) != 0 && from < len(content)-200 {
			t.Fatalf("from byte %d: %d bytes are left", from, len(rest))
		}
		for i, r := range some {
			if r != whole[len(whole)-len(some)+i] {
				t.Fatalf("from byte %d: %+v", from, some)
			}
		}
	}
}

func TestLogsThatCannotBeCountedSaySo(t *testing.T) {
	good := map[string]string{"collector": "on", "formats": "stderr", "prefix": "%m [%p] %q%u@%d ", "least": "warning", "language": "C"}
	for name, c := range map[string]struct{ setting, value, format string }{
		"good":            {"collector", "on", "stderr"},
		"best":            {"formats", "stderr, csvlog,jsonlog", "jsonlog"},
		"better":          {"formats", "csvlog,stderr", "csvlog"},
		"no collector":    {"collector", "off", ""},
		"syslog":          {"formats", "syslog", ""},
		"errors left out": {"least", "fatal", ""},
		"no database":     {"prefix", "%m [%p] ", ""},
		"another tongue":  {"language", "de_DE.UTF-8", ""},
	} {
		settings := maps.Clone(good)
		settings[c.setting] = c.value
		format, grammar, err := chooseLog(func(s string) string { return settings[s] })
		if c.format == "" {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		} else if err != nil || format != c.format || grammar == nil {
			t.Errorf("%s: format %q, error %v", name, format, err)
		}
	}
	settings := maps.Clone(good)
	settings["language"], settings["prefix"] = "de_DE.UTF-8", "%m %d %e "
	if _, _, err := chooseLog(func(s string) string { return settings[s] }); err != nil {
		t.Errorf("SQLSTATEs are of no language: %v", err)
	}
}

// Only the server's own folder is read past the server.
func TestServersFolderIsKnownByItsStartAndPort(t *testing.T) {
	dir := t.TempDir()
	if isServersFolder(dir, 5432, 1000) {
		t.Error("an empty folder is taken for a server's")
	}
	must(t, os.WriteFile(filepath.Join(dir, "postmaster.pid"), []byte("77\n"+dir+"\n1000\n5432\n\n127.0.0.1\n"), 0o600))
	for _, c := range []struct {
		port, started float64
		is            bool
	}{{5432, 1000.4, true}, {5432, 1009, true}, {5433, 1000, false}, {5432, 1011, false}, {5432, 900, false}} {
		if got := isServersFolder(dir, c.port, c.started); got != c.is {
			t.Errorf("port %v, started %v: %v", c.port, c.started, got)
		}
	}
}
