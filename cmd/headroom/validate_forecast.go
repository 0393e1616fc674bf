package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/campaign"
	"github.com/headroom-erp/headroom/models/demand"
	"github.com/headroom-erp/headroom/models/sizing"
)

const modelFile = "model.json"

// Replications of a validation's forecasts: more than elsewhere, as what is held
// against a measurement is median and interval themselves. Of intervals drawn
// from 400 replications of four combinations, those of 100 held 90 % of the others
// with a standard deviation of 3.5 %, those of 20 did 91 % with 5.8 %; of 8, which
// has no 5 % quantile, 79 %. A median of 100 scatters less than half
// as much as one of 20.
const (
	forecastReplications = 100
	capacityReplications = 20
)

// simulations are the options of every forecast of a validation.
func simulations(seed uint64) sizing.Options {
	return sizing.Options{Seed: seed, Replications: forecastReplications, CapacityReplications: capacityReplications, Parallel: runtime.GOMAXPROCS(0), Name: analyse.Name}
}

// calibrate measures what is learned from, and learns; a model that is there
// already stays, unless it is asked for again.
func (v *validation) calibrate(ctx context.Context) error {
	if _, err := os.Stat(v.path(modelFile)); err == nil && !v.o.again {
		v.say("%s was learned before: kept", modelFile)
		return v.readModel()
	}
	if v.designed != nil {
		m, err := v.designed.run(ctx)
		if err != nil {
			return err
		}
		return v.keepModel(m)
	}
	if err := v.measure(ctx, v.book.Calibration); err != nil {
		return err
	}
	var folders []string
	for _, k := range v.book.Calibration {
		folders = append(folders, v.campaign.Folder(k.Name))
	}
	v.say("learning from %d runs", len(folders))
	m, err := learnFrom(ctx, folders, v.o.seed)
	if err != nil {
		return err
	}
	return v.keepModel(m)
}

func (v *validation) keepModel(m headroom.Model) error {
	if _, err := v.writeFile(modelFile, indented(m)); err != nil {
		return err
	}
	return v.readModel()
}

// readModel reads the model back from its file: what forecasts is what is kept.
func (v *validation) readModel() (err error) {
	path := v.path(modelFile)
	if v.model, err = readModel(path); err != nil {
		return fmt.Errorf("%w; or remove it, so that it is learned again", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return readable(path, err)
	}
	sum := sha256.Sum256(text)
	v.hash = hex.EncodeToString(sum[:])
	return nil
}

func indented(value any) func(io.Writer) error {
	return func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(value)
	}
}

// A writtenForecast is a forecast as it is written down before its measurement.
type writtenForecast struct {
	Headroom    int                  `json:"headroom"` // version of this format, 1
	Combination campaign.Combination `json:"combination"`
	MadeAt      time.Time            `json:"made_at"`
	Tool        string               `json:"tool"`
	Model       string               `json:"model"`          // SHA-256 of its file
	Plan        string               `json:"plan,omitempty"` // SHA-256 of what the combination takes of the plan
	Forecast    headroom.Forecast    `json:"forecast"`
	// Capacity is in scales of the combination's load; nil when it was not asked
	// for, or not found.
	Capacity  *headroom.Estimate `json:"capacity"`
	LimitedBy string             `json:"limited_by,omitempty"`
}

func forecastName(name string) string { return filepath.Join("forecasts", name+".json") }

// forecastAll writes all forecasts down that are not yet. One that is there
// stays as it is, unless all are made again: it is what was said beforehand.
func (v *validation) forecastAll(ctx context.Context) error {
	if err := os.MkdirAll(v.path("forecasts"), 0o755); err != nil {
		return &headroom.MeasureError{What: "the workspace cannot be written", Err: err}
	}
	for _, k := range v.book.Proofs {
		if err := ctx.Err(); err != nil {
			return headroom.ErrInterrupted
		}
		if !v.o.again {
			_, err := v.written(k)
			if err == nil {
				v.say("%s was forecast before: kept", k.Name)
				continue
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		v.say("forecasting %s", k.Name)
		w, err := v.forecast(k)
		if err != nil {
			return fmt.Errorf("combination %s: %w", k.Name, err)
		}
		if _, err := v.writeFile(forecastName(k.Name), indented(w)); err != nil {
			return err
		}
	}
	return nil
}

// written is a combination's forecast as it was written down. One of another
// combination of that name is refused.
func (v *validation) written(k campaign.Combination) (w writtenForecast, err error) {
	path := v.path(forecastName(k.Name))
	text, err := os.ReadFile(path)
	if err != nil {
		return w, err
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return w, &headroom.InputError{What: "is no forecast: " + err.Error(), Where: path, Do: "remove it, so that it is made again", Err: err}
	}
	was, err := json.Marshal(w.Combination)
	if err != nil {
		return w, err
	}
	is, err := json.Marshal(k)
	if err != nil {
		return w, err
	}
	if !bytes.Equal(was, is) {
		return w, &headroom.InputError{What: "was made of combination " + k.Name + " as it was then, which has changed", Where: path,
			Do: "take another workspace, or make all forecasts again with --again"}
	}
	plan, err := v.planHash(k)
	if err == nil && w.Plan != "" && w.Plan != plan {
		err = &headroom.InputError{What: "was made of the plan as it was then, of which processes, catalogue or objectives have changed", Where: path,
			Do: "take another workspace, or make all forecasts again with --again"}
	}
	return w, err
}

// planHash is of what a combination's forecast takes of the plan.
func (v *validation) planHash(k campaign.Combination) (string, error) {
	variant, err := k.Variant(v.plan)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(struct {
		Processes  []headroom.Process
		Catalogue  headroom.Catalogue
		Objectives []headroom.Objective
	}{variant.Processes, variant.Catalogue, variant.Objectives})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

func (v *validation) forecast(k campaign.Combination) (writtenForecast, error) {
	w := writtenForecast{Headroom: 1, Combination: k, Tool: toolVersion(), Model: v.hash}
	var err error
	if w.Plan, err = v.planHash(k); err != nil {
		return w, err
	}
	if w.Forecast, err = v.simulate(k, demand.RunSpeed{Ratio: 1}, 0); err != nil {
		return w, err
	}
	if k.CapacitySeconds > 0 {
		limit, err := v.limit(longer(k))
		if err != nil {
			return w, err
		}
		w.Capacity, w.LimitedBy = limit.Capacity, limit.By
		for _, warning := range limit.Warnings {
			if warning = "capacity: " + warning; !slices.Contains(w.Forecast.Warnings, warning) {
				w.Forecast.Warnings = append(w.Forecast.Warnings, warning)
			}
		}
	}
	w.MadeAt = time.Now().UTC()
	return w, nil
}

// longer is a combination with the window of a search for its capacity.
func longer(k campaign.Combination) campaign.Combination {
	k.Seconds = k.CapacitySeconds
	return k
}

// provider is a combination's schedule at any scale, for the models.
func (v *validation) provider(k campaign.Combination) sizing.Provider {
	return func(scale float64) (sizing.Load, error) {
		variant, err := k.Variant(v.plan)
		if err != nil {
			return sizing.Load{}, err
		}
		s, err := k.Schedule(variant, scale, v.campaign.Players)
		if err != nil {
			return sizing.Load{}, err
		}
		return sizing.Collect(s)
	}
}

// limit is the capacity of a combination's topology with its mix, in scales of
// its load.
func (v *validation) limit(k campaign.Combination) (sizing.Limit, error) {
	variant, err := k.Variant(v.plan)
	if err != nil {
		return sizing.Limit{}, err
	}
	return sizing.Capacity(v.model, k.Topology, v.provider(k), variant.Objectives, v.options)
}

// simulate forecasts a combination with its very schedule, so that the noise of
// its arrivals is the same on both sides, on a machine that is as fast as it says. With
// as many replications as another forecast (0: the usual number) it has the draws of
// that one, so that only the speed differs.
func (v *validation) simulate(k campaign.Combination, speed demand.RunSpeed, replications int) (headroom.Forecast, error) {
	variant, err := k.Variant(v.plan)
	if err != nil {
		return headroom.Forecast{}, err
	}
	load, err := v.provider(k)(1)
	if err != nil {
		return headroom.Forecast{}, err
	}
	o := v.options
	o.Speed, o.Pace = speed.Ratio, speed.Pace
	if replications > 0 {
		o.Replications = replications
	}
	return sizing.Forecast(v.model, k.Topology, load, variant.Objectives, o)
}
