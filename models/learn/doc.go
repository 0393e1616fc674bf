// Package learn learns from production, without a load test: from the lines of
// Odoo's request log it makes a headroom.Model (demands, spread, conflicts,
// background) and the calendar that the log shows (arrivals by process, hour,
// weekday and site, peaks, batches, month-end) as a headroom.Plan to edit.
//
// It is streamed: an Accumulator takes parsed lines in the order of their
// times and keeps sums, whatever the log's length. It reads no file and no
// clock; the same lines give the same answer. Times are seconds since 1970
// inside, rates 1/s in reports and per hour in plans, demands seconds.
//
// # What a line says
//
// A line gives a request's seconds in SQL and outside of it, and the moment of
// its end; so when it began to hold a worker. A retried request's seconds hold
// its sleeps, which are taken off, and several tries: it counts as an arrival
// and as a conflict, and gives no demand; nor does the first request of a
// worker to a database, which loads the registry, or one that failed.
//
// # Demands
//
// Wall seconds stretch while CPUs are shared. Where the numbers of cores are
// known each request's seconds are corrected by the concurrency that the log
// itself shows while it was at work (sweep.go). Where they are not, demands are
// those of quiet moments: requests that began after seconds of little else.
// Quiet is judged by what was before a request, never by what was during it,
// because a long request is seldom alone: choosing by that would choose short
// ones. CPU series and snapshots of pg_stat_statements set the level (level.go).
//
// # What it cannot see
//
// Journeys, sessions and people: a log has requests only. Steps are put together
// to a process by names and counts (patterns.go), operators of a closed
// population look like arrivals, and documents' lines are unknown. What fits
// no process is background, and listed.
package learn
