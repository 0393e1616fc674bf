package headroom

import "errors"

// Exit codes of every verb.
const (
	ExitMet         = 0 // it worked, and every objective was met
	ExitMissed      = 1 // it worked, and an objective was missed
	ExitBadInput    = 2 // the plan, a flag, the target or a credential is wrong
	ExitNotMeasured = 3 // the machine, the network or a server failed us
	ExitInterrupted = 130
)

// InputError says what is wrong with something that the user gave, where, and
// what to do about it. It ends a verb with ExitBadInput.
type InputError struct {
	What  string // one sentence: what is wrong
	Where string // file:line:column, flag, environment variable or address; may be empty
	Do    string // what to do; may be empty when What says it
	Err   error  // the cause; may be nil
}

func (e *InputError) Error() string {
	s := e.What
	if e.Where != "" {
		s = e.Where + ": " + s
	}
	if e.Do != "" {
		s += "; " + e.Do
	}
	return s
}

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// MeasureError says that a measurement could not be made though the input was
// right: a server died, a disk is full, a mirror does not answer. It ends a
// verb with ExitNotMeasured.
type MeasureError struct {
	What string
	Do   string
	Err  error
}

func (e *MeasureError) Error() string {
	s := e.What
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Do != "" {
		s += "; " + e.Do
	}
	return s
}

// Unwrap returns the cause.
func (e *MeasureError) Unwrap() error { return e.Err }

// ErrMissed ends a verb with ExitMissed: everything worked and an objective
// was not met.
var ErrMissed = errors.New("an objective was missed")

// ErrInterrupted ends a verb after Ctrl-C or a termination signal.
var ErrInterrupted = errors.New("interrupted")

// ExitCode maps an error to the exit code of a verb. An error of no known kind
// counts as a failure to measure.
func ExitCode(err error) int {
	var input *InputError
	switch {
	case err == nil:
		return ExitMet
	case errors.Is(err, ErrInterrupted):
		return ExitInterrupted
	case errors.Is(err, ErrMissed):
		return ExitMissed
	case errors.As(err, &input):
		return ExitBadInput
	}
	return ExitNotMeasured
}
