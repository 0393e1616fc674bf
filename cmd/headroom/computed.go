package main

import "context"

// computed waits for what only computes, such as a simulation, until somebody
// interrupts. The models ask nobody whether to go on: what was interrupted goes on
// unheard until the program ends, which it does next. So it must hold nothing that
// has to be closed or removed, and write nothing but its answer.
func computed[T any](ctx context.Context, compute func() (T, error)) (T, error) {
	type result struct {
		answer T
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := compute()
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
