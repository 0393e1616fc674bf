// Package layered is the analytic solver of a headroom.System: a request holds
// a worker while it uses the stations, so the pool is a queue whose servers
// are themselves slowed by the stations. It shares no code that computes with
// package sim. Times are in seconds, rates in 1/s. Same input, same output; a
// typical system takes a quarter of a millisecond.
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
//     for up to 20 workers; beyond, the two limits are interpolated.
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
// 95 % of what they carry; seven in ten without conflicts, several pools or
// replicas): no warning for 59 % (of the plain ones 72 %), and there
// every class' mean response within 5 % and every operator's throughput within
// 1 % but for the simulation's own interval; the median error is 1.2 %, that
// interval included. Shares of retries: median error 5 %. With a warning: median
// 4 %, 90th percentile 30 %, without bound where a backlog refuses or the load is
// near its limit. p95: median 8 %, 90th percentile 40 %: two moments say little of rare classes.
// The published sock shop (LQN, 72 throughputs): mean error 1.2 %, worst 7.2 %.
//
// What it is weak at, it says (doubt.go): few operators of unequal work who
// wait for one another; work of others that comes and goes at a station; full
// backlogs; schedules; waits at replicas; many conflicts among few; stocks in
// balance.
//
// CPU quotas (quota.go) are no cores. A stack like Odoo's, 1 to 4 workers, many
// short slices, quotas of 1 and 0.5 cores: means 3 to 7 % too short, where cores
// of that size would make them 39 to 101 % too long (TestQuotasOfAStack). 80
// random systems with periods of 10 and 100 ms: no warning for 25, and there a
// median error of 2.1 %, 90th percentile 8.6 %; with one 7.7 % and 27 %
// (TestQuotasAgreeWithSimulation). It warns of hosts with fewer cores than
// quotas, of requests that are short beside a period's quota, and where cores
// would make a response more than a tenth longer: that is the usual case, and
// in it the mean of the Odoo-like stack is still within 7 %.
package layered
