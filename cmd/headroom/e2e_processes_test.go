//go:build e2e

package main

import (
	"testing"

	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
)

// TestE2EProcesses plays every process of a two-step warehouse on a real Odoo.
func TestE2EProcesses(t *testing.T) { playProcesses(t, ground.Odoo, 1) }
