// Package sizing turns a learned model into forecasts of topologies that
// nobody has built, and chooses among them. It simulates (package sim) the very
// schedule of a run. Times are in seconds, memory in bytes, utilization 0 to 1.
package sizing
