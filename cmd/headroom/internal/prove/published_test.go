package prove

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/markdown"
)

// Where published figures are, and the text that tells of them.
const (
	published = "../../../../profiles/validation/results"
	told      = "../../../../docs/validation.md"
)

// chapter is the heading of one validation's figures in the text; what ends it is
// nextChapter.
var (
	chapter     = regexp.MustCompile(`(?m)^### (\d{4}-\d\d-\d\d[a-z]?)\b`)
	nextChapter = regexp.MustCompile(`(?m)^###? `)
)

// Every validation that is published says of itself what its own figures say,
// forecasts what was written down before, and docs/validation.md the same.
func TestPublishedFigures(t *testing.T) {
	text, err := os.ReadFile(told)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(published, "*", "validation.json"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		folder := filepath.Dir(file)
		names = append(names, filepath.Base(folder))
		for _, w := range wrongIn(folder, string(text)) {
			t.Errorf("%s: %s", filepath.Base(folder), w)
		}
	}
	for _, m := range chapter.FindAllStringSubmatch(string(text), -1) {
		if !slices.Contains(names, m[1]) {
			t.Errorf("docs/validation.md has figures of %s, which are not published", m[1])
		}
	}
}

// wrongIn is what is wrong with a published validation, and with what the text
// says of it.
func wrongIn(folder, text string) []string {
	file, err := os.ReadFile(filepath.Join(folder, "validation.json"))
	if err != nil {
		return []string{err.Error()}
	}
	var v headroom.Validation
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	for _, p := range v.Proofs {
		wrong = append(wrong, wrongFigures(p)...)
		wrong = append(wrong, wrongForecast(folder, p)...)
	}
	if !reflect.DeepEqual(Score(v.Proofs), v.Scores) || !reflect.DeepEqual(Fit(v.Proofs), v.Fit) || !slices.Equal(Failures(v.Proofs), v.Failures) {
		wrong = append(wrong, "its scores or failures are not those of its figures")
	}
	return append(wrong, wrongText(folder, text, v)...)
}

// wrongFigures computes a proof's figures again.
func wrongFigures(p headroom.Proof) (wrong []string) {
	if late := p.MeasuredAt != nil && p.MeasuredAt.Before(p.ForecastAt); late != p.Late {
		wrong = append(wrong, fmt.Sprintf("%s: late is %v", p.Name, p.Late))
	}
	for _, g := range p.Figures {
		again := g
		compare(&again)
		speed := g.AtSpeed == nil || reflect.DeepEqual(errorOf(g, *g.AtSpeed), g.ErrorAtSpeed)
		few := g.Count < LeastJourneys && (g.What == headroom.ProofMean || g.What == headroom.ProofP95)
		if again != g || !speed || g.Scored && (few || p.Late) {
			wrong = append(wrong, fmt.Sprintf("%s: %s %s says %+v", p.Name, g.Process, g.What, g))
		}
	}
	return wrong
}

// A written forecast, as far as it is held against the figures.
type written struct {
	MadeAt   time.Time          `json:"made_at"`
	Model    string             `json:"model"`
	Forecast headroom.Forecast  `json:"forecast"`
	Capacity *headroom.Estimate `json:"capacity"`
}

func (w written) of(g headroom.ProofFigure) headroom.Estimate {
	p, _ := process(w.Forecast, g.Process)
	switch g.What {
	case headroom.ProofMean:
		return p.Mean
	case headroom.ProofThroughput:
		return p.Throughput
	case headroom.ProofRetries:
		return p.Retries[g.Class]
	}
	return p.Percentile[strings.TrimPrefix(g.What, "p")]
}

// wrongForecast holds a proof's forecasts against what was written down.
func wrongForecast(folder string, p headroom.Proof) (wrong []string) {
	file, err := os.ReadFile(filepath.Join(folder, "forecasts", p.Name+".json"))
	if err != nil {
		return []string{err.Error()}
	}
	var w written
	if err := json.Unmarshal(file, &w); err != nil {
		return []string{p.Name + ": " + err.Error()}
	}
	if !w.MadeAt.Equal(p.ForecastAt) || w.Model != p.Hash {
		wrong = append(wrong, p.Name+": the forecast that was written down is another one")
	}
	for _, g := range p.Figures {
		if w.of(g) != g.Forecast {
			wrong = append(wrong, fmt.Sprintf("%s: %s %s was forecast as %+v", p.Name, g.Process, g.What, w.of(g)))
		}
	}
	if c := p.Capacity; c != nil && (w.Capacity == nil || *w.Capacity != c.Forecast) {
		wrong = append(wrong, p.Name+": another capacity was forecast")
	}
	return wrong
}

// wrongText looks for the scores and the failures, as they are written for
// people, in the folder's own text and in the text's chapter.
func wrongText(folder, text string, v headroom.Validation) (wrong []string) {
	var b bytes.Buffer
	if err := markdown.Validation(&b, headroom.Validation{Scores: v.Scores, Fit: v.Fit, Failures: v.Failures}); err != nil {
		return []string{err.Error()}
	}
	_, said, _ := strings.Cut(b.String(), "\n| ")
	said, _, _ = strings.Cut(said, "\nMade ")
	said = "| " + strings.TrimSpace(said)
	own, err := os.ReadFile(filepath.Join(folder, "validation.md"))
	if err != nil {
		return []string{err.Error()}
	}
	if !strings.Contains(string(own), said) {
		wrong = append(wrong, "validation.md has other scores or failures than validation.json")
	}
	name := filepath.Base(folder)
	_, part, there := strings.Cut(text, "\n### "+name)
	if !there {
		return append(wrong, "docs/validation.md has no chapter of it")
	}
	if next := nextChapter.FindStringIndex(part); next != nil {
		part = part[:next[0]]
	}
	if _, err := time.Parse(time.DateOnly, name[:min(len(name), len(time.DateOnly))]); err != nil {
		wrong = append(wrong, "its folder's name is no date")
	}
	wants := []string{said, "../profiles/validation/results/" + name + "/validation.md"}
	if v.Machine != nil {
		wants = append(wants, v.Machine.CPU)
	}
	for _, want := range wants {
		if !strings.Contains(part, want) {
			wrong = append(wrong, fmt.Sprintf("docs/validation.md does not say of it:\n%s", want))
		}
	}
	return wrong
}

// The checks above find what is wrong.
func TestWhatIsPublishedWrongly(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	begun := at.Add(time.Minute)
	folder := filepath.Join(t.TempDir(), "2026-11-22")
	f := written{MadeAt: at, Model: "abc", Forecast: forecast()}
	p := headroom.Proof{Name: "busy", ForecastAt: at, MeasuredAt: &begun, Hash: "abc", Figures: Figures(forecast(), nil, measure(t, picks()), rules(LeastJourneys))}
	good := headroom.Validation{Headroom: 1, Machine: &headroom.Machine{CPU: "a CPU"}, Proofs: []headroom.Proof{p}}
	good.Scores = Score(good.Proofs)
	save := func(name string, text []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	publish := func(v headroom.Validation) {
		t.Helper()
		file, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		save("validation.json", file)
	}
	file, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	save("forecasts/busy.json", file)
	var b bytes.Buffer
	if err := markdown.Validation(&b, good); err != nil {
		t.Fatal(err)
	}
	save("validation.md", b.Bytes())
	_, table, _ := strings.Cut(b.String(), "\n| ")
	table, _, _ = strings.Cut(table, "\n\n")
	text := "# How\n\n### 2026-11-22, a CPU\n\n[all](../profiles/validation/results/2026-11-22/validation.md)\n\n| " + table + "\n"
	publish(good)
	if wrong := wrongIn(folder, text); len(wrong) != 0 {
		t.Fatalf("nothing is wrong, and %q", wrong)
	}
	for what, change := range map[string]func(v *headroom.Validation, figures []headroom.ProofFigure){
		"an error":    func(_ *headroom.Validation, g []headroom.ProofFigure) { g[0].Error /= 2 },
		"a forecast":  func(_ *headroom.Validation, g []headroom.ProofFigure) { g[0].Forecast.High *= 2 },
		"scored":      func(_ *headroom.Validation, g []headroom.ProofFigure) { g[0].Scored, g[0].Why = true, "" },
		"covered":     func(_ *headroom.Validation, g []headroom.ProofFigure) { g[2].Covered = true },
		"a score":     func(v *headroom.Validation, _ []headroom.ProofFigure) { v.Scores[2].N = 1 },
		"a failure":   func(v *headroom.Validation, _ []headroom.ProofFigure) { v.Failures = []string{"none"} },
		"the model":   func(v *headroom.Validation, _ []headroom.ProofFigure) { v.Proofs[0].Hash = "abd" },
		"the time":    func(v *headroom.Validation, _ []headroom.ProofFigure) { v.Proofs[0].ForecastAt = begun.Add(1) },
		"the machine": func(v *headroom.Validation, _ []headroom.ProofFigure) { v.Machine = &headroom.Machine{CPU: "another"} },
	} {
		v := good
		v.Scores, v.Proofs = slices.Clone(good.Scores), slices.Clone(good.Proofs)
		v.Proofs[0].Figures = slices.Clone(p.Figures)
		change(&v, v.Proofs[0].Figures)
		publish(v)
		if len(wrongIn(folder, text)) == 0 {
			t.Errorf("%s was changed, and nothing is found to be wrong", what)
		}
	}
	publish(good)
	for what, other := range map[string]string{"another figure": strings.Replace(text, "at most 9.0", "at most 8.0", 1), "another date": strings.Replace(text, "### 2026-11-22", "### 2026-11-23", 1)} {
		if len(wrongIn(folder, other)) == 0 {
			t.Errorf("the text has %s, and nothing is found to be wrong", what)
		}
	}
}
