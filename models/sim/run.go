package sim

import (
	"sync"

	"github.com/headroom-erp/headroom"
)

// Run simulates a system under its own load, or under a schedule, from an idle
// start. Errors are an *headroom.InputError (wrapped) for a wrong system, load
// or option, or say that a budget was used up. Same input, same result.
func Run(s headroom.System, l Load, o Options) (Result, error) {
	if err := o.check(l); err != nil {
		return Result{}, err
	}
	if err := l.check(len(s.Journeys)); err != nil {
		return Result{}, err
	}
	p, err := compile(s, l, o.MaxCalls)
	if err != nil {
		return Result{}, err
	}
	if o.MaxEvents <= 0 {
		o.MaxEvents = 200_000_000
	}
	if o.MaxCustomers <= 0 {
		o.MaxCustomers = 2_000_000
	}
	if o.Replications <= 1 {
		return once(p, l, o)
	}
	return replicate(p, l, o)
}

func once(p *program, l Load, o Options) (Result, error) {
	if bareOf(p, l, o) {
		b := newBare(p, o)
		if err := b.run(); err != nil {
			return Result{}, err
		}
		return b.result(), nil
	}
	e := newEngine(p, l, o)
	if err := e.run(); err != nil {
		return Result{}, err
	}
	return e.result(), nil
}

// replicate runs each replication with a seed that follows from its number, so
// that neither their order nor their number moves what one of them gives.
func replicate(p *program, l Load, o Options) (Result, error) {
	each := make([]Result, o.Replications)
	errs := make([]error, o.Replications)
	one := func(n int) {
		r := o
		r.Seed = key(o.Seed, uint64(n))
		each[n], errs[n] = once(p, l, r)
	}
	Parallel(o.Replications, o.Parallel, one)
	for _, err := range errs {
		if err != nil {
			return Result{}, err
		}
	}
	return pooled(each), nil
}

// Parallel calls one for 0 to n-1, at most width of them at once; width 0 means 1.
func Parallel(n, width int, one func(int)) {
	if width <= 1 {
		for i := range n {
			one(i)
		}
		return
	}
	var group sync.WaitGroup
	next := make(chan int)
	for range min(width, n) {
		group.Go(func() {
			for i := range next {
				one(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}
