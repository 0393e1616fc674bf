// Package layered is the analytic solver of a headroom.System: a request holds
// a worker while it uses the stations, so the pool is a queue whose servers
// are themselves slowed by the stations. It shares no code that computes with
// package sim. Times are in seconds, rates in 1/s. Same input, same output. 13
// classes in 4 journeys with conflicts take 0.5 ms, with CPU quotas 0.9 ms
// (BenchmarkCores, BenchmarkTypical).
//
// Method, for one pool of W workers over processor-sharing stations:
//
//  1. The stations with n requests in them, n = 1 to W, are a closed
//     product-form network of load-dependent stations (capacity min(n, c), c
//     may be fractional) and a delay: convolution (Buzen 1973). Open requests
//     that hold no worker are folded exactly into the stations' capacities;
//     other pools' requests are a second chain, whose number is tied to n as in
//     product form (network.go). One of several replicas is a part of the
//     network of all (replicas.go); chosen by connections they are one pool.
//  2. The pool is a birth-death process with death rate X(min(n, W)), the
//     flow-equivalent server (Chandy, Herzog, Woo 1975; Avi-Itzhak and Heyman
//     1973). Operators make its birth rate fall with n, by how many of n are
//     whose (sources.go); what each meets is the arrival theorem's.
//  3. The spread of the work, in what limits the full pool (spread.go), is that
//     of two-phase work: hyperexponential with mean, SCV and the low-load limit
//     of Burman and Smith (1983), or Erlang, whose effect is taken in proportion.
//     The pool with these phases is solved exactly (matrix-analytic, phase.go),
//     for up to 20 workers; beyond, the two limits are interpolated, a step of
//     up to 2 %.
//  4. Unequal classes and the order of journeys: mean value analysis of the
//     queue's places, exact for one worker, Reiman's limit at high load
//     (waits.go). A customer does not meet itself.
//  5. Conflicts: a try loses to a rival that commits one of its rows between
//     its start and its touch, or holds one then; hot documents lose again
//     (conflict.go). A full backlog, registries, restarts and stocks have files
//     of their own. All is iterated to a fixed point.
//  6. Percentiles are those of a log-normal distribution with the mean and an
//     approximate variance of the response.
//
// Measured against sim over 500 random systems (TestAgreesWithSimulation: 1 to
// 16 workers, 0.5 to 8 cores, 2 to 8 classes of 5 ms to 1 s, SCV 0 to 4, 20 to
// 95 % of what they carry; six in ten without conflicts, tenants, restarts,
// stocks, several pools or replicas): no warning for 51 % (of the plain ones
// 68 %). There the mean of every class and journey is within 5 % and every
// operator's throughput within 1 %, but for the simulation's own interval, whose
// half is 2.3 % in the median and 8 % at the 90th percentile; the errors, that
// noise included, are 0.45 % and 2.2 %, and of throughputs 0.02 % and 0.2 %.
// 74 % of the means are within 5 % with their whole intervals. Shares of
// retries: median 3 %. With a warning: means 4 % and 27 %, without bound where a
// backlog refuses or the load is near its limit. p95: median 8 %, 90th percentile
// 43 %: two moments say little of rare classes. The published sock shop (LQN, 72
// throughputs): mean error 1.2 %, worst 7.2 %.
//
// What it is weak at, it says (doubt.go): few operators of unequal work who
// wait for one another, or who are much of what their stations do; work of others
// that comes and goes at a station; short requests that little but wait for few
// workers; full backlogs; schedules; waits at replicas; registries that are loaded
// often; many conflicts among few; stocks in balance, or nearly always empty.
//
// CPU quotas (quota.go) are no cores. A stack like Odoo's, 1 to 4 workers, many
// short slices, quotas of 1 and 0.5 cores: by Linux' period of 100 ms means 2 to
// 5 % too short, where cores of that size would make them 40 to 106 % too long
// (TestQuotasOfAStack). By periods of 10 ms, of which a slice is a good part, it
// takes quotas too much for cores: 17 to 34 % too long
// (TestQuotasByShortPeriods). So it warns wherever quotas make more than 15 % of a
// response, where cores would make one more than a tenth longer, of hosts with
// fewer cores than quotas, and of quotas that keep what they did not use: that is
// the usual case. Of 120 random systems with periods of 10 and 100 ms, in half of
// them cores that disturb each other, it does not warn of 8, and no mean there is
// 5 % off; of the others the median error is 6 %, the 90th percentile 31 %
// (TestQuotasAgreeWithSimulation).
//
// Cores that disturb each other (interference.go) make work longer by the number
// of requests in service: CPU use within 2 % of the simulated, means as with quotas
// alone (TestInterference).
package layered
