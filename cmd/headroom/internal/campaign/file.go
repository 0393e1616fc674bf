package campaign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/headroom-erp/headroom"
)

// A File is a list of combinations as it is written down.
type File struct {
	Headroom int `yaml:"headroom"` // version of the file's language, 1
	// Defaults hold where an entry says nothing.
	Defaults Entry `yaml:"defaults"`
	// Calibration asks for a designed one; else the combinations with the role
	// calibrate are it.
	Calibration  *Design `yaml:"calibration"`
	Combinations []Entry `yaml:"combinations"`
}

// An Entry is a combination as it is written down.
type Entry struct {
	Name          string             `yaml:"name"`
	Role          string             `yaml:"role"` // "calibrate", or "prove" (default)
	Workers       int                `yaml:"workers"`
	AppCores      float64            `yaml:"app_cores"`
	DatabaseCores float64            `yaml:"database_cores"`
	PerHour       map[string]float64 `yaml:"per_hour"`
	Operators     map[string]int     `yaml:"operators"`
	ThinkTime     map[string]float64 `yaml:"think_time"`
	Popularity    *float64           `yaml:"popularity"`
	Seconds       float64            `yaml:"seconds"`
	LeadIn        *float64           `yaml:"lead_in"`
	Seed          *uint64            `yaml:"seed"`
	// CapacitySeconds asks for a search of the capacity with runs that long.
	CapacitySeconds float64 `yaml:"capacity_seconds"`
}

var nameOfEntry = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,39}$`)

// The roles of an entry.
const (
	Calibrate = "calibrate"
	Prove     = "prove"
)

// A Book is what a file says.
type Book struct {
	Calibration []Combination // to learn from, in the order of the file
	Proofs      []Combination // to forecast, and then measure
	// Design asks for a designed calibration in place of listed ones.
	Design *Design
}

// All are the calibration's combinations, and then the proofs'.
func (b Book) All() []Combination { return slices.Concat(b.Calibration, b.Proofs) }

// Parse reads a file of combinations; where is its name in messages.
func Parse(text []byte, where string) (Book, error) {
	var out Book
	err := out.parse(text, where)
	return out, err
}

func (b *Book) parse(text []byte, where string) error {
	var f File
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return &headroom.InputError{What: "these are no combinations: " + misread(err), Where: where, Err: err}
	}
	bad := func(what string, err error) error { return &headroom.InputError{What: what, Where: where, Err: err} }
	if f.Headroom != 1 {
		return bad(fmt.Sprintf("version %d of the language of combinations is not known; write headroom: 1", f.Headroom), nil)
	}
	seen := map[string]bool{}
	for i, e := range f.Combinations {
		c, err := e.combination(f.Defaults)
		if err == nil && seen[c.Name] {
			err = errors.New("there is another of this name")
		}
		or(&e.Role, f.Defaults.Role)
		switch {
		case err != nil:
			return bad(fmt.Sprintf("combination %d (%s): %v", i+1, e.Name, err), err)
		case e.Role == Calibrate:
			b.Calibration = append(b.Calibration, c)
		case e.Role == "" || e.Role == Prove:
			b.Proofs = append(b.Proofs, c)
		default:
			return bad(fmt.Sprintf("combination %d (%s): there is no role %q; write %s or %s", i+1, e.Name, e.Role, Calibrate, Prove), nil)
		}
		seen[c.Name] = true
	}
	if len(seen) == 0 {
		return bad("it has no combinations; list them under combinations:", nil)
	}
	if f.Calibration != nil {
		if len(b.Calibration) > 0 {
			return bad("it has a calibration: and combinations with role: calibrate; write one of both", nil)
		}
		b.Design = f.Calibration
		return b.Design.settle(where)
	}
	return nil
}

// misread says what is wrong in one line, without this program's own words.
func misread(err error) string {
	if errors.Is(err, io.EOF) {
		return "it is empty"
	}
	text := err.Error()
	var all *yaml.TypeError
	if errors.As(err, &all) {
		text = strings.Join(all.Errors, "; ")
	}
	return ofType.ReplaceAllString(strings.TrimPrefix(text, "yaml: "), "")
}

var ofType = regexp.MustCompile(` in type campaign\.\w+`)

// A Design asks for a designed experiment on one topology.
type Design struct {
	Workers       int     `yaml:"workers"`
	AppCores      float64 `yaml:"app_cores"`
	DatabaseCores float64 `yaml:"database_cores"`
	Minutes       float64 `yaml:"minutes"` // at most
	Within        float64 `yaml:"within"`  // half of an interval over its value
	PhaseSeconds  float64 `yaml:"phase_seconds"`
}

// Topology is where it is done.
func (d Design) Topology() headroom.Topology { return topology(d.Workers, d.AppCores, d.DatabaseCores) }

func (d *Design) settle(where string) error {
	or(&d.Minutes, 20)
	or(&d.Within, 0.1)
	or(&d.PhaseSeconds, 60)
	if d.Workers < 1 || !(d.AppCores > 0) || !(d.DatabaseCores > 0) || !(d.Minutes > 0) || !(d.Within > 0) || !(d.PhaseSeconds >= 10) {
		return &headroom.InputError{What: "calibration: wants workers, app_cores, database_cores, minutes and within, each above 0, and phase_seconds of 10 or more", Where: where}
	}
	return nil
}

// combination fills in the defaults.
func (e Entry) combination(d Entry) (Combination, error) {
	if !nameOfEntry.MatchString(e.Name) {
		return Combination{}, fmt.Errorf("a name is of small letters, digits, dots and hyphens, at most 40")
	}
	or(&e.Workers, d.Workers)
	or(&e.AppCores, d.AppCores)
	or(&e.DatabaseCores, d.DatabaseCores)
	or(&e.Seconds, d.Seconds)
	or(&e.LeadIn, d.LeadIn)
	or(&e.Seed, d.Seed)
	or(&e.Popularity, d.Popularity)
	or(&e.CapacitySeconds, d.CapacitySeconds)
	if e.PerHour == nil {
		e.PerHour = d.PerHour
	}
	if e.Operators == nil {
		e.Operators = d.Operators
	}
	if e.ThinkTime == nil {
		e.ThinkTime = d.ThinkTime
	}
	if e.Workers < 1 || !(e.AppCores > 0) || !(e.DatabaseCores > 0) {
		return Combination{}, fmt.Errorf("%d workers, app_cores %g and database_cores %g are no topology", e.Workers, e.AppCores, e.DatabaseCores)
	}
	c := Combination{Name: e.Name, PerHour: e.PerHour, Operators: e.Operators, ThinkTime: e.ThinkTime, Popularity: e.Popularity, Seconds: e.Seconds,
		Seed: 1, CapacitySeconds: e.CapacitySeconds, Topology: topology(e.Workers, e.AppCores, e.DatabaseCores)}
	if e.LeadIn != nil {
		c.LeadIn = *e.LeadIn
	}
	if e.Seed != nil {
		c.Seed = *e.Seed
	}
	return c, nil
}

func or[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// topology is named by what it is: "w2-a1-d0.5".
func topology(workers int, app, database float64) headroom.Topology {
	g := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	return headroom.Topology{
		Name: fmt.Sprintf("w%d-a%s-d%s", workers, g(app), g(database)),
		Web:  headroom.Web{Workers: workers, Cores: app}, Database: headroom.Database{Cores: database},
	}
}
