package html

var glossary = []term{
	{"capacity", "The highest multiple of the replayed load at which every objective still holds. 1 × is what was replayed: the plan's load times the scale of the replay."},
	{"candidate", "A topology that was considered: measured, or only forecast."},
	{"conflict", "A transaction that PostgreSQL refuses because another one changed the same row. Odoo sleeps, holding the worker, and tries again."},
	{"confidence", "The share of simulated repetitions of the window, each with other chance, in which every objective was met."},
	{"delay: timer late", "The load generator's clock woke it late. Ours to keep small: it is not the server's fault."},
	{"delay: no virtual user", "A journey was due and the load generator had nobody free to start it. Ours as well."},
	{"delay: by design", "A journey waited because people or partners would: a partner's few connections, an operator who is busy."},
	{"demand", "Seconds of CPU that one try of a request needs at a station, whatever the load."},
	{"in fit, unseen", "The model was fitted to runs that are in fit; it never saw the others, so only they test it."},
	{"interval", "The range in brackets holds the true figure in 90 of 100 cases. A question mark says that the data cannot pin the figure down."},
	{"journey", "All steps of one process instance, such as one order from entry to shipping. Its time runs from the moment that the schedule says."},
	{"lead-in", "Load that is replayed first, so that the window does not begin with an idle system. No figure counts it."},
	{"objective", "What must hold: a percentile of a process' journey times within a bound."},
	{"p95", "95 of 100 journeys were at least as quick as this."},
	{"peak", "A named window of the calendar with more load, such as a dispatch cutoff."},
	{"station", "What serves: the app's CPU, the database's CPU."},
	{"topology", "What serves the sites: web workers, cores of the app, cores of the database."},
	{"utilization", "The busy share of a station's cores."},
	{"worker", "One of Odoo's web processes. It serves one request at a time and holds it to the end."},
}
