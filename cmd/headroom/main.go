// Command headroom replays a logistics company's business calendar as load
// against candidate Odoo topologies, fits a capacity model to what it
// measured, and recommends.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}
