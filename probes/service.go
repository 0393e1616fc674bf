package probes

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// A lookout is the loop of a probe that observes one service: a look each
// interval and one more at the end, each within queryTimeout.
type lookout struct {
	*reporter
	subject string   // what gaps name: several probes may be of one kind
	secrets []string // what no reason of a gap may hold
}

// watch records what each look gives, or a gap with the reason why it gave
// nothing, until ctx ends. Its error is the recorder's. A look that the run's end
// finds under way comes to its own end.
func (l *lookout) watch(ctx context.Context, interval time.Duration, look func(context.Context) ([]value, error)) error {
	observe := func() error {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), queryTimeout)
		defer cancel()
		var values []value
		err := sound(func() (err error) { values, err = look(within); return err })
		if errors.Is(err, errNotNow) {
			return nil
		}
		if err != nil {
			return l.gap(err)
		}
		l.back()
		return l.record(l.clock.Now(), finite(values))
	}
	if err := every(ctx, interval, observe); err != nil {
		return err
	}
	return observe()
}

// errNotNow is a look's that had nothing to look at yet.
var errNotNow = errors.New("not now")

// unusable is the end of a probe whose address cannot be read: a gap now, and
// again each minute until ctx ends.
func (l *lookout) unusable(ctx context.Context, err error) error {
	return every(ctx, gapEvery*time.Second, func() error { return l.gap(err) })
}

func (l *lookout) gap(err error) error {
	reason := strings.Join(strings.Fields(err.Error()), " ")
	for _, secret := range l.secrets {
		if secret != "" {
			reason = strings.ReplaceAll(reason, secret, headroom.Secret("").String())
		}
	}
	return l.failed(l.subject + ": " + reason)
}

// finite leaves out what is not a number: it is not known, and no store takes it.
func finite(values []value) []value {
	return slices.DeleteFunc(values, func(v value) bool { return math.IsNaN(v.value) || math.IsInf(v.value, 0) })
}

func orElse[T comparable](given, otherwise T) T {
	var zero T
	if given == zero {
		return otherwise
	}
	return given
}
