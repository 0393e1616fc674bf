//go:build e2e

package main

import (
	"testing"

	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
)

// TestE2ECompanies runs one plan of two companies in one database of a real
// Odoo.
func TestE2ECompanies(t *testing.T) { runCompanies(t, ground.Odoo, "30s") }
