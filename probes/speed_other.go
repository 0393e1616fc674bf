//go:build !linux

package probes

import "errors"

// threadTime is not known here.
func threadTime(func()) (float64, error) {
	return 0, errors.New("this system does not tell the CPU time of a thread")
}
