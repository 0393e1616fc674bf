// Package arrivals is the k6 executor that replays a schedule: each arrival at
// its time, on one shared pool of virtual users, with nothing dropped.
package arrivals

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/lib/executor"
	"go.k6.io/k6/lib/types"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// Type is the executor's name in k6's options.
const Type = "headroom-arrivals"

// DefaultGrace is how long journeys may run on after the last arrival.
const DefaultGrace = 60 * time.Second

// A Preparer makes everything ready that arrivals will need, such as logged-in
// users, and says how many there are.
type Preparer interface {
	Prepare(ctx context.Context, h *headroom.Header, arrivals iter.Seq2[headroom.Arrival, error]) (int, error)
}

// Config is the executor's part of k6's options. gracefulStop is the time that
// journeys get after the last arrival, DefaultGrace when absent.
type Config struct {
	executor.BaseConfig
	Schedule string             `json:"schedule"` // path of a file by headroom.WriteSchedule
	VUs      int64              `json:"vus"`      // the pool's size
	Duration types.NullDuration `json:"duration"` // of the schedule; for k6's own display only

	child    *child.Child
	preparer Preparer
}

// Constructor makes the executor's configurations for one process.
func Constructor(c *child.Child, p Preparer) lib.ExecutorConfigConstructor {
	return func(name string, raw []byte) (lib.ExecutorConfig, error) {
		config := &Config{BaseConfig: executor.NewBaseConfig(name, Type), child: c, preparer: p}
		config.GracefulStop = types.NewNullDuration(DefaultGrace, false)
		if err := lib.StrictJSONUnmarshal(raw, config); err != nil {
			return nil, fmt.Errorf("arrivals: %w", err)
		}
		return config, nil
	}
}

// Validate reports what is missing or out of range.
func (c *Config) Validate() []error {
	errs := c.BaseConfig.Validate()
	if c.Schedule == "" {
		errs = append(errs, errors.New("schedule is missing: the path of the schedule's file"))
	}
	if c.VUs < 1 {
		errs = append(errs, fmt.Errorf("vus is %d, wanted at least 1", c.VUs))
	}
	return errs
}

// GetExecutionRequirements asks for the whole pool before the start.
func (c *Config) GetExecutionRequirements(*lib.ExecutionTuple) []lib.ExecutionStep {
	end := c.Duration.TimeDuration() + c.GetGracefulStop()
	return []lib.ExecutionStep{{PlannedVUs: uint64(c.VUs)}, {TimeOffset: end}}
}

// GetDescription is one line for people.
func (c *Config) GetDescription(*lib.ExecutionTuple) string {
	return fmt.Sprintf("replays %s with %d VUs", c.Schedule, c.VUs)
}

// IsDistributable is false: the schedule is split by Headroom, not by k6.
func (c *Config) IsDistributable() bool { return false }

// HasWork is always true: an empty schedule still has a start and an end.
func (c *Config) HasWork(*lib.ExecutionTuple) bool { return true }

// NewExecutor makes the executor.
func (c *Config) NewExecutor(es *lib.ExecutionState, logger *logrus.Entry) (lib.Executor, error) {
	return &Executor{
		BaseExecutor: executor.NewBaseExecutor(c, es, logger),
		config:       c, state: es, child: c.child,
	}, nil
}
